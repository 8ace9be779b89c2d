#!/usr/bin/env python3
"""Makes tests/data/tokenizers/calls: what the `tokenizers` package answers to calls that say more than a text.

    python3 -m venv venv && venv/bin/pip install transformers==4.44.2 tokenizers==0.19.1
    HF_HUB_OFFLINE=1 venv/bin/python make_tokenizer_calls.py --data ../data

A case is a folder as in make_declared_tokenizers.py.
truncation.json  ids of texts, and ids and types of pairs, by length, side and whether there are special tokens
decoding.json    texts of ids, with special tokens and without
places.json      for each token its id, begin and end in characters of the text, without special tokens around it
"""
import argparse
import json
import os
import random
import tempfile
import warnings

from transformers import AutoTokenizer, logging

import declared_cases
import declared_parts
import declared_tokens
import token_variants
from declared_cases import ALBERT, BERT, CASED, DEBERTA, GPT2, ROBERTA, XLMR, case, of_class, token
from declared_parts import bpe
from make_declared_tokenizers import write_folder

PLAIN = of_class("PreTrainedTokenizerFast")
FAMILIES = [case(base.split("/")[-1], base, PLAIN) for base in (BERT, ROBERTA, GPT2, DEBERTA, ALBERT, XLMR)]
MPNET = declared_cases.mpnet()[0]
CUT_TEXTS = ["the meeting about money, please", "a", ""]
CUT_PAIRS = [("the meeting about money", "free list"), ("a", "click here for free money"), ("", "")]


def load(one, data):
    with tempfile.TemporaryDirectory() as folder:
        write_folder(one, data, folder)
        return AutoTokenizer.from_pretrained(folder).backend_tokenizer


def described(one):
    return {key: value for key, value in one.items() if key in ("name", "base", "tokenizer", "set", "files")}


def truncation(one, tokenizer):
    texts, pairs = [], []
    for side in ("left", "right"):
        for special in (True, False):
            for length in (4, 6, 9):
                tokenizer.enable_truncation(length, direction=side)
                how = [length, side, special]
                texts += [[text, *how, tokenizer.encode(text, add_special_tokens=special).ids] for text in CUT_TEXTS]
                made = [(pair, tokenizer.encode(*pair, add_special_tokens=special)) for pair in CUT_PAIRS]
                pairs += [[*pair, *how, encoding.ids, encoding.type_ids] for pair, encoding in made]
    return {**described(one), "texts": texts, "pairs": pairs}


def sequence(*decoders):
    return {"type": "Sequence", "decoders": list(decoders)}


def replace(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def template(first, number):
    text = [{"Sequence": {"id": name, "type_id": type_id}} for type_id, name in enumerate("AB")]
    return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": first, "type_id": 0}}, text[0]], "pair": text,
            "special_tokens": {first: {"id": first, "ids": [number], "tokens": [first]}}}


