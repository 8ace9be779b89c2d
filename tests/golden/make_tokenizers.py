#!/usr/bin/env python3
"""Makes tests/data/tokenizers: small tokenizers of each family, with the ids that the `tokenizers` package gives.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 sentencepiece==0.2.3
    venv/bin/python make_tokenizers.py --mail MAILS.jsonl --out ../data/tokenizers [--full]

roberta/  byte-level BPE, <s> ... </s>, merges as pairs
gpt2/     byte-level BPE without special tokens, merges as strings, the model without a type: the older layout
deberta/  Unigram, trimmed and mapped by a SentencePiece charsmap, Metaspace, [CLS] ... [SEP]
albert/   Unigram, without accents and case, Metaspace
xlmr/     Unigram with pieces for bytes, split at whitespace first, <s> ... </s>
Each has a tokenizer.json and a golden.json: texts (or hex, for bytes that are not UTF-8) and at most 64 ids.
--full compiles the charsmaps from the whole of SentencePiece's nmt_nfkc: as large as published ones, too large for
the tree; for check_tokens.py.
"""
import argparse
import io
import json
import os
import tempfile
import unicodedata

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import Regex

from make_golden import HOSTILE_BYTES, HOSTILE_TEXTS

LENGTH = 64
TEXTS = HOSTILE_TEXTS + [
    "I'll say they've won, we're 'dun' \u2019s 'S", "  two  spaces\n\n\tand tabs \t", "x\u00a0\u0301y", "\u00bd\u2122 \uff21\uff22",
    "\u2581lead \u2581\u2581 <0x41> <unk>x", "a <mask> b<mask>", "<s>x</s> <pad>", "<|endoftext|>", "x [MASK]y[SEP]",
    "``quoted'' text", "\u0600a\u0301\u200d", "e\u0301 \u30ab\u3099 \u0915\u094d\u0937", "\U00013000\U00020000 caf\u00e9",
    "The quick brown fox, 12345 6.78e9 times!",
]


def mail_texts(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]


def token(content, **flags):
    return AddedToken(content, special=True, **{"normalized": False, **flags})


def train_bpe(mails, special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(mails, trainers.BpeTrainer(
        vocab_size=3000, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def roberta(mails):
    special = [token("<s>"), token("<pad>"), token("</s>"), token("<unk>"), token("<mask>", lstrip=True)]
    tokenizer = train_bpe(mails, special)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return json.loads(tokenizer.to_str())


def gpt2(mails):
    tokenizer = train_bpe(mails, [token("<|endoftext|>", normalized=True)])
    tokenizer.post_processor = processors.ByteLevel()
    tokens = json.loads(tokenizer.to_str())
    model = tokens["model"]
    model["merges"] = [" ".join(pair) for pair in model["merges"]]
    model["continuing_subword_prefix"] = model["end_of_word_suffix"] = ""
    del model["type"]
    del tokens["pre_tokenizer"]["use_regex"]
    return tokens


def rules():
    """A part of NFKC, for a charsmap that fits into the tree: Latin, Greek, kana, letter-like and wide characters."""
    blocks = [(0xA0, 0x250), (0x370, 0x400), (0x1E00, 0x1F00), (0x2000, 0x2200), (0x3000, 0x3100), (0xFF00, 0xFFF0)]
    lines = []
    for first, last in blocks:
        for code in range(first, last):
            composed = unicodedata.normalize("NFKC", chr(code))
            if composed != chr(code):
                lines.append((chr(code), composed))
            apart = unicodedata.normalize("NFD", chr(code))
            if len(apart) == 2 and unicodedata.normalize("NFC", apart) == chr(code):
                lines.append((apart, chr(code)))
    lines += [(chr(code), "") for code in list(range(1, 9)) + list(range(14, 32)) + [0x7F, 0xAD, 0x200B]]
    lines += [(space, " ") for space in "\t\n\r\u0085\u1680\u2028\u2029\u2581\ufeff"]
    return dict(lines)


def sentencepiece_model(mails, full):
    """Pieces with scores, and the charsmap."""
    folder = tempfile.mkdtemp()
    hexadecimal = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with open(folder + "/rules.tsv", "w", encoding="utf-8") as file:
        file.writelines(f"{hexadecimal(source)}\t{hexadecimal(target)}\n" for source, target in rules().items())
    normalization = {"normalization_rule_name": "nmt_nfkc"} if full else {"normalization_rule_tsv": folder + "/rules.tsv"}
    lines = (line for mail in mails for line in mail.splitlines())
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=model, vocab_size=3000, model_type="unigram", minloglevel=2,
        character_coverage=0.9995, **normalization)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [[processor.id_to_piece(i), processor.get_score(i)] for i in range(3, processor.get_piece_size())]
    return pieces, charsmap_of(model.getvalue())


def fields(message):
    """The (number, value) pairs of a protocol buffer, values of other wire types than 2 as None."""
    position = 0

    def number():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        tag = number()
        if tag & 7 == 2:
            size = number()
            yield tag >> 3, message[position:position + size]
            position += size
        elif tag & 7 == 0:
            number()
        else:
            position += {1: 8, 5: 4}[tag & 7]


def charsmap_of(model):
    """normalizer_spec (3) . precompiled_charsmap (2) of a SentencePiece model."""
    specification = dict(fields(model))[3]
    return dict(fields(specification))[2]


def unigram(pieces, special, **options):
    tokenizer = Tokenizer(models.Unigram([(piece, score) for piece, score in pieces], **options))
    tokenizer.add_special_tokens(special)
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def template(first, last, tokenizer):
    ids = [(name, tokenizer.token_to_id(name)) for name in (first, last)]
    return processors.TemplateProcessing(single=f"{first} $A {last}", special_tokens=ids)


def deberta(pieces, charsmap):
    pieces = [["[PAD]", 0.0], ["[CLS]", 0.0], ["[SEP]", 0.0], ["[UNK]", 0.0]] + pieces
    tokenizer = unigram(pieces, [token(name) for name in ("[PAD]", "[CLS]", "[SEP]", "[MASK]")], unk_id=3)
    tokenizer.add_tokens([AddedToken("[UNK]", normalized=True, special=True)])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Precompiled(charsmap),
                                                 normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace()])
    tokenizer.post_processor = template("[CLS]", "[SEP]", tokenizer)
    return json.loads(tokenizer.to_str())


