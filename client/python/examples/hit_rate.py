"""Embeds the lines of a file in batches, and draws which share of each batch was found.

usage: hit_rate.py MODEL_FOLDER none|unix:PATH|file:PATH FILE [PICTURE]
PICTURE: drawn with matplotlib. Without it the terminal shows a line for each batch.
"""

import sys
from pathlib import Path

import memod

BATCH = 32


def hit_rates(model: memod.TextModel, texts: list[str]) -> list[float]:
    rates, before = [], 0
    for first in range(0, len(texts), BATCH):
        model.encode(batch := texts[first : first + BATCH], batch_size=BATCH)
        known = model.figures().found + model.figures().repeated
        rates.append((known - before) / len(batch))
        before = known
    return rates


def main(folder: str, memo: str, file: str, picture: str | None = None) -> None:
    texts = Path(file).read_text(encoding="utf-8").splitlines()
    with memod.TextModel.from_pretrained(folder, memo) as model:
        rates = hit_rates(model, texts)
    if picture is None:
        return print("\n".join(f"{rate:4.0%} {'#' * round(50 * rate)}" for rate in rates))
    from matplotlib import pyplot

    pyplot.plot([100 * rate for rate in rates])
    pyplot.gca().set(xlabel=f"batches of {BATCH}", ylabel="found, %", ylim=(0, 100))
    pyplot.savefig(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
