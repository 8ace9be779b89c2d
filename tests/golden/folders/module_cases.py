"""Cases of modules.json and of the modules behind the pooling."""
import io

import torch

from . import bases, expected
from .bases import LINES, OLD, layer_norm, modules
from .case import Case
from .models import module_weights

FRONT = (("", "Transformer"), ("1_Pooling", "Pooling"))
ACTIVATION = "torch.nn.modules.activation."
BASE = "sentence_transformers.base.modules."
NEW = "sentence_transformers.sentence_transformer.modules."


def dense(into=32, out=16, **fields):
    return bases.dense(into, out, **fields)


def good(name, about, parts, files=None, **fields):
    listed = parts if isinstance(parts, list) else modules(*FRONT, *parts)
    return Case(f"modules-{name}", about, expected.embed, base="../st-bert",
                files={"modules.json": listed, **(files or {})}, input=fields.pop("input", LINES[:2]), **fields)


def bad(name, about, parts, *refused, files=None, **fields):
    listed = parts if isinstance(parts, (list, dict, str)) else modules(*FRONT, *parts)
    return Case(f"modules-{name}", about, base="../st-bert", files={"modules.json": listed, **(files or {})},
                input=LINES[:1], refused=list(refused), **fields)


DENSE = (("2_Dense", "Dense"),)


def activations():
    yield good("dense-tanh", "Pooling, Dense with tanh, Normalize.", DENSE + (("3_Normalize", "Normalize"),), dense(),
               input=LINES)
    for name, kind in (("identity", "torch.nn.modules.linear.Identity"), ("relu", ACTIVATION + "ReLU"),
                       ("gelu", ACTIVATION + "GELU"), ("sigmoid", ACTIVATION + "Sigmoid")):
        yield good(f"dense-{name}", f"Dense with activation_function {kind}.", DENSE, dense(activation_function=kind))
    yield good("dense-default", "Dense without activation_function: tanh.", DENSE, dense(activation_function=None))
    yield good("dense-short-name", "torch.nn.Tanh, a shorter name of the same.", DENSE,
               dense(activation_function="torch.nn.Tanh"))
    for name in ("SiLU", "LeakyReLU", "ELU"):
        yield good(f"dense-{name.lower()}", f"Dense with {name}, which is rare.", DENSE,
                   dense(activation_function=ACTIVATION + name),
                   refused=["2_Dense/config.json", "activation_function", name])
    yield bad("dense-custom-activation", "An activation of someone's own, for which sentence-transformers takes tanh.",
              DENSE, "2_Dense/config.json", "activation_function", "my_package.Swish",
              files=dense(activation_function="my_package.Swish"))
    yield bad("dense-no-activation", "activation_function is null.", DENSE, "2_Dense/config.json",
              "activation_function", files={**dense(), "2_Dense/config.json": {
                  "in_features": 32, "out_features": 16, "bias": True, "activation_function": None}})


def shapes_of_dense():
    yield good("dense-no-bias", "Dense without bias.", DENSE, dense(bias=False))
    yield good("dense-default-bias", "Dense whose config.json does not say bias: there is one.", DENSE,
               {**dense(), "2_Dense/config.json": {"in_features": 32, "out_features": 16,
                                                   "activation_function": ACTIVATION + "Tanh"}})
    yield good("dense-wider", "Dense to more numbers than the model has.", DENSE, dense(out=48))
    yield good("dense-twice", "Two Dense, one after the other.", DENSE + (("3_Dense", "Dense"),),
               {**dense(out=24), **dense(24, 8, place="3_Dense", seed=6, activation_function=ACTIVATION + "ReLU")})
    yield good("dense-names", "Dense that says what it reads and writes, as sentence-transformers 5 writes it.", DENSE,
               dense(module_input_name="sentence_embedding", module_output_name="sentence_embedding"))
    yield bad("dense-wrong-input", "in_features is not what the pooling gives.", DENSE, "2_Dense/config.json",
              "in_features", "24", files=dense(into=24))
    yield bad("dense-wrong-weights", "out_features is not what the weights have.", DENSE, "2_Dense/",
              "linear.weight", files={**dense(out=12), "2_Dense/model.safetensors": dense()["2_Dense/model.safetensors"]})
    yield bad("dense-missing-bias", "bias is true and the weights have none.", DENSE, "2_Dense/model.safetensors",
              "linear.bias", files={**dense(), "2_Dense/model.safetensors": module_weights(5, linear__weight=(16, 32))})
    yield bad("dense-unasked-bias", "bias is false and the weights have one.", DENSE, "2_Dense/model.safetensors",
              "linear.bias", files={**dense(bias=False), "2_Dense/model.safetensors": module_weights(
                  5, linear__weight=(16, 32), linear__bias=(16,))})
    yield bad("dense-no-config", "Dense without config.json.", DENSE, "2_Dense/config.json",
              files={"2_Dense/model.safetensors": dense()["2_Dense/model.safetensors"]})
    yield bad("dense-no-weights", "Dense without weights.", DENSE, "2_Dense/model.safetensors",
              files={"2_Dense/config.json": dense()["2_Dense/config.json"]})
    yield bad("dense-pickle", "Dense whose weights are a pickle.", DENSE, "2_Dense", "pytorch_model.bin",
              files={"2_Dense/config.json": dense()["2_Dense/config.json"], "2_Dense/pytorch_model.bin": pickle()})


