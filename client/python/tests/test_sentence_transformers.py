"""A SentenceTransformer on memod: the results of TextModel, and near those of PyTorch."""

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import TEXTS
from infer import FOLDER_CASES, assemble

import memod

os.environ["HF_HUB_OFFLINE"] = "1"  # the models are in folders
pytest.importorskip(
    "sentence_transformers",
    reason="needs PyTorch and sentence-transformers: tools/python-environment --torch",
    exc_type=ImportError,
)
from sentence_transformers import SentenceTransformer  # noqa: E402

from memod.sentence_transformers import wrap  # noqa: E402


@pytest.fixture(params=["prompts-default", "st-mpnet", "minilm"])
def original(request, folder):
    if request.param == "minilm":
        return request.getfixturevalue("minilm")
    return assemble(FOLDER_CASES / request.param, folder / "model")


def wrapped(original, folder, **options) -> SentenceTransformer:
    wrap(original, folder / "wrapped", **options)
    return SentenceTransformer(str(folder / "wrapped"), trust_remote_code=True, device="cpu")


def test_embeddings_have_the_bits_of_text_model_and_are_near_those_of_pytorch(original, folder):
    ours = wrapped(original, folder).encode(TEXTS, batch_size=2)
    assert ours.tobytes() == memod.TextModel.from_pretrained(original).encode(TEXTS).tobytes()
    theirs = SentenceTransformer(str(original), device="cpu", model_kwargs={"dtype": "float32"}).encode(TEXTS)
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4)


def test_prompts_are_those_of_the_model(folder):
    original = assemble(FOLDER_CASES / "prompts-default", folder / "model")
    ours, model = wrapped(original, folder), memod.TextModel.from_pretrained(original)
    assert ours.default_prompt_name == model.default_prompt_name
    for prompt in ("", "query: "):
        assert np.array_equal(ours.encode(TEXTS, prompt=prompt), model.encode(TEXTS, prompt=prompt))
    for name in model.prompts:
        assert np.array_equal(ours.encode(TEXTS, prompt_name=name), model.encode(TEXTS, prompt_name=name))


def test_other_arguments_of_encode_mean_what_they_do(original, folder):
    model = wrapped(original, folder)
    assert np.linalg.norm(model.encode(TEXTS, normalize_embeddings=True), axis=1) == pytest.approx(
        np.ones(len(TEXTS))
    )
    assert model.encode("one text").shape == (model.get_embedding_dimension(),)
    assert model.encode(TEXTS, convert_to_tensor=True).shape == (len(TEXTS), model.get_embedding_dimension())
    assert model.similarity(model.encode("one text"), model.encode("one text")).item() == pytest.approx(1)


def test_embeddings_of_tokens_are_refused(original, folder):
    with pytest.raises(KeyError, match="token_embeddings"):
        wrapped(original, folder).encode(TEXTS, output_value="token_embeddings")


def test_a_saved_copy_gives_the_same(original, folder):
    model = wrapped(original, folder)
    model.save(str(folder / "saved"))
    again = SentenceTransformer(str(folder / "saved"), trust_remote_code=True, device="cpu")
    assert np.array_equal(again.encode(TEXTS), model.encode(TEXTS))


def test_texts_that_came_before_are_found(original, folder):
    texts = sorted(set(TEXTS))
    first = wrapped(original, folder, memo=f"file:{folder}/pool", pool_size="64MiB")
    computed = first.encode(texts)
    assert np.array_equal(first.encode(texts), computed)
    assert first[0].model.figures().found == len(texts)


def test_a_folder_that_memod_refuses_is_not_wrapped(folder):
    with pytest.raises(memod.NotFoundError):
        wrap(folder / "none", folder / "wrapped")
    assert not (folder / "wrapped").exists()


@pytest.mark.parametrize("first", ["torch", "memod"])
def test_pytorch_and_memod_compute_in_one_process_in_either_order(minilm, first):
    """Each with its own oneDNN and OpenMP, and neither slower or another for it."""
    program = f"""
import sys
import {first}
import memod, torch
torch.set_num_threads(2)
matrix = torch.arange(250_000, dtype=torch.float32).reshape(500, 500) / 250_000
model = memod.TextModel.from_pretrained({str(minilm)!r})
before = torch.nn.functional.linear(matrix, matrix)
once = model.encode(["one text", "another"])
for _ in range(5):
    assert torch.equal(torch.nn.functional.linear(matrix, matrix), before)
    assert (model.encode(["one text", "another"]) == once).all()
assert torch.get_num_threads() == 2
sys.stdout.buffer.write(once.tobytes())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    alone = memod.TextModel.from_pretrained(minilm).encode(["one text", "another"])
    assert done.stdout == alone.tobytes()
