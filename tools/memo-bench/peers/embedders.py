"""The engines that http_server.py can run the graphs of embedding_graph.py with, in f32.

An embedder makes one run for each worker: run(ids, mask) -> [batch, hidden] f32, that is only valid until the next
one. The workers share the weights and the threads. A mask of None takes the graph without one.
"""
import embedding_graph


class OnnxRuntimeEmbedder:
    def __init__(self, checkpoint, threads: int, workers: int):
        import onnxruntime
        from onnxruntime_engine import OnnxRuntimeEngine
        options = OnnxRuntimeEngine(threads // workers, "f32").options()
        make = lambda masked: onnxruntime.InferenceSession(embedding_graph.build(checkpoint, masked), options,
                                                           providers=["CPUExecutionProvider"])
        self.plain, self.masked = make(False), make(True)

    def make_run(self):
        def run(ids, mask):
            if mask is None:
                return self.plain.run(None, {"ids": ids})[0]
            return self.masked.run(None, {"ids": ids, "mask": mask})[0]

        return run


class OpenVinoEmbedder:
    def __init__(self, checkpoint, threads: int, workers: int):
        import openvino
        core = openvino.Core()
        config = {"PERFORMANCE_HINT": "LATENCY" if workers == 1 else "THROUGHPUT", "INFERENCE_NUM_THREADS": threads,
                  "NUM_STREAMS": workers, "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False,
                  "EXECUTION_MODE_HINT": "PERFORMANCE"}
        make = lambda masked: core.compile_model(core.read_model(embedding_graph.build(checkpoint, masked)), "CPU",
                                                 config)
        self.plain, self.masked = make(False), make(True)

    def make_run(self):
        plain, masked = self.plain.create_infer_request(), self.masked.create_infer_request()

        def run(ids, mask):
            request, inputs = (plain, {"ids": ids}) if mask is None else (masked, {"ids": ids, "mask": mask})
            request.infer(inputs, share_inputs=True)
            return request.get_output_tensor(0).data

        return run


EMBEDDERS = {"onnxruntime": OnnxRuntimeEmbedder, "openvino": OpenVinoEmbedder}
