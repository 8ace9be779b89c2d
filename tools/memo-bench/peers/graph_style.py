"""The building blocks of an encoder, in the ways that a runtime may like them best.

standard   operators of ONNX alone: what an exporter writes, and what OpenVINO and ONNX Runtime fuse by themselves
attention  ONNX Runtime's Attention, SkipLayerNormalization and BiasGelu or FastGelu: what its offline optimizer makes
multihead  the same with MultiHeadAttention, which has a flash kernel where there is no bias
"""
from dataclasses import dataclass

import numpy

from checkpoint import Checkpoint
from graph_builder import CONTRIB, GraphBuilder


BERT_OUTPUT = ("attention.output.dense", "attention.output.LayerNorm")


@dataclass
class Shape:
    batch: int
    length: int
    heads: int
    hidden: int
    epsilon: float

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads


@dataclass
class Heads:
    """What attention is made of: [in, out] weights and [out] biases of query, key and value, and how it scores."""
    query: tuple
    key: tuple
    value: tuple
    scale: float
    causal: bool = False


class StandardStyle:
    name = "standard"

    def __init__(self, builder: GraphBuilder, shape: Shape):
        self.builder, self.shape = builder, shape

    def linear(self, x: str, weights_and_bias: tuple) -> str:
        weights, bias = (self.builder.constant(part) for part in weights_and_bias)
        return self.builder.node("Add", self.builder.node("MatMul", x, weights), bias)

    def norm(self, x: str, gamma, beta) -> str:
        gamma, beta = self.builder.constant(gamma), self.builder.constant(beta)
        return self.builder.node("LayerNormalization", x, gamma, beta, axis=-1, epsilon=self.shape.epsilon)

    def linear_add(self, x: str, weights_and_bias: tuple, residual: str) -> str:
        return self.builder.node("Add", self.linear(x, weights_and_bias), residual)

    def linear_add_norm(self, x: str, weights_and_bias: tuple, residual: str, norm: tuple) -> str:
        return self.norm(self.linear_add(x, weights_and_bias, residual), *norm)

    def linear_gelu(self, x: str, weights_and_bias: tuple, approximate: bool) -> str:
        kind = "tanh" if approximate else "none"
        return self.builder.node("Gelu", self.linear(x, weights_and_bias), approximate=kind)

    def split_heads(self, x: str, keys_last: bool = False) -> str:
        """[batch, length, hidden] -> [batch, heads, length, head_dim], or [batch, heads, head_dim, length]"""
        shape = self.builder.integers(0, 0, self.shape.heads, self.shape.head_dim)
        split = self.builder.node("Reshape", x, shape)
        return self.builder.node("Transpose", split, perm=[0, 2, 3, 1] if keys_last else [0, 2, 1, 3])

    def merge_heads(self, x: str) -> str:
        """[batch, heads, length, head_dim] -> [batch, length, hidden]"""
        moved = self.builder.node("Transpose", x, perm=[0, 2, 1, 3])
        return self.builder.node("Reshape", moved, self.builder.integers(0, 0, self.shape.hidden))

    def causal_mask(self) -> str:
        length = self.shape.length
        mask = numpy.triu(numpy.full((length, length), -1e9, numpy.float32), 1)
        return self.builder.constant(mask[None, None])

    def weigh(self, scores: str, value: str, scale: float, bias) -> str:
        """softmax(scores x scale + bias) x value, heads merged."""
        # [batch, heads, length, length] x [batch, heads, length, head_dim] -> [batch, length, hidden]
        scores = self.builder.node("Mul", scores, self.builder.number(scale))
        if bias is not None:
            scores = self.builder.node("Add", scores, bias)
        return self.merge_heads(self.builder.node("MatMul", self.builder.node("Softmax", scores, axis=-1), value))

    def attention(self, x: str, heads: Heads) -> str:
        query = self.split_heads(self.linear(x, heads.query))
        key = self.split_heads(self.linear(x, heads.key), keys_last=True)
        value = self.split_heads(self.linear(x, heads.value))
        mask = self.causal_mask() if heads.causal else None
        return self.weigh(self.builder.node("MatMul", query, key), value, heads.scale, mask)

    def biased_attention(self, query: str, key: str, value: str, scale: float, bias: str) -> str:
        """[batch, length, hidden] each, bias [batch, heads, length, length] -> [batch, length, hidden]"""
        scores = self.builder.node("MatMul", self.split_heads(query), self.split_heads(key, keys_last=True))
        return self.weigh(scores, self.split_heads(value), scale, bias)


class ContribStyle(StandardStyle):
    """What is common to the two styles of ONNX Runtime's own operators."""

    def contrib(self, kind: str, *inputs: str, **attributes) -> str:
        return self.builder.node(kind, *inputs, domain=CONTRIB, **attributes)

    def linear_add_norm(self, x: str, weights_and_bias: tuple, residual: str, norm: tuple) -> str:
        weights, bias = (self.builder.constant(part) for part in weights_and_bias)
        gamma, beta = (self.builder.constant(part) for part in norm)
        product = self.builder.node("MatMul", x, weights)
        return self.contrib("SkipLayerNormalization", product, residual, gamma, beta, bias, epsilon=self.shape.epsilon)

    def linear_gelu(self, x: str, weights_and_bias: tuple, approximate: bool) -> str:
        weights, bias = (self.builder.constant(part) for part in weights_and_bias)
        kind = "FastGelu" if approximate else "BiasGelu"
        return self.contrib(kind, self.builder.node("MatMul", x, weights), bias)

    def biased_attention(self, query: str, key: str, value: str, scale: float, bias: str) -> str:
        return self.contrib("MultiHeadAttention", query, key, value, "", "", bias, num_heads=self.shape.heads,
                            scale=scale)


class AttentionStyle(ContribStyle):
    name = "attention"

    def attention(self, x: str, heads: Heads) -> str:
        parts = (heads.query, heads.key, heads.value)
        weights = self.builder.constant(numpy.concatenate([part[0] for part in parts], axis=1))
        bias = self.builder.constant(numpy.concatenate([part[1] for part in parts]))
        return self.contrib("Attention", x, weights, bias, num_heads=self.shape.heads, scale=heads.scale,
                            unidirectional=int(heads.causal))


class MultiheadStyle(ContribStyle):
    name = "multihead"

    def attention(self, x: str, heads: Heads) -> str:
        query, key, value = (self.linear(x, part) for part in (heads.query, heads.key, heads.value))
        return self.contrib("MultiHeadAttention", query, key, value, num_heads=self.shape.heads, scale=heads.scale,
                            unidirectional=int(heads.causal))


def finish_layer(checkpoint: Checkpoint, style: StandardStyle, prefix: str, x: str, context: str,
                 names=BERT_OUTPUT) -> str:
    """What follows attention in the layers of BERT's family. `names` are those of attention's projection and norm."""
    projection, norm = (prefix + name for name in names)
    x = style.linear_add_norm(context, checkpoint.linear(projection), x, checkpoint.norm(norm))
    inner = style.linear_gelu(x, checkpoint.linear(prefix + "intermediate.dense"), approximate=False)
    return style.linear_add_norm(inner, checkpoint.linear(prefix + "output.dense"), x,
                                 checkpoint.norm(prefix + "output.LayerNorm"))


STYLES = {style.name: style for style in (StandardStyle, AttentionStyle, MultiheadStyle)}
