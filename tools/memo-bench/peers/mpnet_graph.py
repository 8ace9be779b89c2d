"""MPNet's layers, as ONNX nodes: BERT's with a bias by the distance of two tokens, one table for all layers.

What depends on the weights alone is computed here, as any runtime's constant folding would: the bias of each pair of
tokens at this length.
Source: Song et al., "MPNet"; buckets as in Raffel et al., "T5", section 2.1.
"""
import math

import numpy

from checkpoint import Checkpoint
from graph_style import finish_layer

BUCKETS, FURTHEST = 32, 128
FIRST_POSITION = 2  # after that of the padding token, 1


def distance_buckets(length: int):
    """[length, length] of key - query: half of the buckets each way, of these half exact and half logarithmic."""
    distance = numpy.arange(length)[None, :] - numpy.arange(length)[:, None]
    half, exact = BUCKETS // 2, BUCKETS // 4
    size = numpy.abs(distance)
    ratio = numpy.log(numpy.maximum(size, exact).astype(numpy.float32) / numpy.float32(exact))
    steps = ratio / numpy.float32(math.log(FURTHEST / exact)) * numpy.float32(half - exact)
    far = numpy.minimum(exact + steps.astype(numpy.int64), half - 1)
    return numpy.where(distance > 0, half, 0) + numpy.where(size < exact, size, far)


def mpnet_layers(checkpoint: Checkpoint, style, x: str) -> str:
    if checkpoint.config.get("relative_attention_num_buckets", BUCKETS) != BUCKETS:
        raise ValueError(f"this mpnet config has no {BUCKETS} buckets of distances")
    table = checkpoint["encoder.relative_attention_bias.weight"]
    # [length, length, heads] -> [1, heads, length, length]
    bias = style.builder.constant(table[distance_buckets(style.shape.length)].transpose(2, 0, 1)[None])
    for layer in range(checkpoint.config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        parts = (style.linear(x, checkpoint.linear(f"{prefix}attention.attn.{part}")) for part in "qkv")
        context = style.biased_attention(*parts, 1 / math.sqrt(style.shape.head_dim), bias)
        x = finish_layer(checkpoint, style, prefix, x, context, ("attention.attn.o", "attention.LayerNorm"))
    return x
