"""The peer OpenVINO: its CPU plugin, f32, bf16 or s8."""
import collections

import numpy
import openvino

import onnx_graphs
from trial import fastest, trial_ids

PRODUCTS = ("FullyConnected", "MatMul")


def layer_counts(compiled, key: str, kinds=None) -> dict:
    """How often each value of `key` is among a compiled model's layers, or those of these kinds."""
    layers = (op.get_rt_info() for op in compiled.get_runtime_model().get_ops())
    values = (info[key].astype(str) for info in layers if kinds is None or info["layerType"].astype(str) in kinds)
    return dict(sorted(collections.Counter(values).items()))


class PlainModel:
    """A model as it is, in its only kind."""

    def __init__(self, core, checkpoint, length: int):
        self.core, self.checkpoint, self.length = core, checkpoint, length

    def kinds(self) -> list:
        return [{}]

    def read(self, kind: dict, batch: int):
        return self.core.read_model(onnx_graphs.build(self.checkpoint, "standard", batch, self.length))


class Run:
    """The batch in one request for each stream."""

    def __init__(self, compiled, streams: int, part: int):
        self.compiled, self.part = compiled, part
        self.requests = [compiled.create_infer_request() for _ in range(streams)]

    def __call__(self, ids):
        if len(self.requests) == 1:
            self.requests[0].infer({"ids": ids}, share_inputs=True)
            return self.requests[0].get_output_tensor(0).data
        for i, request in enumerate(self.requests):
            request.start_async({"ids": ids[i * self.part:(i + 1) * self.part]}, share_inputs=True)
        for request in self.requests:
            request.wait()
        return numpy.concatenate([request.get_output_tensor(0).data for request in self.requests])


class OpenVinoEngine:
    version = openvino.__version__

    def __init__(self, threads: int, dtype: str):
        self.threads, self.dtype = threads, dtype
        self.core = openvino.Core()

    def model(self, checkpoint, length: int, calibration):
        """The model in the kinds of this number format, and what compiling a kind needs besides."""
        if self.dtype != "s8":
            return PlainModel(self.core, checkpoint, length), lambda kind: {"INFERENCE_PRECISION_HINT": self.dtype}
        from openvino_quantization import QuantizedModel, config
        return QuantizedModel(self.core, checkpoint, length, calibration), config

    def places(self, batch: int) -> list:
        """The whole batch in one stream, its rows shared by the threads; or a part of it for each thread's stream."""
        split = self.threads > 1 and batch % self.threads == 0
        return [{"pinning": pinned, "streams": streams} for pinned in (False, True)
                for streams in ((1, self.threads) if split else (1,))]

    def start(self, model, batch: int, place: dict, config: dict) -> Run:
        streams = place["streams"]
        compiled = self.core.compile_model(model, "CPU", {
            "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
            "INFERENCE_NUM_THREADS": self.threads, "NUM_STREAMS": streams, "ENABLE_CPU_PINNING": place["pinning"],
            "EXECUTION_MODE_HINT": "PERFORMANCE", **config})
        return Run(compiled, streams, batch)

    def load(self, checkpoint, batch: int, length: int, calibration, choose: dict) -> dict:
        """Without calibration, random ids are taken for it: good for the speed, but not for the states."""
        ids = trial_ids(checkpoint.config["vocab_size"], batch, length)
        model, config = self.model(checkpoint, length, ids if calibration is None else calibration)

        def make(kind, place):
            part = batch // place["streams"]
            return lambda: self.start(model.read(kind, part), part, place, config(kind))

        candidates = [({**kind, **place}, make(kind, place)) for kind in model.kinds() for place in self.places(batch)]
        self.run, chosen, tried = fastest(candidates, ids, choose)
        return {"precision": self.dtype, "inference_num_threads": self.threads, **chosen, "tried": tried,
                "layers": layer_counts(self.run.compiled, "layerType"),
                "products": layer_counts(self.run.compiled, "primitiveType", PRODUCTS)}
