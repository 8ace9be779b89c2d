"""Orders the lines of a file by how well they answer a question, with a cross-encoder.

usage: rerank.py MODEL_FOLDER none|unix:PATH|file:PATH FILE QUESTION [COUNT]
"""

import sys
from pathlib import Path

import memod


def main(folder: str, memo: str, file: str, question: str, count: str = "3") -> None:
    documents = Path(file).read_text(encoding="utf-8").splitlines()
    with memod.TextModel.from_pretrained(folder, memo) as model:
        for one in model.rank(question, documents, top_k=int(count), return_documents=True):
            print(f"{one['score']:.3f}  {one['text']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
