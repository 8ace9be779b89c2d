"""Measures what maps from a store give a model of transformers: one batch after the other, the ways in turns.

usage: transformers_maps.py MODEL_FOLDER ENDPOINT FILE [ROUNDS] [LENGTH]
FILE: JSON Lines with a field "text". Each batch has 8 texts, cut to LENGTH tokens. One thread computes.
Prints the median of each way in milliseconds a batch: CPU time and wall time.
"""

import json
import sys
import time
from itertools import islice

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

import memod
from memod.transformers import reuse_maps

BATCH = 8


def batches_of(folder: str, file: str, count: int, length: int) -> list[dict[str, torch.Tensor]]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(file, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, BATCH * count)]
    return [
        tokenizer(
            texts[first : first + BATCH],
            padding=True,
            truncation=True,
            max_length=length,
            return_tensors="pt",
        )
        for first in range(0, len(texts), BATCH)
    ]


def load(folder: str, attention: str = "sdpa"):
    return AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention).eval()


def timed(model, batch) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    with torch.inference_mode():
        model(**batch)
    return 1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)


def main(folder: str, endpoint: str, file: str, rounds: str = "30", length: str = "128") -> None:
    torch.set_num_threads(1)
    batches = batches_of(folder, file, int(rounds), int(length))
    with memod.Store(endpoint, lookup_timeout=1.0, draft_bytes=512 << 20) as store:
        mapped = load(folder)
        memos = reuse_maps(mapped, store, int(length))
        ways = {
            "sdpa": load(folder),
            "eager": load(folder, "eager"),
            "maps computed": mapped,
            "maps read": mapped,
        }
        times = {way: [] for way in ways}
        for model in (ways["sdpa"], ways["eager"]):
            timed(model, batches[0])
        for batch in batches:
            for way, model in ways.items():
                times[way].append(timed(model, batch))
                store.flush()
        print(memos.counts(), store.publish_counts())
    for way, measured in times.items():
        cpu, wall = np.median(np.array(measured), axis=0)
        print(f"{way:14} {cpu:8.1f} {wall:8.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
