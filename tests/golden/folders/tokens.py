"""Tokenizer files of the tiny checkpoints: WordPiece with upper and lower case in it, byte-level BPE, and Unigram."""
import copy

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ("the The THE memo Memo meeting MEETING of and a is on money Money free mail query list click here you late "
         "\u03bf\u03b4\u03cc\u03c2 \u03bf\u03b4\u03cc\u03c3 i stra\u00dfe strasse query: mail: document").split()
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MARKS = list(".,:;!?'-\"()0123456789") + ["\u0307", "\u00df", "\u0130", "\u00e9", "e", "\u65e5", "\u672c"]
PARTS = ["##s", "##ing", "##ed", "##er", "##\u0307", "##\u00df", "##\u00e9", "##\u03c2", "##\u03c3"]


def word_pieces():
    pieces = BERT_SPECIAL + WORDS + MARKS + PARTS + list(LETTERS) + ["##" + letter for letter in LETTERS]
    return list(dict.fromkeys(pieces))


def added(token, place, **flags):
    return {"id": place, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


def template(cls, sep, ids, pair_type=1, twice=False):
    """[CLS] A [SEP] and [CLS] A [SEP] B [SEP]; twice: two of them between A and B, as RoBERTa has it."""
    special = lambda token, kind=0: {"SpecialToken": {"id": token, "type_id": kind}}
    sequence = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
    pair = [special(cls), sequence("A", 0), special(sep)] + ([special(sep)] if twice else [])
    pair += [sequence("B", pair_type), special(sep, pair_type)]
    return {"type": "TemplateProcessing", "single": [special(cls), sequence("A", 0), special(sep)], "pair": pair,
            "special_tokens": {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (cls, sep)}}


def bert_tokenizer(lowercase=False):
    ids = {piece: place for place, piece in enumerate(word_pieces())}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(token, ids[token]) for token in BERT_SPECIAL],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template("[CLS]", "[SEP]", ids),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": ids}}


def bert_files(lowercase=False, **fields):
    return {"tokenizer.json": bert_tokenizer(lowercase),
            "tokenizer_config.json": {"do_lower_case": lowercase, "strip_accents": None,
                                      "tokenize_chinese_chars": True, "tokenizer_class": "BertTokenizer",
                                      "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                                      "cls_token": "[CLS]", "mask_token": "[MASK]", **fields}}


def mpnet_tokenizer():
    """MPNet's: WordPiece in lower case, with RoBERTa's special tokens at the ids that its checkpoints give them."""
    ids = {token: place for place, token in enumerate(["<s>", "<pad>", "</s>", "[UNK]", "<mask>"])}
    for piece in word_pieces():
        if piece not in BERT_SPECIAL:
            ids[piece] = len(ids)
    made = bert_tokenizer(lowercase=True)
    made["added_tokens"] = [added(token, ids[token], lstrip=token == "<mask>")
                            for token in ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")]
    made["post_processor"] = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                              "trim_offsets": True, "add_prefix_space": False}
    made["model"]["vocab"] = ids
    return made


def mpnet_files(**fields):
    return {"tokenizer.json": mpnet_tokenizer(),
            "tokenizer_config.json": {"do_lower_case": True, "tokenizer_class": "MPNetTokenizer", "cls_token": "<s>",
                                      "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "[UNK]",
                                      "mask_token": "<mask>", "bos_token": "<s>", "eos_token": "</s>", **fields}}


MERGES = ["t h", "th e", "\u0120 the", "m e", "me m", "mem o", "\u0120 memo", "\u0120 m", "\u0120m e", "e t",
          "\u0120me et", "i n", "in g", "\u0120meet ing", "\u0120 f", "r e", "\u0120f re", "\u0120fre e", "o n",
          "T h", "Th e"]


def byte_level_vocabulary(special):
    """Of the bytes, those of printable ASCII, and the space; what else a text has is left out or unknown."""
    pieces = special + [chr(byte) for byte in range(0x21, 0x7f)] + ["\u0120", "\u010a"]
    pieces += [merge.replace(" ", "") for merge in MERGES]
    return {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}


def roberta_tokenizer():
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    ids = byte_level_vocabulary(special)
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(token, ids[token], lstrip=token == "<mask>") for token in special],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True,
                           "add_prefix_space": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "vocab": ids,
                  "merges": MERGES}}


def roberta_files(**fields):
    return {"tokenizer.json": roberta_tokenizer(),
            "tokenizer_config.json": {"add_prefix_space": False, "tokenizer_class": "RobertaTokenizer",
                                      "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>",
                                      "unk_token": "<unk>", "mask_token": "<mask>", "bos_token": "<s>",
                                      "eos_token": "</s>", **fields}}


def gpt2_files(**fields):
    made = copy.deepcopy(roberta_tokenizer())
    made["model"]["vocab"] = ids = byte_level_vocabulary(["<|endoftext|>"])
    made["added_tokens"] = [added("<|endoftext|>", ids["<|endoftext|>"])]
    made["post_processor"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
    return {"tokenizer.json": made,
            "tokenizer_config.json": {"add_prefix_space": False, "tokenizer_class": "GPT2Tokenizer",
                                      "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>",
                                      "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", **fields}}


def deberta_tokenizer():
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    words = ["\u2581" + word for word in ("the", "memo", "meeting", "money", "free", "of", "mail")]
    pieces = special + words + ["\u2581", "ing", "s", "ed"] + list(LETTERS) + list("TMF.,:!?")
    pieces = list(dict.fromkeys(pieces))
    ids = {piece: place for place, piece in enumerate(pieces)}
    scores = {word: -2.0 - place / 16 for place, word in enumerate(words)}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(token, ids[token]) for token in special],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": True, "strip_right": True},
                                                           {"type": "NFC"}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "post_processor": template("[CLS]", "[SEP]", ids),
        "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": ids["[UNK]"], "byte_fallback": False,
                  "vocab": [[piece, 0.0 if piece in special else scores.get(piece, -5.0 - ids[piece] / 32)]
                            for piece in pieces]}}


def deberta_files(**fields):
    return {"tokenizer.json": deberta_tokenizer(),
            "tokenizer_config.json": {"do_lower_case": False, "tokenizer_class": "DebertaV2Tokenizer",
                                      "vocab_type": "spm", "split_by_punct": False, "cls_token": "[CLS]",
                                      "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
                                      "mask_token": "[MASK]", "bos_token": "[CLS]", "eos_token": "[SEP]", **fields}}


def words_in(files):
    """The size of the vocabulary of a folder's tokenizer.json."""
    return len(files["tokenizer.json"]["model"]["vocab"])
