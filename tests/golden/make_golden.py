#!/usr/bin/env python3
"""Makes tests/data: a tiny random BERT with its expected outputs, and expected outputs of the real MiniLM.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 numpy==2.4.6
    venv/bin/python make_golden.py --model MINILM_DIR --mail MAILS.jsonl --out ../data

tiny-bert/            config, weights, tokenizer.json and vocab.txt of the same vocabulary
tiny-bert-golden.json texts, ids (tokenizers), embedding and the last token's state (reference.py)
minilm-tokens.json    hostile texts (or hex, for bytes that are not UTF-8) and their ids with the real vocabulary
minilm-embeddings.json ids of real mails and their embeddings
"""
import argparse
import json
import os
import string
import struct

import numpy
from tokenizers import Tokenizer

import reference

HIDDEN, HEADS, LAYERS, INTERMEDIATE, POSITIONS = 64, 4, 3, 72, 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = ("the and for you are this that with from have not your all can will mail free click here money list subject "
          "please meeting linux ##s ##ing ##ed ##er ##ly ##tion ##able ##al ##en ##ness th re in on an st ##th ##re "
          "##in ##on ##an ##st ##nd ##es ##or ##ti ##te ##at ##it").split()

TINY_TEXTS = [
    "", "a", "free money", "please click here for free money !", "The meeting is on Monday, and you are not late.",
    "Linux mailing list: subject matters", "unaffordability", "\u00e9t\u00e9 na\u00efve caf\u00e9", "[SEP] [MASK] x",
    "this that with from have not your all can will " * 3, "one two three four five six seven eight nine ten " * 6,
    "1234567890 $%^&*()",
]

HOSTILE_TEXTS = [
    "", " ", "\t\n\r", "\u0000", "a\u0000b", "a\u000bb\u000cc", "a\u0085b", "a\u00a0b\u2003c\u3000d", "\ufffd", "a\ufffdb",
    "\ufeffbom", "a\u200bb", "a\u200db", "soft\u00adhyphen", "\u202eright to left", "\ue000private", "\U0010ffff",
    "[SEP]", "[sep]", "[CLS][SEP][PAD]", "x[MASK]y", "[MASK", "[[SEP]]", "[ SEP ]", "##ing", "un##able", "[unused5]",
    "\u0130stanbul", "I\u0307", "stra\u00dfe STRASSE", "\u03a3\u0391\u03a3", "\u01c5", "\ufb01ne", "\u212bngstr\u00f6m", "e\u0301\u0327", "\u0327\u0301e",
    "a" + "\u0301" * 300, "\u1100\u1161\u11a8", "\ud55c\uad6d\uc5b4", "\u65e5\u672c\u8a9e\u30c6\u30b9\u30c8", "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\uf900\U0002f800",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651\u0629",
    "x" * 100, "x" * 101, "\u00e9" * 100, "\u00e9" * 101, "a" * 5000, "a " * 5000, "!" * 700, "-" * 80, "`$^<>=+|~`",
    "http://example.com/a_b?c=d&e=f#g", "user@example.com", "don't can't \u2019s", "\u00bfqu\u00e9?", "\u2e5d\u166d\u061d", "\u0898a\u0300b",
    "\u1c89\ua7cb\U00010d50", "\U00011938\U0001193b", "\u302e\u0334a\u0345\u0301",
]
HOSTILE_BYTES = [b"\xff", b"a\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"ab\xf4\x90\x80\x80cd",
                 b"[SEP\xff]"]


def vocabulary():
    printable = [c for c in string.printable if not c.isspace() and not c.isupper()]
    letters = string.ascii_lowercase + string.digits
    return list(dict.fromkeys(SPECIAL + printable + ["##" + c for c in letters] + PIECES))


