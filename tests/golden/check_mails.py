#!/usr/bin/env python3
"""Compares memo-infer with sentence-transformers on real mails, each at the model's own length.

    venv as make_folders.py needs it
    venv/bin/python check_mails.py --model DIR --mails MAILS.jsonl --memo-infer BUILD/bin/memo-infer [--count 500]
    venv/bin/python check_mails.py --model DIR --mails MAILS.jsonl --golden ../data/minilm-mails.json [--count 500]

Takes --count mails at equal steps and prints the largest difference of a number; exit code 1: above 1e-4.
--golden writes of each mail 8 products of its embedding with vectors of -1 and 1, divided by the square root of the
dimension, for mail_results_test: {"step", "length", "products": [[8 numbers], ...]}. Product p takes the signs from
p * dimension on of one series: x(0) = 1, x(n + 1) = x(n) * 6364136223846793005 + 1442695040888963407 modulo 2^64, where
sign n is -1 if the highest bit of x(n + 1) is set.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy
from sentence_transformers import SentenceTransformer

PRODUCTS = 8
TOLERANCE = 1e-4


def mails_of(arguments):
    with open(arguments.mails, encoding="utf-8") as file:
        lines = file.readlines()
    step = max(1, len(lines) // arguments.count)
    return step, lines[::step][:arguments.count]


def sign_vectors(dimension):
    state, signs = 1, []
    for _ in range(PRODUCTS * dimension):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        signs.append(-1.0 if state >> 63 else 1.0)
    return numpy.array(signs).reshape(PRODUCTS, dimension) / math.sqrt(dimension)


def reference_embeddings(model, lines, batch):
    texts = [json.loads(line)["text"] for line in lines]
    return model.encode(texts, batch_size=batch, show_progress_bar=False).astype(numpy.float64)


def our_embeddings(arguments, lines):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/input", "w", encoding="utf-8") as file:
            file.writelines(lines)
        command = [arguments.memo_infer, "--model", arguments.model, "--input", folder + "/input", "--output",
                   folder + "/output", "--memo", "none"]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
        with open(folder + "/output", encoding="utf-8") as file:
            return numpy.array([json.loads(line)["embedding"] for line in file])


def write_golden(path, step, length, embeddings):
    products = embeddings @ sign_vectors(embeddings.shape[1]).T
    rows = ",\n".join("[" + ",".join(f"{value:.5f}" for value in row) + "]" for row in products)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{"step": {step}, "length": {length}, "dimension": {embeddings.shape[1]},\n"products": [\n{rows}]}}\n')


def compare(ours, theirs):
    if ours.shape != theirs.shape:
        print(f"embeddings of the shape {ours.shape}, the reference's {theirs.shape}")
        return False
    differences = abs(ours - theirs).max(axis=1)
    worst = int(differences.argmax())
    print(f"{len(ours)} mails of {ours.shape[1]} numbers: largest difference {differences[worst]:.2e} (mail {worst}), "
          f"{int((differences > TOLERANCE).sum())} above {TOLERANCE:g}")
    return bool(differences[worst] <= TOLERANCE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mails", required=True)
    parser.add_argument("--memo-infer")
    parser.add_argument("--golden")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--batch", type=int, default=8)
    arguments = parser.parse_args()
    if not arguments.memo_infer and not arguments.golden:
        parser.error("--memo-infer or --golden is needed")
    step, lines = mails_of(arguments)
    model = SentenceTransformer(arguments.model, device="cpu", local_files_only=True)
    theirs = reference_embeddings(model, lines, arguments.batch)
    if arguments.golden:
        write_golden(arguments.golden, step, model.max_seq_length, theirs)
    return None if not arguments.memo_infer or compare(our_embeddings(arguments, lines), theirs) else 1


if __name__ == "__main__":
    sys.exit(main())