def llama():
    """BPE with bytes for unknown characters, spaces as pieces have them, as Llama has it."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)),
              *"\u2581abcdefghijklmnopqrstuvwxyz.,'A", "th", "the", "\u2581the", "\u2581a", "\u2581\u2581", "in", "ing", "me", "mee"]
    merges = ["t h", "th e", "\u2581 the", "\u2581 a", "\u2581 \u2581", "i n", "in g", "m e", "me e"]
    made = bpe(pieces, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    made["pre_tokenizer"] = None
    made["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, replace(" ", "\u2581")]}
    made["decoder"] = sequence(replace("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"},
                               {"type": "Strip", "content": " ", "start": 1, "stop": 0})
    made["added_tokens"] = [{"id": i, **token(name, special=True)} for i, name in enumerate(["<unk>", "<s>", "</s>"])]
    made["post_processor"] = template("<s>", 1)
    return case("llama", None, PLAIN, tokenizer=made)


def vocabulary():
    pieces = "".join(f"{piece}\n" for piece in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##re", "meet", "##ing", "'", "s", "!", "[MASK]"])
    return case("vocab.txt", None, of_class("BertTokenizer"), files={"vocab__txt": pieces})


def with_decoder(name, base, decoder):
    return case(name, base, PLAIN, set={"/decoder": decoder})


def decoders():
    """Decoders on pieces that they were not made for, too."""
    strips = [{"type": "Strip", "content": "e", "start": 0, "stop": 1}, {"type": "Strip", "content": "\u0120", "start": 2, "stop": 0}]
    word_piece = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    ended = bpe(["<unk>", "l", "o", "w", "w</w>", "lo", "low</w>", "o</w>", "low"], ["l o", "lo w</w>", "lo w"],
                end_of_word_suffix="</w>", unk_token="<unk>")
    ended["decoder"] = {"type": "BPEDecoder", "suffix": "</w>"}
    cleaned = bpe([" .", " ?x", "a !b", " ,", "a ' b", " n't", "I 'm", " do not", "he 's", " 've", " 're", "##e", " ' ' "], [])
    cleaned["decoder"] = word_piece
    return [
        with_decoder("no decoder", BERT, None), with_decoder("no cleanup", BERT, {**word_piece, "cleanup": False}),
        with_decoder("another prefix", BERT, {**word_piece, "prefix": "t"}),
        with_decoder("Metaspace that prepends nothing", XLMR, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "never"}),
        with_decoder("Metaspace, older", ALBERT, {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}),
        with_decoder("bytes of XLM-R", XLMR, sequence({"type": "ByteFallback"}, {"type": "Metaspace", "replacement": "\u2581"})),
        with_decoder("Strip and Replace", GPT2, sequence(*strips, replace("in", "<>"), {"type": "ByteLevel", "add_prefix_space": True,
                                                                                   "trim_offsets": True, "use_regex": True})),
        with_decoder("ByteLevel on Unigram", DEBERTA, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}),
        case("BPEDecoder", None, PLAIN, tokenizer=ended), case("cleanup", None, PLAIN, tokenizer=cleaned)]


def decoding(one, tokenizer):
    chance = random.Random(one["name"])
    size = tokenizer.get_vocab_size()
    runs = [tokenizer.encode(text).ids for text in DECODED_TEXTS]
    runs += [[], [size + 7, 0, 2**31 - 1], [0] * 3, [min(i, size - 1) for i in range(6)]]
    runs += [[chance.randrange(size + 2) for _ in range(chance.randrange(1, 12))] for _ in range(6)]
    runs += [[chance.randrange(3, 259) for _ in range(9)] for _ in range(3)]  # where some have pieces for bytes
    made = [[ids, tokenizer.decode(ids, skip_special_tokens=False), tokenizer.decode(ids, skip_special_tokens=True)]
            for ids in runs]
    return {**described(one), "decoded": made}


def places(one, tokenizer):
    made = []
    tokenizer.no_truncation()
    for text in one["texts"]:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        made.append([text, [number for i, (begin, end) in zip(encoding.ids, encoding.offsets) for number in (i, begin, end)]])
    return {**described(one), "placed": made}


def trimmed(name, base, processor):
    return case(name, base, PLAIN, [" a the  meeting \u3000", "free  ", "<mask> \u00e9  <mask>"], set={"/post_processor": processor})


def place_cases():
    """Left out is "ignored merges", whose places are empty in 0.19 and right in later versions, as they are here."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    families = [*FAMILIES, case("cased", BERT, PLAIN, set=CASED), MPNET, vocabulary(), llama()]
    made = [{**one, "texts": PLACED_TEXTS} for one in families]
    for base, texts in ((ROBERTA, PLACED_TEXTS[1:3]), (XLMR, PLACED_TEXTS[1:4])):
        made += [case(f"{base}, {name}", base, PLAIN, texts, set={"/normalizer": value})
                 for name, value in token_variants.NORMALIZERS.items()]
    made += [trimmed("trimmed", GPT2, byte_level), trimmed("not trimmed", GPT2, {**byte_level, "trim_offsets": False}),
             trimmed("the first space is kept", GPT2, {**byte_level, "add_prefix_space": True}),
             trimmed("trimmed, then framed", ROBERTA, {"type": "Sequence", "processors": [byte_level, template("<s>", 0)]})]
    stripping = {"id": 162, **token(" un", special=False, lstrip=True, rstrip=True)}
    made.append(case("a token in the whitespace of the one before", BERT, PLAIN, ["\n un un  un a", " un"],
                     set={"/added_tokens/-": stripping}))
    declared = [declared_tokens.groups()["added_tokens"], declared_parts.word_pieces(), declared_parts.splits()[::4],
                [one for one in declared_parts.bpe_options() if one["name"] != "ignored merges"]]
    return made + [one for cases in declared for one in cases]


PLACED_TEXTS = ["The MEETING's about  Money,\tplease [MASK] <mask> ", "Caf\u00e9 e\u0301 s\u0307\u0323 \ufb01\u2122 \uff21 \u0130\u00df",
                "\u4e1c\u4eac \U0001f600\ud55c \u1112\u1161\u11ab \u200b\u00ad\u3000x\u00a0", "  \u2581lead \u2581\u2581 ``quoted''  ", "", " \n",
                "a\u0301\u0327b </s><s> [SEP]"]
DECODED_TEXTS = ["The meeting's about Money, don't you see? [MASK] <mask>", " Caf\u00e9  \u4e1c\u4eac \U0001f600 ! </s> a"]
GROUPS = {"truncation": (truncation, [*FAMILIES, MPNET, case("bert cut left", BERT, {**PLAIN, "truncation_side": "left"})]),
          "decoding": (decoding, [*FAMILIES, case("cased", BERT, PLAIN, set=CASED), MPNET, vocabulary(), llama(), *decoders()]),
          "places": (places, place_cases())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    out = arguments.data + "/tokenizers/calls"
    os.makedirs(out, exist_ok=True)
    for name, (make, cases) in GROUPS.items():
        with open(f"{out}/{name}.json", "w", encoding="utf-8") as file:
            lines = (json.dumps(make(one, load(one, arguments.data)), separators=(",", ":")) for one in cases)
            file.write("[" + ",\n".join(lines) + "]\n")
        print(f"{name}: {len(cases)} cases")


if __name__ == "__main__":
    main()