def pickle():
    file = io.BytesIO()
    source = torch.Generator().manual_seed(3)
    torch.save({"linear.weight": torch.randn(16, 32, generator=source), "linear.bias": torch.zeros(16)}, file)
    return file.getvalue()


def odd_dense():
    tokens = dense(module_input_name="token_embeddings", module_output_name="token_embeddings")
    yield good("dense-of-tokens", "Dense of every token, before the pooling.",
               modules(("", "Transformer"), ("2_Dense", "Dense"), ("1_Pooling", "Pooling")),
               {**tokens, "1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}},
               refused=["modules.json", "Dense"])
    yield good("dense-aside", "Dense that writes elsewhere: the embedding is what it was.", DENSE,
               dense(module_output_name="projected"), refused=["2_Dense/config.json", "module_output_name", "projected"])
    yield bad("dense-first", "Dense before the pooling: nothing to read.",
              modules(("", "Transformer"), ("2_Dense", "Dense"), ("1_Pooling", "Pooling")), "modules.json", "Dense",
              files=dense())
    yield bad("dense-reads-nothing", "Dense that reads what nobody writes.", DENSE, "2_Dense/config.json",
              "module_input_name", "pooler_output", files=dense(module_input_name="pooler_output"))


def other_modules():
    yield good("normalize", "Pooling, Normalize.", (("2_Normalize", "Normalize"),), input=LINES)
    yield good("normalize-twice", "Normalize twice.", (("2_Normalize", "Normalize"), ("3_Normalize", "Normalize")))
    yield good("normalize-middle", "Normalize, then Dense: not of length 1.",
               (("2_Normalize", "Normalize"), ("3_Dense", "Dense")), dense(place="3_Dense"))
    yield good("layer-norm", "Pooling, LayerNorm.", (("2_LayerNorm", "LayerNorm"),), layer_norm())
    yield good("layer-norm-of-dense", "Dense, LayerNorm, Normalize.",
               DENSE + (("3_LayerNorm", "LayerNorm"), ("4_Normalize", "Normalize")),
               {**dense(), **layer_norm(16, "3_LayerNorm")})
    yield bad("layer-norm-wrong", "LayerNorm of another dimension than the pooling's.", (("2_LayerNorm", "LayerNorm"),),
              "2_LayerNorm/config.json", "dimension", "16", files=layer_norm(16))
    yield good("dropout", "Dropout, which does nothing outside training.", (("2_Dropout", "Dropout"),),
               {"2_Dropout/config.json": {"dropout": 0.5}}, refused=["modules.json", "Dropout"])
    for name in ("LSTM", "CNN", "WordWeights", "WeightedLayerPooling", "Asym", "Router", "BoW"):
        yield bad(f"unknown-{name.lower()}", f"A module {name}.", ((f"2_{name}", name),), "modules.json", OLD + name,
                  files={f"2_{name}/config.json": {}})
    yield bad("unknown-name", "A module that there is not.", (("2_Whitening", "Whitening"),), "modules.json",
              OLD + "Whitening")
    yield bad("custom", "A module of the folder's own.", (("2_Mine", "modeling_mine.Normalize"),), "modules.json",
              "modeling_mine.Normalize", files={"modeling_mine.py": "raise RuntimeError('not for us')\n"})
    yield bad("foreign-pooling", "A class of another package whose name ends in Pooling.",
              modules(("", "Transformer"), ("1_Pooling", "my_package.models.Pooling")), "modules.json",
              "my_package.models.Pooling")


def lists():
    yield good("two-poolings", "Pooling twice: the second counts.", (("2_Pooling", "Pooling"),),
               {"2_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_cls_token": True,
                                          "pooling_mode_mean_tokens": False}}, refused=["modules.json", "Pooling"])
    yield bad("no-pooling", "A Transformer alone: no embedding.", modules(("", "Transformer")), "modules.json",
              "Pooling")
    yield bad("no-transformer", "Pooling without a Transformer.", modules(("1_Pooling", "Pooling")), "modules.json",
              "Transformer")
    yield bad("transformer-last", "Pooling before the Transformer.",
              modules(("1_Pooling", "Pooling"), ("", "Transformer")), "modules.json")
    yield bad("empty", "An empty list.", [], "modules.json")
    yield bad("object", "An object instead of a list.", {"0": "Transformer"}, "modules.json")
    yield bad("not-json", "Not JSON.", "[{\"idx\": 0,", "modules.json")
    yield bad("type-missing", "A module without a type.", modules(*FRONT) + [{"idx": 2, "name": "2", "path": "2"}],
              "modules.json", "type")
    yield bad("type-number", "A module whose type is a number.",
              modules(*FRONT) + [{"idx": 2, "name": "2", "path": "2", "type": 5}], "modules.json", "type", "5")
    ordered = modules(*FRONT, ("2_Dense", "Dense"), ("3_Normalize", "Normalize"))
    for entry, place in zip(ordered, (3, 2, 1, 0)):
        entry["idx"] = place
    yield good("order", "The order is the list's, whatever idx says.", ordered, dense())
    yield good("no-idx", "Modules without idx.", [{key: value for key, value in entry.items() if key != "idx"}
                                                  for entry in modules(*FRONT)])
    yield good("kwargs", "A module with kwargs, names of arguments of encode().",
               [{**entry, "kwargs": ["task"]} for entry in modules(*FRONT)], refused=["modules.json", "kwargs"])


