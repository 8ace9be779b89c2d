"""Reads messages from stdin, one a line, and says which of them a classifier would hold back.

usage: moderation.py MODEL_FOLDER none|unix:PATH|file:PATH LABEL [THRESHOLD]
LABEL: that of messages to hold back. Messages that came before, to any process, cost no computation.
"""

import sys

import memod


def main(folder: str, memo: str, label: str, threshold: str = "0.5") -> None:
    with memod.TextModel.from_pretrained(folder, memo) as model:
        if label not in model.labels:
            sys.exit(f"{folder} has no label {label}; it has {', '.join(model.labels)}")
        column = model.labels.index(label)
        for line in sys.stdin:
            message = line.rstrip("\n")
            scores = model.predict([message]).reshape(-1)
            verdict = "hold" if scores[column] >= float(threshold) else "pass"
            print(f"{verdict}  {scores[column]:.3f}  {message}", flush=True)
        figures = model.figures()
    print(f"{figures.found} messages had come before, {figures.computed} were computed", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
