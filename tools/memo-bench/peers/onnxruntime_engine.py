"""The peer ONNX Runtime: its CPU provider, f32 or s8."""
import onnxruntime

import onnx_graphs
from graph_style import STYLES
from trial import fastest, trial_ids


class OnnxRuntimeEngine:
    version = onnxruntime.__version__

    def __init__(self, threads: int, dtype: str):
        if dtype not in ("f32", "s8"):
            raise ValueError(f"onnxruntime's CPU provider runs f32 or s8, not {dtype}")
        self.threads, self.dtype = threads, dtype

    def options(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        return options

    def session(self, model: bytes):
        session = onnxruntime.InferenceSession(model, self.options(), providers=["CPUExecutionProvider"])
        return lambda ids: session.run(["states"], {"ids": ids})[0]

    def candidates(self, build, styles) -> list:
        """What fastest() takes. build(style) makes the f32 model."""
        if self.dtype == "f32":
            return [({"graph": style}, lambda style=style: self.session(build(style))) for style in styles]
        from onnxruntime_quantization import kinds, quantized
        make = lambda style, quantization, **kind: lambda: self.session(quantized(build(style), **kind))
        return [({"graph": style, **kind}, make(style, **kind)) for style in styles for kind in kinds()]

    def load(self, checkpoint, batch: int, length: int, calibration, choose: dict) -> dict:
        """Dynamic quantization needs no calibration."""
        # Attention with position terms is the same in both of the runtime's own styles.
        biased = checkpoint.family in ("deberta-v2", "mpnet")
        styles = [name for name in STYLES if not biased or name != "attention"]
        build = lambda style: onnx_graphs.build(checkpoint, style, batch, length)
        ids = trial_ids(checkpoint.config["vocab_size"], batch, length)
        self.run, chosen, tried = fastest(self.candidates(build, styles), ids, choose)
        return {"precision": self.dtype, "intra_op_num_threads": self.threads, "inter_op_num_threads": 1,
                "graph_optimization_level": "all", **chosen, "tried": tried}
