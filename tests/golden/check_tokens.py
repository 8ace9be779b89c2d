#!/usr/bin/env python3
"""Compares our tokenizers and engine with the reference implementations, text by text.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 numpy
    venv/bin/python check_tokens.py --dump BUILD/bin/dump_tokens --model MODEL_DIR --mail MAILS.jsonl
        [--random N] [--tokenizers ../data/tokenizers] [--only NAME]

Tokens: the `tokenizers` package on MODEL_DIR and on every folder of --tokenizers (those in the tree, and larger ones
of make_tokenizers.py --full): all mails at 128 and 512 ids, N random texts drawn from all planes of Unicode with a
quarter more of raw bytes, every code point, lines of 1 MB whole, and variants of each tokenizer.json (other
normalizers, pre-tokenizers and added tokens) on random texts; exact. Embeddings of MODEL_DIR: reference.py, a sample
of mails; 1e-4.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

from token_variants import variants

def our_lines(arguments, what, folder, texts, length):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    command = [arguments.dump, what, folder, str(length)]
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def decoded(text):
    return text["text"] if "text" in text else bytes.fromhex(text["hex"]).decode("utf-8", "replace")


def reference_ids(folder, texts, length):
    """The ids of the package; a text that it gives none is one end-of-text token with us."""
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=length)
    names = ["<|endoftext|>", "</s>", "<eos>", "[SEP]", "[PAD]", "<pad>"]
    end = next((i for i in map(tokenizer.token_to_id, names) if i is not None), 0)
    return [encoding.ids or [end] for encoding in tokenizer.encode_batch([decoded(text) for text in texts])]


def compare_tokens(arguments, folder, what, texts, length):
    ours = our_lines(arguments, "tokens", folder, texts, length)
    theirs = reference_ids(folder, texts, length)
    different = [i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]]
    print(f"{what}, length {length}: {len(texts) - len(different)} of {len(texts)} identical", flush=True)
    for i in different[:5]:
        at = next((k for k, pair in enumerate(zip(ours[i], theirs[i])) if pair[0] != pair[1]), -1)
        print("  ", ascii(decoded(texts[i]))[:300], "from", at, ours[i][at:][:12], theirs[i][at:][:12])
    return not different and len(ours) == len(texts)


def random_character(source):
    pools = [(0x20, 0x7F), (0, 0x250), (0x300, 0x370), (0x370, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000),
             (0x10000, 0x20000), (0x20000, 0x110000), (0x1F300, 0x1FAFF), (0x1F1E6, 0x1F200), (0x900, 0xE00),
             (0x1100, 0x1200), (0xFE00, 0xFE10), (0xE0100, 0xE01F0)]
    return chr(source.randrange(*source.choice(pools)))


WHITESPACE = ("\t\n\x0b\x0c\r \x1c\x1f\x85\xa0\u1680\u180e\u2000\u2003\u200a\u200b\u2028\u2029\u202f\u205f"
              "\u2060\u3000\ufeff")
PIECES = ["[sep]", " ", " ", "  ", "the", "un", "##ing", "\r\n", "'s", "'ll", "'VE", " '", "\u2581", "\u0120", "<0x41>",
          "\u200d", "\ufe0f", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea",
          "1\ufe0f\u20e3", "e\u0301", "\u00e9", "\ufb01", "\u2122", "\u0130", "``", "''", "\U00011935\U00011930", "Hello",
          "\xa0\u0301", "\u0915\u094d\u0937\u0301", "\u1112\u1161\u11ab", "\u0600", "\x00"]


def random_texts(count, folder, seed=1):
    source = random.Random(seed)
    added = Tokenizer.from_file(folder + "/tokenizer.json").get_added_tokens_decoder().values()
    pieces = PIECES + 2 * [token.content for token in added]
    texts = []
    for _ in range(count):
        characters = []
        for _ in range(source.randrange(1, 40)):
            kind = source.random()
            characters.append(source.choice(pieces) if kind < 0.25 else source.choice(WHITESPACE) if kind < 0.35
                              else random_character(source))
        texts.append({"text": "".join(characters)})
    for _ in range(count // 4):
        texts.append({"hex": bytes(source.choice([source.randrange(256), 0x41, 0x20, 0xE2, 0x82, 0xF0, 0x9F, 0xED, 0xA0])
                                   for _ in range(source.randrange(1, 40))).hex()})
    return texts


def long_texts(mails):
    """Lines of 1 MB: of one character, of random ones, of words with and without spaces."""
    source = random.Random(2)
    size = 1 << 20
    words = "".join(mail["text"] for mail in mails[:400])[:size]
    letters = "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=size))
    texts = ["a" * size, "ab" * (size // 2), " " * size, "\u0301" * (size // 2), "\U0001f600" * (size // 4), letters,
             words, "".join(words.split()), "\n" * size, "a " * (size // 2), "\u2581" * (size // 3),
             "".join(random_character(source) for _ in range(size // 3)), "<s>[SEP]" * (size // 8),
             "".join(source.choices(WHITESPACE, k=size // 2))]
    return [{"text": text} for text in texts]


def every_character():
    """Every scalar value with letters and marks around it, so that order and splitting show."""
    values = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    return [{"text": " ".join(f"a{chr(c)}\u302e\u0334{chr(c)}b" for c in values[i:i + 16])}
            for i in range(0, len(values), 16)]


def compare_embeddings(arguments, texts):
    import numpy
    import reference
    model = reference.Bert(arguments.model)
    tokenizer = Tokenizer.from_file(arguments.model + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=128)
    ours = numpy.array(our_lines(arguments, "embeddings", arguments.model, texts, 128))
    theirs = numpy.array([model.embed(tokenizer.encode(decoded(text)).ids) for text in texts])
    error = float(abs(ours - theirs).max())
    print(f"embeddings: {len(texts)} mails, largest difference {error:.2e}")
    return error <= 1e-4


def compare_variants(arguments, folder, count):
    texts = random_texts(count, folder, seed=3)
    with tempfile.TemporaryDirectory() as changed:
        good = []
        for name, tokens in variants(folder + "/tokenizer.json"):
            with open(changed + "/tokenizer.json", "w", encoding="utf-8") as file:
                json.dump(tokens, file)
            good.append(compare_tokens(arguments, changed, f"{folder} with {name}", texts, 512))
        return all(good)


def compare_all(arguments, folder, mails):
    good = [compare_tokens(arguments, folder, f"{folder}: mails", mails, length) for length in (128, 512)]
    sets = {"random texts": random_texts(arguments.random, folder), "every character": every_character()}
    good += [compare_tokens(arguments, folder, f"{folder}: {what}", texts, 512) for what, texts in sets.items()]
    good.append(compare_tokens(arguments, folder, f"{folder}: lines of 1 MB", long_texts(mails), 1 << 24))
    good.append(compare_variants(arguments, folder, arguments.random // 40))
    return all(good)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dump", required=True)
    parser.add_argument("--model")
    parser.add_argument("--tokenizers")
    parser.add_argument("--only")
    parser.add_argument("--mail", required=True)
    parser.add_argument("--random", type=int, default=20000)
    parser.add_argument("--sample", type=int, default=64)
    arguments = parser.parse_args()
    with open(arguments.mail, encoding="utf-8") as file:
        mails = [{"text": json.loads(line)["text"]} for line in file]
    folders = [arguments.model] if arguments.model else []
    if arguments.tokenizers:
        folders += [f"{arguments.tokenizers}/{name}" for name in sorted(os.listdir(arguments.tokenizers))]
    good = [compare_all(arguments, folder, mails) for folder in folders
            if arguments.only in (None, os.path.basename(folder))]
    if arguments.model and not arguments.only:
        good.append(compare_embeddings(arguments, mails[::max(1, len(mails) // arguments.sample)]))
    sys.exit(0 if good and all(good) else 1)


if __name__ == "__main__":
    main()
