"""The peer OpenVINO: its CPU plugin, f32 or bf16."""
import collections

import numpy
import openvino

import onnx_graphs
from trial import fastest, trial_ids

PRECISIONS = {"f32": "f32", "bf16": "bf16"}


def layer_types(compiled) -> dict:
    """How often each kind of layer is in a compiled model: what the fusions left."""
    kinds = (op.get_rt_info()["layerType"].astype(str) for op in compiled.get_runtime_model().get_ops())
    return dict(sorted(collections.Counter(kinds).items()))


class OpenVinoEngine:
    version = openvino.__version__

    def __init__(self, threads: int, dtype: str):
        self.threads, self.dtype = threads, dtype
        self.core = openvino.Core()

    def compile(self, checkpoint, batch: int, length: int, pinned: bool, streams: int):
        model = self.core.read_model(onnx_graphs.build(checkpoint, "standard", batch, length))
        return self.core.compile_model(model, "CPU", {
            "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
            "INFERENCE_NUM_THREADS": self.threads, "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": PRECISIONS[self.dtype], "ENABLE_CPU_PINNING": pinned,
            "EXECUTION_MODE_HINT": "PERFORMANCE"})

    def whole(self, checkpoint, batch: int, length: int, pinned: bool):
        """The whole batch in one request, its rows shared by the threads."""
        compiled = self.compile(checkpoint, batch, length, pinned, 1)
        request = compiled.create_infer_request()
        self.types[pinned, 1] = layer_types(compiled)

        def run(ids):
            request.infer({"ids": ids}, share_inputs=True)
            return request.get_output_tensor(0).data

        return run

    def split(self, checkpoint, batch: int, length: int, pinned: bool):
        """A part of the batch for each of as many streams as there are threads."""
        part = batch // self.threads
        compiled = self.compile(checkpoint, part, length, pinned, self.threads)
        requests = [compiled.create_infer_request() for _ in range(self.threads)]
        self.types[pinned, self.threads] = layer_types(compiled)

        def run(ids):
            for i, request in enumerate(requests):
                request.start_async({"ids": ids[i * part:(i + 1) * part]}, share_inputs=True)
            for request in requests:
                request.wait()
            return numpy.concatenate([request.get_output_tensor(0).data for request in requests])

        return run

    def load(self, checkpoint, batch: int, length: int) -> dict:
        self.types = {}
        ids = trial_ids(checkpoint.config["vocab_size"], batch, length)
        candidates = []
        for pinned in (False, True):
            make = lambda kind, pinned=pinned: lambda: kind(checkpoint, batch, length, pinned)
            candidates.append(({"pinning": pinned, "streams": 1}, make(self.whole)))
            if self.threads > 1 and batch % self.threads == 0:
                candidates.append(({"pinning": pinned, "streams": self.threads}, make(self.split)))
        self.run, chosen, tried = fastest(candidates, ids)
        return {"precision": self.dtype, "inference_num_threads": self.threads, **chosen, "tried": tried,
                "layers": self.types[chosen["pinning"], chosen["streams"]]}