def tokenizer_json(pieces):
    ids = {piece: i for i, piece in enumerate(pieces)}
    special = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for t in SPECIAL],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
                           "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
                           "pair": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]"),
                                    {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {t: {"id": t, "ids": [ids[t]], "tokens": [t]}
                                              for t in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": ids},
    }


def random_weights(words):
    """Large enough that attention maps are far from uniform and every layer matters."""
    source = numpy.random.default_rng(7)
    matrix = lambda *shape: (source.standard_normal(shape) * 0.25).astype("<f4")
    weights = {"embeddings.word_embeddings.weight": matrix(words, HIDDEN),
               "embeddings.position_embeddings.weight": matrix(POSITIONS, HIDDEN),
               "embeddings.token_type_embeddings.weight": matrix(2, HIDDEN)}

    def linear(name, out, into):
        weights[name + ".weight"] = matrix(out, into)
        weights[name + ".bias"] = matrix(out)

    def norm(name):
        weights[name + ".weight"] = 1 + matrix(HIDDEN)
        weights[name + ".bias"] = matrix(HIDDEN)

    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            linear(prefix + "attention.self." + part, HIDDEN, HIDDEN)
        linear(prefix + "attention.output.dense", HIDDEN, HIDDEN)
        norm(prefix + "attention.output.LayerNorm")
        linear(prefix + "intermediate.dense", INTERMEDIATE, HIDDEN)
        linear(prefix + "output.dense", HIDDEN, INTERMEDIATE)
        norm(prefix + "output.LayerNorm")
    return weights


def write_safetensors(path, weights):
    header, offset = {}, 0
    for name, value in sorted(weights.items()):
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, value in sorted(weights.items()):
            file.write(numpy.ascontiguousarray(value).tobytes())


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, indent=0)
        file.write("\n")


def write_tiny(folder):
    os.makedirs(folder, exist_ok=True)
    pieces = vocabulary()
    write_json(folder + "/config.json", {
        "model_type": "bert", "vocab_size": len(pieces), "hidden_size": HIDDEN, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "intermediate_size": INTERMEDIATE, "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12})
    write_json(folder + "/tokenizer.json", tokenizer_json(pieces))
    with open(folder + "/vocab.txt", "w", encoding="utf-8") as file:
        file.write("".join(piece + "\n" for piece in pieces))
    write_safetensors(folder + "/model.safetensors", random_weights(len(pieces)))


def load_tokenizer(folder, length):
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=length)
    return tokenizer


def rounded(values):
    return [float(f"{value:.7g}") for value in values]


def write_tiny_golden(folder, path):
    tokenizer, model = load_tokenizer(folder, POSITIONS), reference.Bert(folder)
    golden = []
    for text in TINY_TEXTS:
        ids = tokenizer.encode(text).ids
        golden.append({"text": text, "ids": ids, "embedding": rounded(model.embed(ids)),
                       "last_state": rounded(model.states(ids)[-1])})
    write_json(path, golden)


def write_tokens(folder, path):
    tokenizer = load_tokenizer(folder, 512)
    golden = [{"text": text, "ids": tokenizer.encode(text).ids} for text in HOSTILE_TEXTS]
    golden += [{"hex": raw.hex(), "ids": tokenizer.encode(raw.decode("utf-8", "replace")).ids}
               for raw in HOSTILE_BYTES]
    write_json(path, golden)


def write_embeddings(folder, mail_path, path):
    tokenizer, model = load_tokenizer(folder, 128), reference.Bert(folder)
    with open(mail_path, encoding="utf-8") as file:
        mails = [json.loads(line)["text"] for line in file][::800]
    ids = [tokenizer.encode(mail).ids for mail in mails]
    write_json(path, [{"ids": one, "embedding": rounded(model.embed(one))} for one in ids])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mail", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    write_tiny(arguments.out + "/tiny-bert")
    write_tiny_golden(arguments.out + "/tiny-bert", arguments.out + "/tiny-bert-golden.json")
    write_tokens(arguments.model, arguments.out + "/minilm-tokens.json")
    write_embeddings(arguments.model, arguments.mail, arguments.out + "/minilm-embeddings.json")


if __name__ == "__main__":
    main()
