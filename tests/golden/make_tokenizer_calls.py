#!/usr/bin/env python3
"""Makes tests/data/tokenizers/calls: what the `tokenizers` package answers to calls that say more than a text.

    python3 -m venv venv && venv/bin/pip install transformers==4.44.2 tokenizers==0.19.1
    HF_HUB_OFFLINE=1 venv/bin/python make_tokenizer_calls.py --data ../data

A case is a folder as in make_declared_tokenizers.py.
truncation.json  ids of texts, and ids and types of pairs, by length, side and whether there are special tokens
"""
import argparse
import json
import os
import tempfile
import warnings

from transformers import AutoTokenizer, logging

import declared_cases
from declared_cases import ALBERT, BERT, DEBERTA, GPT2, ROBERTA, XLMR, case, of_class
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


GROUPS = {"truncation": (truncation, [*FAMILIES, MPNET, case("bert cut left", BERT, {**PLAIN, "truncation_side": "left"})])}


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
