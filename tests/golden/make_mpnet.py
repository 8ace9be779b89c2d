#!/usr/bin/env python3
"""Makes tests/data/mpnet-embeddings.json: ids of real mails and what transformers make of them with all-mpnet-base-v2.

    python3 -m venv venv && venv/bin/pip install torch transformers==4.44.2 numpy
    venv/bin/python make_mpnet.py --model MPNET_DIR --mail MAILS.jsonl --out ../data/mpnet-embeddings.json

MPNET_DIR and MAILS.jsonl are what tools/fetch --model mpnet prints. Mails are cut to the model's 384 tokens, states computed
in double precision; an embedding is their mean, scaled to length 1.
"""
import argparse
import json

import torch
import transformers

LENGTH, STEP = 384, 1500


def embed(model, ids: list) -> list:
    batch = torch.tensor([ids])
    with torch.no_grad():
        states = model(input_ids=batch, attention_mask=torch.ones_like(batch)).last_hidden_state[0]
    mean = states.mean(0)
    return [float(f"{value:.7g}") for value in (mean / mean.norm()).tolist()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "mail", "out"):
        parser.add_argument("--" + name, required=True)
    arguments = parser.parse_args()
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.model)
    model = transformers.AutoModel.from_pretrained(arguments.model).double().eval()
    with open(arguments.mail, encoding="utf-8") as file:
        mails = [json.loads(line)["text"] for line in file][::STEP]
    ids = [tokenizer(mail, truncation=True, max_length=LENGTH)["input_ids"] for mail in mails]
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump([{"ids": one, "embedding": embed(model, one)} for one in ids], file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()
