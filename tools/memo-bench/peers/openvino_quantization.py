"""The two ways in which OpenVINO's users get products in 8 bits from its CPU plugin, both with NNCF.

static   weights and activations, attention's own too; the activations' ranges come from calibration ids
dynamic  the weights; the plugin quantizes activations as they come, a group of each row's values at a time
"""
import functools
import logging
import os

import numpy

import onnx_graphs

os.environ["NNCF_CI"] = "1"  # read at the import: NNCF must report to nobody
import nncf

nncf.set_log_level(logging.ERROR)

STATIC = [{"quantization": "static", "mode": mode} for mode in ("mixed", "performance")]
GROUP = 128  # the fastest on MiniLM with 64; 32, the plugin's default, and 384 are slower, and larger ones do nothing
DYNAMIC = [{"quantization": "dynamic", "mode": mode, "group": GROUP} for mode in ("int8_sym", "int8_asym")]


def config(kind: dict) -> dict:
    """What the plugin must be told of a kind. What is not quantized has the precision that the plugin likes best."""
    return {"DYNAMIC_QUANTIZATION_GROUP_SIZE": kind["group"]} if "group" in kind else {}


class QuantizedModel:
    """A model in all kinds of 8 bits. Quantizing takes seconds and needs no batch: the last result is kept."""

    def __init__(self, core, checkpoint, length: int, calibration):
        self.core, self.length, self.calibration = core, length, calibration
        self.graph = onnx_graphs.build(checkpoint, "standard", 1, length)
        self.quantized = functools.lru_cache(maxsize=1)(self.quantize)

    def quantize(self, quantization: str, mode: str):
        model = self.core.read_model(self.graph)
        if quantization == "dynamic":
            return nncf.compress_weights(model, mode=nncf.CompressWeightsMode(mode),
                                         ignored_scope=nncf.IgnoredScope(types=["Gather"]))
        samples = nncf.Dataset([{"ids": row[None]} for row in self.calibration])
        return nncf.quantize(model, samples, preset=nncf.QuantizationPreset(mode), subset_size=len(self.calibration),
                             model_type=nncf.ModelType.TRANSFORMER)

    def read(self, kind: dict, batch: int):
        model = self.quantized(kind["quantization"], kind["mode"])
        model.reshape({"ids": [batch, self.length]})
        return model

    def has_dynamic(self) -> bool:
        """Whether the plugin quantizes activations: it needs VNNI, and rows of whole groups, or it multiplies in f32.

        Its compiled model does not say, but its states do.
        """
        model, ids = self.read(DYNAMIC[0], 1), self.calibration[:1]
        states = [self.core.compile_model(model, "CPU", config({"group": group}))({"ids": ids})[0]
                  for group in (0, GROUP)]
        return not numpy.array_equal(*states)

    def kinds(self) -> list:
        return DYNAMIC + STATIC if self.has_dynamic() else STATIC
