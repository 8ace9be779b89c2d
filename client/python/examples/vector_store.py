"""Finds the lines of a file that are nearest to a question, with a vector store of a few lines of numpy.

usage: vector_store.py MODEL_FOLDER none|unix:PATH|file:PATH FILE QUESTION
"""

import sys
from pathlib import Path

import numpy as np

import memod


class VectorStore:
    def __init__(self, model: memod.TextModel) -> None:
        self.model = model
        self.texts: list[str] = []
        self.vectors = np.empty((0, model.dimension), np.float32)

    def add(self, texts: list[str]) -> None:
        self.texts += texts
        self.vectors = np.concatenate([self.vectors, self.model.encode(texts, normalize_embeddings=True)])

    def nearest(self, question: str, count: int) -> list[tuple[float, str]]:
        similarities = self.vectors @ self.model.encode(question, normalize_embeddings=True)
        best = np.argsort(-similarities)[:count]
        return [(float(similarities[place]), self.texts[place]) for place in best]


def main(folder: str, memo: str, file: str, question: str) -> None:
    with memod.TextModel.from_pretrained(folder, memo) as model:
        store = VectorStore(model)
        store.add(Path(file).read_text(encoding="utf-8").splitlines())
        for similarity, text in store.nearest(question, count=3):
            print(f"{similarity:.3f}  {text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
