"""ONNX Runtime's dynamic quantization: weights in 8 bits, activations quantized as they come, tensor by tensor.

The products with weights are quantized, and the embeddings and attention's own products stay f32. Static quantization
and MatMulNBits (8 bits) were slower on MiniLM, so they are not tried.
"""
import os
import tempfile

import onnx
from numpy._core._multiarray_umath import __cpu_features__
from onnxruntime.quantization import QuantType, quantize_dynamic

WEIGHTS = {"s8": QuantType.QInt8, "u8": QuantType.QUInt8}
PRODUCTS = ["MatMul", "Gemm", "Attention"]


def saturates() -> bool:
    """Whether products of u8 and s8 are summed in 16 bits, as without VNNI, where weights of 7 bits are exact.

    NumPy asks CPUID, so a process held to AVX2 (held_cpu.h) gets its answer. NumPy does not know AVX-VNNI: a CPU that
    has it alone only tries more.
    """
    return not __cpu_features__.get("AVX512VNNI", False)


def kinds() -> list:
    """The settings of quantized(). One scale for a whole matrix is not faster than one a channel, and far less exact.

    Where sums saturate, weights of s8 have 7 bits: with 8 they take as long, and are wrong where they saturate.
    """
    return [{"quantization": "dynamic", "weights": weights, "reduce_range": weights == "s8" and saturates()}
            for weights in WEIGHTS]


def name_tables(model) -> list:
    """Names DeBERTa's products with position tables, and returns the names: the runtime fails on them by channel."""
    ranks = {constant.name: len(constant.dims) for constant in model.graph.initializer}
    tables = [node for node in model.graph.node if node.op_type == "MatMul" and ranks.get(node.input[1], 0) > 2]
    for number, node in enumerate(tables):
        node.name = f"table_{number}"
    return [node.name for node in tables]


def quantized(model: bytes, weights: str, reduce_range: bool) -> bytes:
    """The serialized model with its weights in 8 bits."""
    # The quantizer cannot infer the types behind ONNX Runtime's own operators; all that it quantizes is f32.
    options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    loaded = onnx.load_from_string(model)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "quantized.onnx")
        quantize_dynamic(loaded, path, PRODUCTS, True, reduce_range, WEIGHTS[weights],
                         nodes_to_exclude=name_tables(loaded), extra_options=options)
        with open(path, "rb") as file:
            return file.read()
