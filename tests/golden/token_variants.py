"""Variants of a tokenizer.json: the options that published files use, one or two changed at a time."""
import copy
import json


def normalizer(*parts):
    return {"type": "Sequence", "normalizers": [part if isinstance(part, dict) else {"type": part} for part in parts]}


def metaspace(**fields):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True, **fields}


NORMALIZERS = {
    "NFC": normalizer("NFC"), "NFD": normalizer("NFD"), "NFKC": normalizer("NFKC"), "NFKD": normalizer("NFKD"),
    "NFKC and Lowercase": normalizer("NFKC", "Lowercase"), "StripAccents": normalizer("NFD", "StripAccents"),
    "StripAccents alone": normalizer("StripAccents"), "left Strip":
    normalizer({"type": "Strip", "strip_left": True, "strip_right": False}), "Prepend and Replace":
    normalizer({"type": "Prepend", "prepend": "\u2581"},
               {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}), "removing Replace":
    normalizer({"type": "Replace", "pattern": {"String": "  "}, "content": ""}), "BertNormalizer":
    {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
     "lowercase": True}}

UNIGRAM_PRE_TOKENIZERS = {
    "Metaspace first": metaspace(prepend_scheme="first"), "Metaspace never": metaspace(prepend_scheme="never"),
    "Metaspace unsplit": metaspace(split=False), "WhitespaceSplit": {"type": "WhitespaceSplit"}, "no pre-tokenizer":
    None, "WhitespaceSplit and Metaspace first":
    {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace(prepend_scheme="first")]}}

BPE_PRE_TOKENIZERS = {
    "add_prefix_space": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "use_regex off": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    "WhitespaceSplit and ByteLevel":
    {"type": "Sequence", "pretokenizers":
     [{"type": "WhitespaceSplit"},
      {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}]}}


def changed(tokens, **fields):
    tokens = copy.deepcopy(tokens)
    for path, value in fields.items():
        part, _, field = path.partition("__")
        if field:
            tokens[part][field] = value
        else:
            tokens[part] = value
    return tokens


def with_tokens(tokens, **flags):
    """Three more added tokens: a word, a part of one with whitespace, and one with an accent."""
    tokens = copy.deepcopy(tokens)
    vocabulary = tokens["model"]["vocab"]
    next_id = max([len(vocabulary) - 1] + [token["id"] for token in tokens["added_tokens"]]) + 1
    for content in ("Hello", " un", "\u00c9\u00e9"):
        known = content in vocabulary if isinstance(vocabulary, dict) else any(content == p[0] for p in vocabulary)
        if not known:
            token = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
            tokens["added_tokens"].append({"id": next_id, "content": content, **token, **flags})
            next_id += 1
    return tokens


def variants(path):
    """Pairs of a name and the content of a tokenizer.json."""
    with open(path, encoding="utf-8") as file:
        tokens = json.load(file)
    for flags in ({"single_word": True}, {"lstrip": True, "rstrip": True}, {"normalized": True},
                  {"normalized": True, "rstrip": True, "single_word": True}):
        yield "tokens that are " + ", ".join(flags), with_tokens(tokens, **flags)
    kind = tokens["model"].get("type", "BPE")
    if kind == "WordPiece":
        return
    for name, value in NORMALIZERS.items():
        yield name, changed(tokens, normalizer=value)
    for name, value in (UNIGRAM_PRE_TOKENIZERS if kind == "Unigram" else BPE_PRE_TOKENIZERS).items():
        yield name, changed(tokens, pre_tokenizer=value)
    if kind == "Unigram":
        yield "byte_fallback the other way", changed(tokens, model__byte_fallback=not tokens["model"]["byte_fallback"])
        yield "left Strip, first", changed(with_tokens(tokens, normalized=True), normalizer=NORMALIZERS["left Strip"],
                                           pre_tokenizer=UNIGRAM_PRE_TOKENIZERS["Metaspace first"])
        yield "StripAccents, first", changed(tokens, normalizer=NORMALIZERS["StripAccents alone"],
                                             pre_tokenizer=UNIGRAM_PRE_TOKENIZERS["Metaspace first"])
        yield "Replace, first", changed(tokens, normalizer=NORMALIZERS["removing Replace"],
                                        pre_tokenizer=UNIGRAM_PRE_TOKENIZERS["Metaspace first"])
    else:
        yield "ignore_merges", changed(tokens, model__ignore_merges=True)
        yield "no bytes split", changed(tokens, pre_tokenizer=None)
        unknown = tokens["added_tokens"][0]["content"]
        for fuse in (False, True):
            yield f"unknown characters, fused {fuse}", changed(tokens, pre_tokenizer=None, model__unk_token=unknown,
                                                               model__fuse_unk=fuse)
