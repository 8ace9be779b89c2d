"""BERT's ONNX graph from tokens to embeddings, for any batch and length: what a server of embeddings runs.

ids [batch, length] int64 -> embeddings [batch, hidden] f32: the mean of a text's states, of length one. A masked graph
has a second input, mask [batch, length] f32, 1 where a token is and 0 where a shorter text was padded; the other one is
for texts of the same length.
"""
import math

from onnx import TensorProto, helper

from checkpoint import Checkpoint
from graph_builder import CONTRIB, IR_VERSION, OPSET, GraphBuilder
from graph_style import Heads, StandardStyle, finish_layer
from onnx_graphs import model_shape

HIDDEN_FROM_SOFTMAX = -1e4
FREE = ("batch", "length")


class MaskedStyle(StandardStyle):
    """Operators of ONNX alone, with a bias that hides the padding from attention."""

    def __init__(self, builder: GraphBuilder, shape):
        super().__init__(builder, shape)
        padding = builder.node("Sub", builder.number(1), "mask")
        bias = builder.node("Mul", padding, builder.number(HIDDEN_FROM_SOFTMAX))
        self.bias = builder.node("Unsqueeze", bias, builder.integers(1, 2))  # [batch, 1, 1, length]

    def attention(self, x: str, heads: Heads) -> str:
        parts = (self.linear(x, part) for part in (heads.query, heads.key, heads.value))
        return self.biased_attention(*parts, heads.scale, self.bias)


def embed(checkpoint: Checkpoint, builder: GraphBuilder) -> str:
    """[batch, length] ids -> [batch, length, hidden]"""
    table = checkpoint["embeddings.position_embeddings.weight"]
    table = table + checkpoint["embeddings.token_type_embeddings.weight"][0]
    length = builder.node("Shape", "ids", start=1, end=2)
    zero = builder.integers(0)
    positions = builder.node("Slice", builder.constant(table), zero, length, zero)
    words = builder.constant(checkpoint["embeddings.word_embeddings.weight"])
    return builder.node("Add", builder.node("Gather", words, "ids", axis=0), positions)


def layers(checkpoint: Checkpoint, style: StandardStyle, x: str) -> str:
    x = style.norm(x, *checkpoint.norm("embeddings.LayerNorm"))
    for layer in range(checkpoint.config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        parts = [checkpoint.linear(f"{prefix}attention.self.{part}") for part in ("query", "key", "value")]
        context = style.attention(x, Heads(*parts, scale=1 / math.sqrt(style.shape.head_dim)))
        x = finish_layer(checkpoint, style, prefix, x, context)
    return x


def unit_mean(builder: GraphBuilder, states: str, masked: bool) -> str:
    """[batch, length, hidden] -> [batch, hidden]. The sum's direction is the mean's."""
    if masked:
        states = builder.node("Mul", states, builder.node("Unsqueeze", "mask", builder.integers(2)))
    total = builder.node("ReduceSum", states, builder.integers(1), keepdims=0)
    return builder.node("Div", total, builder.node("ReduceL2", total, builder.integers(1), keepdims=1))


def build(checkpoint: Checkpoint, masked: bool) -> bytes:
    """The serialized model."""
    if checkpoint.family != "bert":
        raise ValueError(f"model_type is {checkpoint.family!r}, must be bert")
    builder = GraphBuilder()
    shape = model_shape(checkpoint, 0, 0)  # batch and length are free
    style = (MaskedStyle if masked else StandardStyle)(builder, shape)
    embeddings = unit_mean(builder, layers(checkpoint, style, embed(checkpoint, builder)), masked)
    builder.nodes.append(helper.make_node("Identity", [embeddings], ["embeddings"]))
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, FREE)]
    if masked:
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, FREE))
    output = helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch", shape.hidden])
    graph = helper.make_graph(builder.nodes, "embedder", inputs, [output], list(builder.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
