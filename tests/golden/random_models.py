"""Small random model folders of every family, and large ones of a given shape: write(FAMILY, FOLDER, sizes)."""
import json
import os

import numpy

from make_golden import write_safetensors

FAMILIES = ("bert", "roberta", "gpt2", "deberta-v2", "mpnet")
SIZES = {"hidden": 64, "layers": 2, "heads": 4, "intermediate": 160, "words": 500, "positions": 512}


class Weights(dict):
    def __init__(self, spread: float):
        super().__init__()
        self.source, self.spread = numpy.random.default_rng(11), spread

    def matrix(self, name: str, *shape: int) -> None:
        self[name] = (self.source.standard_normal(shape) * self.spread).astype("<f4")

    def linear(self, name: str, *shape: int, out: int) -> None:
        self.matrix(name + ".weight", *shape)
        self.matrix(name + ".bias", out)

    def norm(self, name: str, hidden: int) -> None:
        self.linear(name, hidden, out=hidden)
        self[name + ".weight"] += 1


BERT_NAMES = ("self.query", "self.key", "self.value", "output.dense", "output.LayerNorm")
DEBERTA_NAMES = ("self.query_proj", "self.key_proj", "self.value_proj", "output.dense", "output.LayerNorm")
MPNET_NAMES = ("attn.q", "attn.k", "attn.v", "attn.o", "LayerNorm")


def bert_layers(weights: Weights, sizes: dict, prefix: str, names: tuple) -> None:
    """names: of the parts of attention, its norm last."""
    hidden, inner = sizes["hidden"], sizes["intermediate"]
    for layer in range(sizes["layers"]):
        name = f"{prefix}encoder.layer.{layer}."
        for part in names[:-1]:
            weights.linear(f"{name}attention.{part}", hidden, hidden, out=hidden)
        weights.norm(f"{name}attention.{names[-1]}", hidden)
        weights.linear(name + "intermediate.dense", inner, hidden, out=inner)
        weights.linear(name + "output.dense", hidden, inner, out=hidden)
        weights.norm(name + "output.LayerNorm", hidden)


def bert_weights(weights: Weights, sizes: dict, prefix: str, types: int) -> None:
    weights.matrix(prefix + "embeddings.word_embeddings.weight", sizes["words"], sizes["hidden"])
    weights.matrix(prefix + "embeddings.position_embeddings.weight", sizes["positions"], sizes["hidden"])
    weights.matrix(prefix + "embeddings.token_type_embeddings.weight", types, sizes["hidden"])
    weights.norm(prefix + "embeddings.LayerNorm", sizes["hidden"])
    bert_layers(weights, sizes, prefix, BERT_NAMES)


def deberta_weights(weights: Weights, sizes: dict) -> None:
    weights.matrix("deberta.embeddings.word_embeddings.weight", sizes["words"], sizes["hidden"])
    weights.norm("deberta.embeddings.LayerNorm", sizes["hidden"])
    bert_layers(weights, sizes, "deberta.", DEBERTA_NAMES)
    weights.matrix("deberta.encoder.rel_embeddings.weight", 512, sizes["hidden"])
    weights.norm("deberta.encoder.LayerNorm", sizes["hidden"])


def mpnet_weights(weights: Weights, sizes: dict) -> None:
    weights.matrix("mpnet.embeddings.word_embeddings.weight", sizes["words"], sizes["hidden"])
    weights.matrix("mpnet.embeddings.position_embeddings.weight", sizes["positions"], sizes["hidden"])
    weights.norm("mpnet.embeddings.LayerNorm", sizes["hidden"])
    bert_layers(weights, sizes, "mpnet.", MPNET_NAMES)
    weights.matrix("mpnet.encoder.relative_attention_bias.weight", 32, sizes["heads"])
    weights["mpnet.encoder.relative_attention_bias.weight"] *= 10


def gpt2_weights(weights: Weights, sizes: dict) -> None:
    hidden, inner = sizes["hidden"], sizes["intermediate"]
    weights.matrix("wte.weight", sizes["words"], hidden)
    weights.matrix("wpe.weight", sizes["positions"], hidden)
    for layer in range(sizes["layers"]):
        name = f"h.{layer}."
        weights.norm(name + "ln_1", hidden)
        weights.linear(name + "attn.c_attn", hidden, 3 * hidden, out=3 * hidden)
        weights.linear(name + "attn.c_proj", hidden, hidden, out=hidden)
        weights.norm(name + "ln_2", hidden)
        weights.linear(name + "mlp.c_fc", hidden, inner, out=inner)
        weights.linear(name + "mlp.c_proj", inner, hidden, out=hidden)
    weights.norm("ln_f", hidden)


def config(family: str, sizes: dict) -> dict:
    if family == "gpt2":
        return {"model_type": "gpt2", "vocab_size": sizes["words"], "n_embd": sizes["hidden"], "n_layer": sizes["layers"],
                "n_head": sizes["heads"], "n_inner": sizes["intermediate"], "n_positions": sizes["positions"],
                "n_ctx": sizes["positions"], "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
    common = {"model_type": family, "vocab_size": sizes["words"], "hidden_size": sizes["hidden"],
              "num_hidden_layers": sizes["layers"], "num_attention_heads": sizes["heads"],
              "intermediate_size": sizes["intermediate"], "max_position_embeddings": sizes["positions"],
              "hidden_act": "gelu", "type_vocab_size": 2, "layer_norm_eps": 1e-12}
    if family == "roberta":
        common.update(type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)
    if family == "mpnet":
        common.update(pad_token_id=1, relative_attention_num_buckets=32)
        del common["type_vocab_size"]
    if family == "deberta-v2":
        common.update(type_vocab_size=0, layer_norm_eps=1e-7, relative_attention=True, position_buckets=256,
                      max_relative_positions=-1, norm_rel_ebd="layer_norm", share_att_key=True,
                      pos_att_type="p2c|c2p", position_biased_input=False)
    return common


def write(family: str, folder: str, sizes: dict = SIZES, spread: float = 0.1) -> None:
    weights = Weights(spread)
    if family == "bert":
        bert_weights(weights, sizes, "", 2)
    elif family == "roberta":
        bert_weights(weights, sizes, "roberta.", 1)
    elif family == "gpt2":
        gpt2_weights(weights, sizes)
    elif family == "mpnet":
        mpnet_weights(weights, sizes)
    else:
        deberta_weights(weights, sizes)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config(family, sizes), file)
    write_safetensors(os.path.join(folder, "model.safetensors"), weights)


def random_ids(batch: int, length: int, words: int = SIZES["words"]) -> list:
    return numpy.random.default_rng(3).integers(2, words, (batch, length)).tolist()


def read_floats(path: str, shape: list):
    return numpy.fromfile(path, "<f4").reshape(shape)
