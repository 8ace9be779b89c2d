"""An encoder's ONNX graph with its weights: ids [batch, length] int64 -> states [batch, length, hidden] f32.

There is no mask: every sequence has the full length. Shapes are fixed, so that a runtime can plan for them.
"""
import math

import numpy

from checkpoint import Checkpoint
from deberta_graph import deberta_layers
from graph_builder import GraphBuilder
from graph_style import STYLES, Heads, Shape, finish_layer
from mpnet_graph import FIRST_POSITION, mpnet_layers


def model_shape(checkpoint: Checkpoint, batch: int, length: int) -> Shape:
    config = checkpoint.config
    if checkpoint.family == "gpt2":
        return Shape(batch, length, config["n_head"], config["n_embd"], config.get("layer_norm_epsilon", 1e-5))
    default = 1e-7 if checkpoint.family == "deberta-v2" else 1e-12
    return Shape(batch, length, config["num_attention_heads"], config["hidden_size"],
                 config.get("layer_norm_eps", default))


def embed(builder: GraphBuilder, words, positions) -> str:
    """[batch, length] ids -> [batch, length, hidden]; positions [length, hidden] or None"""
    x = builder.node("Gather", builder.constant(words), "ids", axis=0)
    return x if positions is None else builder.node("Add", x, builder.constant(positions[None]))


def position_rows(checkpoint: Checkpoint, length: int, first_position: int):
    """[length, hidden]"""
    table = checkpoint["embeddings.position_embeddings.weight"]
    if first_position + length > len(table):
        raise ValueError(f"length {length} is more than the model's {len(table) - first_position} positions")
    return table[first_position:first_position + length]


def bert(checkpoint: Checkpoint, style, first_position: int) -> str:
    positions = position_rows(checkpoint, style.shape.length, first_position)
    positions = positions + checkpoint["embeddings.token_type_embeddings.weight"][0]
    x = embed(style.builder, checkpoint["embeddings.word_embeddings.weight"], positions)
    x = style.norm(x, *checkpoint.norm("embeddings.LayerNorm"))
    for layer in range(checkpoint.config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        parts = [checkpoint.linear(f"{prefix}attention.self.{part}") for part in ("query", "key", "value")]
        context = style.attention(x, Heads(*parts, scale=1 / math.sqrt(style.shape.head_dim)))
        x = finish_layer(checkpoint, style, prefix, x, context)
    return x


def gpt2(checkpoint: Checkpoint, style) -> str:
    positions = checkpoint["wpe.weight"]
    if style.shape.length > len(positions):
        raise ValueError(f"length {style.shape.length} is more than the model's {len(positions)} positions")
    x = embed(style.builder, checkpoint["wte.weight"], positions[:style.shape.length])
    for layer in range(checkpoint.config["n_layer"]):
        prefix = f"h.{layer}."
        weights, bias = checkpoint.conv1d(prefix + "attn.c_attn")
        parts = zip(numpy.split(weights, 3, axis=1), numpy.split(bias, 3))
        heads = Heads(*parts, scale=1 / math.sqrt(style.shape.head_dim), causal=True)
        context = style.attention(style.norm(x, *checkpoint.norm(prefix + "ln_1")), heads)
        x = style.linear_add(context, checkpoint.conv1d(prefix + "attn.c_proj"), x)
        inner = style.norm(x, *checkpoint.norm(prefix + "ln_2"))
        inner = style.linear_gelu(inner, checkpoint.conv1d(prefix + "mlp.c_fc"), approximate=True)
        x = style.linear_add(inner, checkpoint.conv1d(prefix + "mlp.c_proj"), x)
    return style.norm(x, *checkpoint.norm("ln_f"))


def deberta(checkpoint: Checkpoint, style) -> str:
    x = embed(style.builder, checkpoint["embeddings.word_embeddings.weight"], None)
    x = style.norm(x, *checkpoint.norm("embeddings.LayerNorm"))
    return deberta_layers(checkpoint, style, x)


def mpnet(checkpoint: Checkpoint, style) -> str:
    positions = position_rows(checkpoint, style.shape.length, FIRST_POSITION)
    x = embed(style.builder, checkpoint["embeddings.word_embeddings.weight"], positions)
    x = style.norm(x, *checkpoint.norm("embeddings.LayerNorm"))
    return mpnet_layers(checkpoint, style, x)


def build(checkpoint: Checkpoint, style_name: str, batch: int, length: int) -> bytes:
    """The serialized model."""
    builder = GraphBuilder()
    style = STYLES[style_name](builder, model_shape(checkpoint, batch, length))
    if checkpoint.family == "gpt2":
        output = gpt2(checkpoint, style)
    elif checkpoint.family == "deberta-v2":
        output = deberta(checkpoint, style)
    elif checkpoint.family == "mpnet":
        output = mpnet(checkpoint, style)
    else:
        roberta = checkpoint.family == "roberta"
        output = bert(checkpoint, style, checkpoint.config.get("pad_token_id", 1) + 1 if roberta else 0)
    return builder.model(output, batch, length, style.shape.hidden)
