"""What Python gets are the bits of memo-infer, found or computed."""

import json
import warnings

import numpy as np
import pytest
from conftest import TEXTS, TINY_BERT, known
from infer import FOLDER_CASES, InferFailed, assemble, embeddings_of, infer, texts_as_lines

import memod

# Options of memo-infer that from_pretrained() has as well.
KNOWN = {"--prompt": "prompt", "--prompt-name": "prompt_name", "--length": "length", "--dtype": "dtype"}


def same_bits(left, right) -> bool:
    left, right = np.asarray(left, np.float32), np.asarray(right, np.float32)
    return left.shape == right.shape and left.tobytes() == right.tobytes()


@pytest.mark.parametrize("dtype", ["f32", "bf16", "s16", "s8"])
def test_embeddings_are_those_of_memo_infer_in_any_batch(folder, dtype):
    expected = embeddings_of(
        infer(TINY_BERT, texts_as_lines(TEXTS), folder, "--dtype", dtype, "--batch", "3")
    )
    with warnings.catch_warnings(action="ignore"):
        model = memod.TextModel.from_pretrained(TINY_BERT, dtype=dtype)
    for batch_size in (1, 2, 100):
        assert same_bits(model.encode(TEXTS, batch_size), expected)


def test_real_embeddings_are_those_of_memo_infer(minilm, folder):
    texts = [f"{text} {number}" for number, text in enumerate(TEXTS * 5)]
    expected = embeddings_of(infer(minilm, texts_as_lines(texts), folder, "--threads", "2"))
    assert same_bits(memod.TextModel.from_pretrained(minilm).encode(texts), expected)


def test_results_that_memo_infer_published_are_found(daemon, folder):
    texts = sorted(set(TEXTS))
    options = ("--memo", daemon.endpoint)
    for _ in range(2):  # the first pass may meet a store that is not warm
        expected = embeddings_of(infer(TINY_BERT, texts_as_lines(texts), folder, *options))
    with memod.Store(daemon.endpoint) as store, memod.TextModel.from_pretrained(TINY_BERT, store) as model:
        assert same_bits(model.encode(texts), expected)
        assert known(model, store) == len(texts)


def test_results_that_python_published_are_found_by_memo_infer(daemon, folder):
    texts = sorted(set(TEXTS))
    with memod.TextModel.from_pretrained(TINY_BERT, daemon.endpoint) as model:
        expected = model.encode(texts)
    summary = folder / "summary.json"
    lines = infer(
        TINY_BERT, texts_as_lines(texts), folder, "--memo", daemon.endpoint, "--summary", str(summary)
    )
    assert same_bits(embeddings_of(lines), expected)
    figures = json.loads(summary.read_text())
    assert figures["outputs"]["hits"] + figures["publishes"]["duplicates"] == len(texts)


def cases() -> list[str]:
    return sorted(path.parent.name for path in FOLDER_CASES.glob("*/case.json"))


class Case:
    """A folder of tests/data/folders, and the input that goes with it."""

    def __init__(self, name: str) -> None:
        fields = json.loads((FOLDER_CASES / name / "case.json").read_text(encoding="utf-8"))
        self.inputs = fields["input"]
        self.arguments = fields.get("arguments", [])
        self.given = dict(zip(self.arguments[::2], self.arguments[1::2], strict=True))
        self.pair_field = self.given.get("--pair-field")

    def concerns_python(self) -> bool:
        """Not what reads lines of JSON, nor what only memo-infer has."""
        fields = [name for name in ("text", self.pair_field) if name]
        known = set(self.given) <= {*KNOWN, "--pair-field", "--top-k"}
        return known and all(
            isinstance(line, dict) and isinstance(line.get(field), str)
            for line in self.inputs
            for field in fields
        )

    def options(self) -> dict[str, object]:
        options = {KNOWN[name]: value for name, value in self.given.items() if name in KNOWN}
        return {name: int(value) if name == "length" else value for name, value in options.items()}

    def run(self, model_folder) -> list[dict]:
        """Lines as memo-infer writes them, with the scores of all labels."""
        with warnings.catch_warnings(action="ignore"):
            model = memod.TextModel.from_pretrained(model_folder, **self.options())
        if not model.labels and self.pair_field is None:
            return [{"embedding": row} for row in model.encode([line["text"] for line in self.inputs])]
        inputs = [
            line["text"] if self.pair_field is None else (line["text"], line[self.pair_field])
            for line in self.inputs
        ]
        rows = model.predict(inputs).reshape(len(inputs), -1)
        return [{"scores": list(zip(model.labels, row, strict=True))} for row in rows]


def require_same(ours: dict, line: dict) -> None:
    if "embedding" in ours:
        assert same_bits(ours["embedding"], line["embedding"])
        return
    scores = [(label, f"{score:.9g}") for label, score in ours["scores"]]
    for one in line.get("labels", [line]):
        assert (one["label"], f"{one['score']:.9g}") in scores


@pytest.mark.parametrize("name", cases())
def test_every_folder_gives_what_memo_infer_gives_or_is_refused_as_there(name, folder):
    case = Case(name)
    if not case.concerns_python():
        pytest.skip(f"only memo-infer has {case.arguments}, or reads this input")
    model_folder = assemble(FOLDER_CASES / name, folder / "model")
    try:
        lines = infer(model_folder, case.inputs, folder, *case.arguments)
    except InferFailed as failed:
        with pytest.raises(memod.Error) as raised:
            case.run(model_folder)
        assert str(raised.value) in str(failed) or case.given
        return
    for ours, line in zip(case.run(model_folder), lines, strict=True):
        require_same(ours, line)
