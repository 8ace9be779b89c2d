"""Measures what calls cost: lookups, publishes and found results, from Python and from asyncio.

usage: overheads.py MODEL_FOLDER ENDPOINT [ROUNDS]
ENDPOINT: unix:PATH of a memod with an empty pool of 1 GiB or more, or file:PATH.
Prints a line for each call: the median and the 99th percentile of single calls, in microseconds.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import numpy as np

import memod

PAYLOADS = {"1.5 KiB": 1536, "192 KiB": 196_608}


def report(name: str, seconds: list[float]) -> None:
    p50, p99 = np.percentile(np.array(seconds) * 1e6, [50, 99])
    print(f"{name:48} {p50:8.1f} {p99:8.1f}")


def measure(name: str, call: Callable[[int], object], rounds: int) -> None:
    seconds = []
    for number in range(rounds):
        start = time.perf_counter()
        call(number)
        seconds.append(time.perf_counter() - start)
    report(name, seconds)


async def measure_async(name: str, call: Callable[[int], Awaitable[object]], rounds: int) -> None:
    seconds = []
    for number in range(rounds):
        start = time.perf_counter()
        await call(number)
        seconds.append(time.perf_counter() - start)
    report(name, seconds)


def key_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


def measure_store(store: memod.Store, rounds: int) -> None:
    for name, size in PAYLOADS.items():
        space = store.open_space(size.to_bytes(16, "big"), kind="output", payload_bytes=size, length_bucket=1)
        payload = np.ones(size, np.uint8)

        def publish(number: int, space=space, payload=payload) -> None:
            store.publish(space, key_of(number), payload)
            store.flush()

        def read(number: int, space=space) -> int:
            return int(store.lookup(space, key_of(number)).payload.sum(dtype=np.uint8))

        measure(f"publish and flush, {name}", publish, rounds)
        measure(f"lookup, {name}", lambda number, space=space: store.lookup(space, key_of(number)), rounds)
        measure(f"lookup and sum, {name}", read, rounds)
        asyncio.run(
            measure_async(
                f"alookup, {name}", lambda number, space=space: store.alookup(space, key_of(number)), rounds
            )
        )


def measure_model(folder: str, store: memod.Store, rounds: int) -> None:
    text = "What comes again is not computed again."
    plain = memod.TextModel.from_pretrained(folder)
    with memod.TextModel.from_pretrained(folder, store) as model:
        model.encode(text)
        model.flush()
        measure("encode, one text that is computed", lambda _: plain.encode(text), rounds // 10)
        measure("encode, one text that is found", lambda _: model.encode(text), rounds)
        measure("encode, 32 equal texts that are found", lambda _: model.encode([text] * 32), rounds)


def main(folder: str, endpoint: str, rounds: str = "2000") -> None:
    print(f"{'microseconds':48} {'p50':>8} {'p99':>8}")
    with memod.Store(endpoint, lookup_timeout=1.0) as store:
        measure_store(store, int(rounds))
        measure_model(folder, store, int(rounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
