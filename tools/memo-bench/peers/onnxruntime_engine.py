"""The peer ONNX Runtime: its CPU provider, f32."""
import onnxruntime

import onnx_graphs
from graph_style import STYLES
from trial import fastest, trial_ids


class OnnxRuntimeEngine:
    version = onnxruntime.__version__

    def __init__(self, threads: int, dtype: str):
        if dtype != "f32":
            raise ValueError(f"onnxruntime's CPU provider runs f32, not {dtype}")
        self.threads = threads

    def options(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        return options

    def session(self, checkpoint, style: str, batch: int, length: int):
        model = onnx_graphs.build(checkpoint, style, batch, length)
        session = onnxruntime.InferenceSession(model, self.options(), providers=["CPUExecutionProvider"])
        return lambda ids: session.run(["states"], {"ids": ids})[0]

    def load(self, checkpoint, batch: int, length: int) -> dict:
        make = lambda style: lambda: self.session(checkpoint, style, batch, length)
        # Attention with position terms is the same in both of the runtime's own styles.
        biased = checkpoint.family in ("deberta-v2", "mpnet")
        styles = [name for name in STYLES if not biased or name != "attention"]
        ids = trial_ids(checkpoint.config["vocab_size"], batch, length)
        self.run, chosen, tried = fastest([({"graph": style}, make(style)) for style in styles], ids)
        return {"precision": "f32", "intra_op_num_threads": self.threads, "inter_op_num_threads": 1,
                "graph_optimization_level": "all", **chosen, "tried": tried}
