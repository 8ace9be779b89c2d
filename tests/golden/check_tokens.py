#!/usr/bin/env python3
"""Compares our tokenizer and engine with the reference implementations, text by text.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 numpy
    venv/bin/python check_tokens.py --dump BUILD/bin/dump_tokens --model MODEL_DIR --mail MAILS.jsonl [--random N]

Tokens: the `tokenizers` package on the model's own tokenizer.json, every mail and N random texts drawn from all
planes of Unicode, at 128 and 512 ids; exact. Embeddings: reference.py, a sample of mails; 1e-4.
"""
import argparse
import json
import random
import subprocess
import sys

from tokenizers import Tokenizer


def our_lines(arguments, what, texts, length):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    command = [arguments.dump, what, arguments.model, str(length)]
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def decoded(text):
    return text["text"] if "text" in text else bytes.fromhex(text["hex"]).decode("utf-8", "replace")


def compare_tokens(arguments, what, texts, length):
    tokenizer = Tokenizer.from_file(arguments.model + "/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=length)
    ours = our_lines(arguments, "tokens", texts, length)
    theirs = [encoding.ids for encoding in tokenizer.encode_batch([decoded(text) for text in texts])]
    different = [i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]]
    print(f"{what}, length {length}: {len(texts) - len(different)} of {len(texts)} identical")
    for i in different[:5]:
        print("  ", ascii(decoded(texts[i]))[:200], ours[i][:40], theirs[i][:40])
    return not different and len(ours) == len(texts)


def random_character(source):
    pools = [(0x20, 0x7F), (0, 0x250), (0x300, 0x370), (0x370, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000),
             (0x10000, 0x20000), (0x20000, 0x110000)]
    return chr(source.randrange(*source.choice(pools)))


def random_texts(count):
    source = random.Random(1)
    pieces = ["[SEP]", "[CLS]", "[MASK]", "[UNK]", "[PAD]", "[sep]", " ", " ", "the", "un", "##ing", "\r\n"]
    texts = []
    for _ in range(count):
        characters = [source.choice(pieces) if source.random() < 0.2 else random_character(source)
                      for _ in range(source.randrange(1, 40))]
        texts.append({"text": "".join(characters)})
    for _ in range(count // 4):
        texts.append({"hex": bytes(source.choice([source.randrange(256), 0x41, 0x20, 0xE2, 0x82, 0xF0, 0x9F])
                                   for _ in range(source.randrange(1, 40))).hex()})
    return texts


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
    ours = numpy.array(our_lines(arguments, "embeddings", texts, 128))
    theirs = numpy.array([model.embed(tokenizer.encode(decoded(text)).ids) for text in texts])
    error = float(abs(ours - theirs).max())
    print(f"embeddings: {len(texts)} mails, largest difference {error:.2e}")
    return error <= 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dump", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mail", required=True)
    parser.add_argument("--random", type=int, default=20000)
    parser.add_argument("--sample", type=int, default=64)
    arguments = parser.parse_args()
    with open(arguments.mail, encoding="utf-8") as file:
        mails = [{"text": json.loads(line)["text"]} for line in file]
    good = [compare_tokens(arguments, "mails", mails, length) for length in (128, 512)]
    good.append(compare_tokens(arguments, "random texts", random_texts(arguments.random), 512))
    good.append(compare_tokens(arguments, "every character", every_character(), 512))
    good.append(compare_embeddings(arguments, mails[::max(1, len(mails) // arguments.sample)]))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
