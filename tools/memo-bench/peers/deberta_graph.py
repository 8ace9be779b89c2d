"""DeBERTa-v2's layers with disentangled attention, as ONNX nodes.

What depends on the weights alone is computed here, as any runtime's constant folding would: the projected position
table, and of it only the rows that this length can reach.
Source: He et al., "DeBERTa", section 3.1, and "DeBERTaV3"; log-spaced buckets as in the published v2 models.
"""
import math

import numpy

from checkpoint import Checkpoint
from graph_style import finish_layer


def relative_buckets(length: int, buckets: int, furthest: int):
    """[length, length] of query - key: exact up to buckets / 2, beyond that spaced by the logarithm."""
    distance = numpy.arange(length)[:, None] - numpy.arange(length)[None, :]
    if buckets <= 0:
        return distance
    middle = buckets // 2
    size = numpy.where(numpy.abs(distance) < middle, middle - 1, numpy.abs(distance)).astype(numpy.float32)
    ratio = numpy.log(size / numpy.float32(middle)) / numpy.float32(math.log((furthest - 1) / middle))
    far = numpy.ceil(ratio.astype(numpy.float32) * (middle - 1)) + middle
    return numpy.where(numpy.abs(distance) <= middle, distance, far * numpy.sign(distance)).astype(numpy.int64)


def check_config(config: dict) -> None:
    """Only the layout of DeBERTa-v3 is built."""
    kinds = config.get("pos_att_type") or []
    kinds = set(kinds.split("|") if isinstance(kinds, str) else kinds)
    good = kinds == {"c2p", "p2c"} and config.get("share_att_key") and config.get("relative_attention")
    good = good and config.get("position_buckets", -1) > 0 and not config.get("conv_kernel_size")
    if not good or config.get("position_biased_input", True) or config.get("type_vocab_size", 0):
        raise ValueError("this deberta-v2 config is not laid out as DeBERTa-v3: p2c|c2p, share_att_key, "
                         "position_buckets, no position_biased_input, no token types, no convolution")


class PositionTerms:
    """Which rows of the position table a length reaches, and where each pair of tokens finds its own."""

    def __init__(self, checkpoint: Checkpoint, shape):
        config = checkpoint.config
        span = config["position_buckets"]
        furthest = config.get("max_relative_positions", -1)
        furthest = furthest if furthest > 0 else config["max_position_embeddings"]
        rows = numpy.clip(relative_buckets(shape.length, span, furthest) + span, 0, 2 * span - 1)
        self.shape = shape
        self.scale = 1 / math.sqrt(3 * shape.head_dim)
        self.rows = rows - rows.min()
        self.count = int(self.rows.max()) + 1
        self.table = self.normalized(checkpoint)[rows.min():rows.max() + 1]

    def normalized(self, checkpoint: Checkpoint):
        table = checkpoint["encoder.rel_embeddings.weight"]
        if "layer_norm" not in checkpoint.config.get("norm_rel_ebd", "none"):
            return table
        centred = table - table.mean(-1, keepdims=True)
        scaled = centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + self.shape.epsilon)
        return scaled * checkpoint["encoder.LayerNorm.weight"] + checkpoint["encoder.LayerNorm.bias"]

    def projected(self, weights, bias):
        """[count, hidden] table -> [1, heads, count, head_dim], with the scale of the scores"""
        split = (self.table @ weights + bias).reshape(self.count, self.shape.heads, self.shape.head_dim)
        return (split * self.scale).astype(numpy.float32).transpose(1, 0, 2)[None]

    def pick(self, builder, terms: str, index) -> str:
        """[batch, heads, a, b] terms, [length, length] index into a x b -> [batch, heads, length, length]"""
        flat = builder.node("Reshape", terms, builder.integers(0, 0, -1))
        return builder.node("Gather", flat, builder.constant(index.astype(numpy.int32)), axis=2)

    def bias(self, style, query: str, key: str, projections: tuple) -> str:
        """The content-to-position and position-to-content terms: [batch, heads, length, length]"""
        builder, length = style.builder, self.shape.length
        query_weights, key_weights = projections
        tokens = numpy.arange(length)
        # [batch, heads, length, head_dim] x [1, heads, head_dim, count] -> [batch, heads, length, count]
        table = builder.constant(self.projected(*key_weights).transpose(0, 1, 3, 2))
        to_position = builder.node("MatMul", style.split_heads(query), table)
        # [1, heads, count, head_dim] x [batch, heads, head_dim, length] -> [batch, heads, count, length]
        table = builder.constant(self.projected(*query_weights))
        to_content = builder.node("MatMul", table, style.split_heads(key, keys_last=True))
        return builder.node("Add", self.pick(builder, to_position, tokens[:, None] * self.count + self.rows),
                            self.pick(builder, to_content, self.rows * length + tokens[None, :]))


def deberta_layers(checkpoint: Checkpoint, style, x: str) -> str:
    check_config(checkpoint.config)
    positions = PositionTerms(checkpoint, style.shape)
    for layer in range(checkpoint.config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        parts = [checkpoint.linear(f"{prefix}attention.self.{part}_proj") for part in ("query", "key", "value")]
        query, key, value = (style.linear(x, part) for part in parts)
        bias = positions.bias(style, query, key, parts[:2])
        context = style.biased_attention(query, key, value, positions.scale, bias)
        x = finish_layer(checkpoint, style, prefix, x, context)
    return x
