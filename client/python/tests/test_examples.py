"""The examples do what they say."""

import subprocess
import sys

import pytest
from conftest import SOURCE, TINY_BERT
from infer import FOLDER_CASES, assemble

EXAMPLES = SOURCE / "client" / "python" / "examples"
LINES = ["free mail: click here!", "the memo of the meeting", "meeting", "money"]


def run(example: str, *arguments, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", EXAMPLES / example, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def lines(folder):
    (folder / "lines").write_text("\n".join(LINES) + "\n")
    return folder / "lines"


def test_every_example_has_fewer_than_40_lines():
    assert all(len(path.read_text().splitlines()) < 40 for path in EXAMPLES.glob("*.py"))


def test_a_vector_store_finds_the_line_itself_first(lines):
    found = run("vector_store.py", TINY_BERT, "none", lines, "meeting").splitlines()
    assert len(found) == 3
    assert found[0] == "1.000  meeting"


def test_moderation_holds_back_what_the_classifier_says(folder):
    model = assemble(FOLDER_CASES / "scores-names", folder / "model")
    verdicts = run(
        "moderation.py", model, "none", "unsure", "0.77", stdin="\n".join(LINES[:3]) + "\n"
    ).splitlines()
    assert [verdict.split()[0] for verdict in verdicts] == ["hold", "pass", "hold"]


def test_reranking_puts_the_best_line_first(folder, lines):
    model = assemble(FOLDER_CASES / "scores-identity", folder / "model")
    ranked = run("rerank.py", model, "none", lines, "free mail", "4").splitlines()
    scores = [float(line.split()[0]) for line in ranked]
    assert scores == sorted(scores, reverse=True)
    assert {line.split("  ")[1] for line in ranked} == set(LINES)


def test_the_hit_rate_rises_when_texts_come_again(folder):
    texts = [f"text number {number}" for number in range(64)]
    (folder / "texts").write_text("\n".join(texts * 2) + "\n")
    rates = run("hit_rate.py", TINY_BERT, f"file:{folder}/pool", folder / "texts").splitlines()
    assert [rate.split()[0] for rate in rates] == ["0%", "0%", "100%", "100%"]


def test_the_hit_rate_is_drawn_as_a_picture(folder, lines):
    pytest.importorskip("matplotlib")
    run("hit_rate.py", TINY_BERT, "none", lines, folder / "picture.svg")
    assert "<svg" in (folder / "picture.svg").read_text()