def albert(mails, charsmap):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(),
        normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Precompiled(charsmap)])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = [token("<pad>"), AddedToken("<unk>", normalized=False), token("[CLS]"), token("[SEP]"),
               token("[MASK]", lstrip=True)]
    tokenizer.train_from_iterator(mails[::8], trainers.UnigramTrainer(
        vocab_size=2000, unk_token="<unk>", special_tokens=special, show_progress=False))
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = template("[CLS]", "[SEP]", tokenizer)
    return json.loads(tokenizer.to_str())


def xlmr(pieces, charsmap):
    pieces = ([["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]] +
              [[f"<0x{byte:02X}>", 0.0] for byte in range(256)] + pieces[:2000])
    special = [token("<s>"), token("<pad>"), token("</s>"), token("<mask>", lstrip=True)]
    tokenizer = unigram(pieces, special, unk_id=3, byte_fallback=True)
    tokenizer.normalizer = normalizers.Precompiled(charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.post_processor = template("<s>", "</s>", tokenizer)
    return json.loads(tokenizer.to_str())


def write(folder, tokens, mails):
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/tokenizer.json", "w", encoding="utf-8") as file:
        json.dump(tokens, file, ensure_ascii=False, separators=(",", ":"))
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.enable_truncation(max_length=LENGTH)
    texts = TEXTS + [mail[:200] for mail in mails[::1000]]
    golden = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    golden += [{"hex": raw.hex(), "ids": tokenizer.encode(raw.decode("utf-8", "replace")).ids}
               for raw in HOSTILE_BYTES]
    with open(folder + "/golden.json", "w", encoding="utf-8") as file:
        file.write("[" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in golden) + "]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mail", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    mails = mail_texts(arguments.mail)
    pieces, charsmap = sentencepiece_model(mails, arguments.full)
    made = {"roberta": roberta(mails), "gpt2": gpt2(mails), "deberta": deberta(pieces, charsmap),
            "albert": albert(mails, charsmap), "xlmr": xlmr(pieces, charsmap)}
    for name, tokens in made.items():
        write(f"{arguments.out}/{name}", tokens, mails)


if __name__ == "__main__":
    main()
