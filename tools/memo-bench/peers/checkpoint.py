"""Reads a model folder: config.json and model.safetensors, in the layout of Hugging Face."""
import json
import os
import struct

import numpy

DTYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
PREFIXES = {"bert": "bert.", "roberta": "roberta.", "gpt2": "transformer.", "deberta-v2": "deberta.", "mpnet": "mpnet."}


def read_tensors(path: str) -> dict:
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        start = file.tell()
        data = numpy.memmap(path, dtype=numpy.uint8, mode="r", offset=start)
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] in DTYPES:  # others are buffers, such as position ids
            begin, end = entry["data_offsets"]
            values = numpy.frombuffer(data[begin:end].tobytes(), DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"]).astype(numpy.float32, copy=False)
    return tensors


class Checkpoint:
    """The config and the tensors, these without their family's prefix."""

    def __init__(self, folder: str):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.family = self.config.get("model_type")
        if self.family not in PREFIXES:
            raise ValueError(f"model_type is {self.family!r}; known are {', '.join(PREFIXES)}")
        tensors = read_tensors(os.path.join(folder, "model.safetensors"))
        prefix = PREFIXES[self.family]
        self.tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}

    def __getitem__(self, name: str):
        if name not in self.tensors:
            raise ValueError(f"model.safetensors has no tensor {name}")
        return self.tensors[name]

    def linear(self, name: str):
        """[in, out] weights and [out] bias of a torch Linear, which is stored [out, in]."""
        return numpy.ascontiguousarray(self[name + ".weight"].T), self[name + ".bias"]

    def norm(self, name: str):
        """[hidden] gamma and beta of a torch LayerNorm."""
        return self[name + ".weight"], self[name + ".bias"]

    def conv1d(self, name: str):
        """[in, out] weights and [out] bias of GPT-2's Conv1D, which is stored that way."""
        return self[name + ".weight"], self[name + ".bias"]
