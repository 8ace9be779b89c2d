"""BERT in double precision, from the published formulas alone: what the engine is measured against.

Source: Devlin et al., "BERT", and Vaswani et al., "Attention Is All You Need"; the layout of the weights is that of
Hugging Face's BertModel. Nothing is shared with the engine: one text at a time, no padding, no fusing.
"""
import json
import math
import struct

import numpy

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}


def read_safetensors(path):
    with open(path, "rb") as file:
        header_bytes = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(header_bytes))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


class Bert:
    def __init__(self, folder):
        with open(folder + "/config.json", encoding="utf-8") as file:
            self.config = json.load(file)
        tensors = read_safetensors(folder + "/model.safetensors")
        self.weights = {name.removeprefix("bert."): value.astype(numpy.float64) for name, value in tensors.items()}
        self.erf = numpy.vectorize(math.erf, otypes=[numpy.float64])

    def linear(self, name, x):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, name, x):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        scaled = (x - mean) / numpy.sqrt(variance + self.config["layer_norm_eps"])
        return scaled * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def attention(self, prefix, x):
        dimension = x.shape[1] // self.config["num_attention_heads"]
        query, key, value = (self.linear(prefix + "self." + part, x) for part in ("query", "key", "value"))
        context = numpy.zeros_like(x)
        for first in range(0, x.shape[1], dimension):
            head = slice(first, first + dimension)
            scores = query[:, head] @ key[:, head].T / math.sqrt(dimension)
            exponentials = numpy.exp(scores - scores.max(-1, keepdims=True))
            context[:, head] = exponentials / exponentials.sum(-1, keepdims=True) @ value[:, head]
        return self.norm(prefix + "output.LayerNorm", self.linear(prefix + "output.dense", context) + x)

    def states(self, ids):
        """[length] ids -> [length, hidden] final states"""
        x = self.weights["embeddings.word_embeddings.weight"][ids]
        x = x + self.weights["embeddings.position_embeddings.weight"][:len(ids)]
        x = self.norm("embeddings.LayerNorm", x + self.weights["embeddings.token_type_embeddings.weight"][0])
        for layer in range(self.config["num_hidden_layers"]):
            prefix = f"encoder.layer.{layer}."
            x = self.attention(prefix + "attention.", x)
            inner = self.linear(prefix + "intermediate.dense", x)
            inner = inner * 0.5 * (1 + self.erf(inner / math.sqrt(2)))
            x = self.norm(prefix + "output.LayerNorm", self.linear(prefix + "output.dense", inner) + x)
        return x

    def embed(self, ids):
        """Mean over the tokens, scaled to length 1."""
        mean = self.states(ids).mean(0)
        return mean / numpy.linalg.norm(mean)
