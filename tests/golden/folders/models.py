"""Tiny random checkpoints: files(KIND, ...) -> {file name: content} as save_pretrained writes them, weights in f16."""
import json
import os
import tempfile

import numpy
import torch
import transformers

from make_families import draw_weights

WIDTH = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=40)
DISTIL_WIDTH = dict(dim=32, n_layers=2, n_heads=2, hidden_dim=40)
GPT2_WIDTH = dict(n_embd=32, n_layer=2, n_head=2, n_inner=40)
DEBERTA = dict(relative_attention=True, position_buckets=8, max_relative_positions=-1, pos_att_type="p2c|c2p",
               share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0)
POSITIONS = 48


def config_of(family, words, labels, **fields):
    fields = {"vocab_size": words, **fields}
    if labels:
        fields.setdefault("id2label", {i: f"LABEL_{i}" for i in range(labels)})
    if family == "bert":
        return transformers.BertConfig(**WIDTH, **{"max_position_embeddings": POSITIONS, **fields})
    if family == "roberta":
        return transformers.RobertaConfig(**WIDTH, **{"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1,
                                                      "layer_norm_eps": 1e-5, **fields})
    if family == "mpnet":
        return transformers.MPNetConfig(**WIDTH, **{"max_position_embeddings": POSITIONS + 2,
                                                    "layer_norm_eps": 1e-5, **fields})
    if family == "distilbert":
        return transformers.DistilBertConfig(**DISTIL_WIDTH, **{"max_position_embeddings": POSITIONS, **fields})
    if family == "gpt2":
        return transformers.GPT2Config(**GPT2_WIDTH, **{"n_positions": POSITIONS, **fields})
    return transformers.DebertaV2Config(**WIDTH, **DEBERTA, **{"max_position_embeddings": POSITIONS, **fields})


CLASSES = {"bert": "Bert", "roberta": "Roberta", "mpnet": "MPNet", "distilbert": "DistilBert", "gpt2": "GPT2",
           "deberta": "DebertaV2"}


def spread_out(model, source):
    """Outputs of unequal lengths, as published models have them: no normalization passes unnoticed."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.LayerNorm)]
    heads = [module for name, module in model.named_modules()
             if name.split(".")[-1] in ("classifier", "out_proj") and isinstance(module, torch.nn.Linear)]
    with torch.no_grad():
        for norm in norms[-1:]:
            norm.weight.mul_(torch.from_numpy(source.uniform(0.2, 3, norm.weight.shape[0])))
            norm.bias.add_(torch.from_numpy(source.standard_normal(norm.weight.shape[0])))
        for head in heads:
            head.weight.mul_(2)


def files(family, words, head="Model", labels=0, seed=0, **fields):
    """head: what comes after the family in the class's name, e.g. ForSequenceClassification."""
    config = config_of(family, words, labels, **fields)
    source = numpy.random.default_rng(seed)
    model = getattr(transformers, CLASSES[family] + head)(config).eval()
    draw_weights(model, source)
    spread_out(model, source)
    with tempfile.TemporaryDirectory() as folder:
        model.half().save_pretrained(folder, safe_serialization=True)
        with open(os.path.join(folder, "model.safetensors"), "rb") as file:
            weights = file.read()
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            saved = json.load(file)
    for field in ("torch_dtype", "transformers_version"):
        saved.pop(field, None)
    return {"config.json": saved, "model.safetensors": weights}


def module_weights(seed, scale=0.3, **shapes):
    """model.safetensors of a module of sentence-transformers; a name's __ stands for a dot."""
    source = numpy.random.default_rng(seed)
    tensors = {name.replace("__", "."): torch.from_numpy((source.standard_normal(shape) * scale).astype("f4"))
               for name, shape in shapes.items()}
    from safetensors.torch import save
    return save(tensors)
