#!/usr/bin/env python3
"""Makes tests/data/tokenizers/declared: what transformers.AutoTokenizer makes of folders whose files have to be
brought together.

    python3 -m venv venv && venv/bin/pip install transformers==4.44.2 tokenizers==0.19.1
    HF_HUB_OFFLINE=1 venv/bin/python make_declared_tokenizers.py --data ../data

A case is a tokenizer.json of the tree (or one of its own) with some values set, and the files beside it; the results
are ids of texts and of pairs, token types, and what the tokenizer says of itself. The cases are in declared_cases.py,
declared_tokens.py and declared_parts.py, one file of results for each group.
"""
import argparse
import copy
import json
import os
import tempfile
import warnings

from transformers import AutoTokenizer, logging

import declared_cases
import declared_parts
import declared_tokens

NO_MAX_LENGTH = 1e9


def set_value(tokens, pointer, value):
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in way:
        tokens = tokens[int(part)] if isinstance(tokens, list) else tokens[part]
    if isinstance(tokens, list):
        last = len(tokens) if last == "-" else int(last)
        tokens[last:last + 1] = [value]
    else:
        tokens[last] = value


def tokenizer_json(case, data):
    if "tokenizer" in case:
        tokens = copy.deepcopy(case["tokenizer"])
    else:
        with open(f"{data}/{case['base']}/tokenizer.json", encoding="utf-8") as file:
            tokens = json.load(file)
    for pointer, value in case.get("set", {}).items():
        set_value(tokens, pointer, value)
    model = tokens["model"]
    if "merges" in model:  # the layout that 0.19 reads
        model["merges"] = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    if case.get("random"):  # dropout: at inference there is none
        model["dropout"] = None
    return tokens


def write_folder(case, data, folder):
    if "base" in case or "tokenizer" in case:
        with open(folder + "/tokenizer.json", "w", encoding="utf-8") as file:
            json.dump(tokenizer_json(case, data), file)
    for name, content in case.get("files", {}).items():
        with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))


def encode(tokenizer, text, length):
    return tokenizer([text], truncation="longest_first", max_length=length)["input_ids"][0]


def encode_pair(tokenizer, first, second, length):
    made = tokenizer([first], [second], truncation="longest_first", max_length=length)
    ids = made["input_ids"][0]
    return ids, made["token_type_ids"][0] if "token_type_ids" in made else [0] * len(ids)


def results(case, tokenizer):
    made = {"special_ids": sorted(set(tokenizer.all_special_ids)),
            "size": max(tokenizer.get_vocab().values()) + 1, "pad": tokenizer.pad_token_id,
            "max_length": tokenizer.model_max_length if tokenizer.model_max_length <= NO_MAX_LENGTH else None}
    made["texts"] = [[text, length, encode(tokenizer, text, length)] for text in case["texts"]
                     for length in case.get("lengths", [64])]
    made["pairs"] = [[first, second, length, *encode_pair(tokenizer, first, second, length)]
                     for first, second in case.get("pairs", []) for length in case.get("pair_lengths", [64])]
    return made


def run(case, data):
    with tempfile.TemporaryDirectory() as folder:
        write_folder(case, data, folder)
        made = results(case, AutoTokenizer.from_pretrained(folder))
    case = {key: value for key, value in case.items() if key in ("name", "base", "tokenizer", "set", "files")}
    return {**case, **made}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    out = arguments.data + "/tokenizers/declared"
    os.makedirs(out, exist_ok=True)
    for group, cases in {**declared_cases.groups(), **declared_tokens.groups(), **declared_parts.groups()}.items():
        made = []
        for case in cases:
            try:
                made.append(run(case, arguments.data))
            except Exception as error:
                raise RuntimeError(f"{group}/{case['name']}: {error}") from error
        with open(f"{out}/{group}.json", "w", encoding="utf-8") as file:
            lines = (json.dumps(case, separators=(",", ":")) for case in made)
            file.write("[" + ",\n".join(lines) + "]\n")
        print(f"{group}: {len(made)} cases")


if __name__ == "__main__":
    main()
