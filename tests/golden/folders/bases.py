"""Cases that others stand on: one of every family, with and without modules.json."""
from . import expected, models, tokens
from .case import Case

LINES = [{"id": "a", "text": "The memo of the meeting is on money."}, {"id": "b", "text": "free mail: click here!"},
         {"id": "c", "text": "meeting"}, {"id": "d", "text": ""}]
# More tokens than any tiny model has positions.
LONG = {"id": "long", "text": " ".join(f"the {word} of money," for word in ("memo", "meeting", "mail", "list") * 5)}
OLD = "sentence_transformers.models."


def modules(*parts, prefix=OLD):
    """modules.json of pairs (path, class name); a class name with a dot in it is whole."""
    return [{"idx": place, "name": str(place), "path": path, "type": kind if "." in kind else prefix + kind}
            for place, (path, kind) in enumerate(parts)]


def pooling(hidden=32, **fields):
    """1_Pooling/config.json as sentence-transformers 2 wrote it; fields: the short names of modes that are on."""
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    return {"word_embedding_dimension": hidden,
            **{f"pooling_mode_{mode}": mode in fields.get("on", ()) for mode in modes}}


def sentence_files(length=40, on=("mean_tokens",), hidden=32):
    return {"modules.json": modules(("", "Transformer"), ("1_Pooling", "Pooling")),
            "1_Pooling/config.json": pooling(hidden, on=on),
            "sentence_bert_config.json": {"max_seq_length": length, "do_lower_case": False},
            "config_sentence_transformers.json": {
                "__version__": {"sentence_transformers": "2.2.2", "transformers": "4.30.2", "pytorch": "2.0.1"}}}


def bases():
    bert = tokens.bert_files()
    yield Case("plain-bert", "A folder of transformers alone: mean of the last states, length 1.", expected.embed_plain,
               files={**bert, **models.files("bert", tokens.words_in(bert))}, input=LINES + [LONG])
    yield Case("st-bert", "A folder of sentence-transformers 2: mean pooling, cut at max_seq_length, not normalized.",
               expected.embed, base="../plain-bert", files=sentence_files(), input=LINES + [LONG])
    yield from other_families()


def other_families():
    made = {"roberta": tokens.roberta_files(), "mpnet": tokens.mpnet_files(), "distilbert": tokens.bert_files(True),
            "deberta": tokens.deberta_files(), "gpt2": tokens.gpt2_files()}
    for seed, (family, files) in enumerate(made.items(), 1):
        if family == "distilbert":
            files["tokenizer_config.json"]["tokenizer_class"] = "DistilBertTokenizer"
        on = ("cls_token",) if family == "roberta" else ("mean_tokens",)
        yield Case(f"st-{family}", f"A folder of sentence-transformers 2 around {family}.", expected.embed,
                   files={**files, **models.files(family, tokens.words_in(files), seed=seed), **sentence_files(on=on)},
                   input=LINES[:3] + [LONG])


def whole():
    """What fuzz_folders.py alters: every file and module there is, and small results."""
    parts = modules(("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"), ("3_LayerNorm", "LayerNorm"),
                    ("4_Normalize", "Normalize"))
    common = {**dense(), **layer_norm(8, "3_LayerNorm"), "modules.json": parts,
              "1_Pooling/config.json": {**pooling(on=("mean_tokens",)), "include_prompt": False},
              "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "mail: the "},
                                                    "default_prompt_name": "document", "similarity_fn_name": "cosine"}}
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    letters = {"id": "a", "text": "The MEMO of Money, \u00e9t\u00e9 [MASK]  memo[SEP]<pad><mask> \u65e5\u672c free."}
    plain = {"id": "a", "text": "The memo<pad> of  <mask>  the</s> meeting FREE."}
    yield Case("whole-bert", "Every file and module that memo-infer reads, around BERT.", expected.embed,
               base="../plain-bert", input=[letters, LONG],
               files={**common, "special_tokens_map.json": special,
                      "sentence_bert_config.json": {"max_seq_length": 24, "do_lower_case": False}})
    for family, line in (("roberta", plain), ("mpnet", letters)):
        yield Case(f"whole-{family}", f"Every file and module that memo-infer reads, around {family}.", expected.embed,
                   base=f"../st-{family}", input=[line, LONG], files=common)
    pair = {**letters, "other": "click [PAD] HERE"}
    yield Case("whole-scores", "Pairs with special tokens in them, by a model of five labels.", expected.classify,
               base="../scores-of-5", input=[pair, {**LONG, "other": LONG["text"][9:]}],
               arguments=["--pair-field", "other", "--top-k", "3"])


def dense(into=32, out=8, place="2_Dense", seed=5, **fields):
    """Folder of a Dense module. A field given as None is left out."""
    config = {"in_features": into, "out_features": out, "bias": True,
              "activation_function": "torch.nn.modules.activation.Tanh", **fields}
    shapes = {"linear__weight": (out, into), **({"linear__bias": (out,)} if config["bias"] else {})}
    return {f"{place}/config.json": {key: value for key, value in config.items() if value is not None},
            f"{place}/model.safetensors": models.module_weights(seed, 0.1, **shapes)}


def layer_norm(size=32, place="2_LayerNorm"):
    return {f"{place}/config.json": {"dimension": size},
            f"{place}/model.safetensors": models.module_weights(7, norm__weight=(size,), norm__bias=(size,))}