def names_and_paths():
    yield good("new-names", "The names of classes as sentence-transformers 5.4 and later writes them.",
               modules(("", BASE + "transformer.Transformer"), ("1_Pooling", NEW + "pooling.Pooling"),
                       ("2_Dense", BASE + "dense.Dense"), ("3_LayerNorm", NEW + "layer_norm.LayerNorm"),
                       ("4_Normalize", NEW + "normalize.Normalize")), {**dense(), **layer_norm(16, "3_LayerNorm")})
    yield good("full-old-names", "The names of classes with their files, as versions 3 to 5 write some.",
               modules(("", OLD + "Transformer.Transformer"), ("1_Pooling", OLD + "Pooling.Pooling"),
                       ("2_Dense", OLD + "Dense.Dense"), ("3_Normalize", OLD + "Normalize.Normalize")), dense())
    yield good("other-paths", "Modules in folders of other names.",
               modules(("", "Transformer"), ("1_Pooling", "Pooling"), ("projections/first", "Dense")),
               dense(place="projections/first"))
    yield Case("modules-transformer-folder", "The Transformer lies in 0_Transformer, with tokenizer and settings.",
               expected.embed, base="../plain-bert", into="0_Transformer", input=LINES,
               files={"modules.json": modules(("0_Transformer", "Transformer"), ("1_Pooling", "Pooling")),
                      "1_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_cls_token": True,
                                                "pooling_mode_mean_tokens": False},
                      "0_Transformer/sentence_bert_config.json": {"max_seq_length": 8, "do_lower_case": True}})
    yield Case("modules-transformer-folder-trap", "The Transformer lies in 0_Transformer; a config.json and settings "
               "beside modules.json are of no account.", expected.embed, base="../plain-bert", into="0_Transformer",
               input=LINES[:2],
               files={"modules.json": modules(("0_Transformer", "Transformer"), ("1_Pooling", "Pooling")),
                      "1_Pooling/config.json": {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
                      "config.json": {"model_type": "gpt2", "n_embd": 16}, "vocab.txt": "nothing\n",
                      "sentence_bert_config.json": {"max_seq_length": 4, "do_lower_case": True}})


def cases():
    for part in (activations, shapes_of_dense, odd_dense, other_modules, lists, names_and_paths):
        yield from part()
