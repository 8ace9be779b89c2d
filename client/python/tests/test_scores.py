"""predict() and rank(): what CrossEncoder and transformers' pipelines mean by them."""

import numpy as np
import pytest
from infer import FOLDER_CASES, assemble

import memod

PAIRS = [
    ("the memo of the meeting", "money"),
    ("free mail", "x"),
    ("", "The meeting is on Money."),
    ("list", "list"),
]


def load(name, folder):
    return memod.TextModel.from_pretrained(assemble(FOLDER_CASES / name, folder / "model"))


@pytest.fixture
def classifier(folder):
    return load("scores-names", folder)


@pytest.fixture
def cross_encoder(folder):
    return load("scores-identity", folder)


def test_texts_have_a_score_for_each_label(classifier):
    scores = classifier.predict(["free mail: click here!", "meeting"])
    assert scores.shape == (2, len(classifier.labels))
    assert scores.sum(axis=1) == pytest.approx([1, 1])
    assert classifier.labels[int(scores[0].argmax())] == "unsure"


def test_one_text_has_a_vector_of_scores(classifier):
    assert np.array_equal(classifier.predict("meeting"), classifier.predict(["meeting"])[0])


def test_raw_scores_are_logits(classifier):
    logits = classifier.predict("meeting", raw_scores=True)
    exponentials = np.exp(logits - logits.max())
    assert classifier.predict("meeting") == pytest.approx(exponentials / exponentials.sum(), rel=1e-6)


def test_pairs_of_a_model_with_one_label_have_one_score_each(cross_encoder):
    scores = cross_encoder.predict(PAIRS, batch_size=3)
    assert scores.shape == (len(PAIRS),)
    assert scores == pytest.approx([2.299604, 2.396688, 1.904905, 2.230556], abs=1e-4)
    assert cross_encoder.predict(PAIRS[1]) == scores[1]
    assert np.array_equal(cross_encoder.predict([list(pair) for pair in PAIRS]), scores)


def test_no_pairs_have_no_scores(cross_encoder):
    assert cross_encoder.predict([]).shape == (0,)


def test_texts_are_no_pairs(folder):
    cross_encoder = load("scores-saved-sigmoid-of-1", folder)
    with pytest.raises(memod.InvalidArgumentError, match="scores pairs"):
        cross_encoder.predict(["the query", "the document"])


def test_inputs_of_two_kinds_are_refused(cross_encoder):
    with pytest.raises(memod.InvalidArgumentError, match="input 1 is str"):
        cross_encoder.predict([("a", "b"), "c"])
    with pytest.raises(memod.InvalidArgumentError, match="input 0 is tuple of 3"):
        cross_encoder.predict([("a", "b", "c")])


def test_rank_puts_the_best_document_first(cross_encoder):
    documents = ["money", "x", "The meeting is on Money.", "list"]
    ranked = cross_encoder.rank("free mail", documents, return_documents=True)
    scores = cross_encoder.predict([("free mail", document) for document in documents])
    assert [one["corpus_id"] for one in ranked] == list(np.argsort(-scores))
    assert [one["score"] for one in ranked] == sorted(scores, reverse=True)
    assert all(one["text"] == documents[one["corpus_id"]] for one in ranked)
    assert cross_encoder.rank("free mail", documents, top_k=2) == [
        {"corpus_id": one["corpus_id"], "score": one["score"]} for one in ranked[:2]
    ]


def test_rank_needs_one_label(classifier):
    with pytest.raises(memod.InvalidArgumentError, match="has 5: "):
        classifier.rank("a", ["b"])


def test_scores_that_came_before_are_found(folder):
    path = assemble(FOLDER_CASES / "scores-identity", folder / "model")
    memo = f"file:{folder}/pool"
    with memod.TextModel.from_pretrained(path, memo, pool_size="16MiB") as first:
        computed = first.predict(PAIRS)
    with memod.TextModel.from_pretrained(path, memo) as second:
        assert np.array_equal(second.predict(PAIRS), computed)
        assert second.figures().found == len(PAIRS)
