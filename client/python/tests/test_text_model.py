"""TextModel.encode(): what sentence-transformers means by its arguments."""

import warnings

import numpy as np
import pytest
from conftest import TEXTS, TINY_BERT
from infer import FOLDER_CASES, assemble

import memod


@pytest.fixture(scope="module")
def model():
    with warnings.catch_warnings(action="ignore"):
        return memod.TextModel.from_pretrained(TINY_BERT)


@pytest.fixture
def prompted(folder):
    """A model with prompts by name and a default prompt."""
    return memod.TextModel.from_pretrained(assemble(FOLDER_CASES / "prompts-default", folder / "model"))


def test_one_text_gives_a_vector_and_a_list_gives_a_matrix(model):
    one, many = model.encode("one text"), model.encode(["one text"])
    assert one.shape == (model.dimension,)
    assert many.shape == (1, model.dimension)
    assert one.dtype == np.float32
    assert np.array_equal(one, many[0])


def test_no_texts_give_no_rows(model):
    assert model.encode([]).shape == (0, model.dimension)


def test_results_come_in_the_order_of_the_texts(model):
    together = model.encode(TEXTS, batch_size=2)
    for text, row in zip(TEXTS, together, strict=True):
        assert np.array_equal(row, model.encode(text))


def test_any_sequence_of_texts_will_do(model):
    expected = model.encode(TEXTS)
    for texts in (tuple(TEXTS), np.array(TEXTS), iter(TEXTS)):
        assert np.array_equal(model.encode(texts), expected)


def test_a_list_of_arrays_comes_instead_of_one_where_asked_for(model):
    rows = model.encode(TEXTS, convert_to_numpy=False)
    assert isinstance(rows, list)
    assert np.array_equal(rows, model.encode(TEXTS))


def test_normalized_embeddings_have_length_1(prompted):
    plain, scaled = prompted.encode(TEXTS), prompted.encode(TEXTS, normalize_embeddings=True)
    assert np.linalg.norm(scaled, axis=1) == pytest.approx(np.ones(len(TEXTS)))
    assert scaled == pytest.approx(plain / np.linalg.norm(plain, axis=1, keepdims=True), rel=1e-6)


def test_prompts_stand_before_texts(prompted):
    default = prompted.prompts[prompted.default_prompt_name]
    assert default
    by_default = prompted.encode("text")
    assert np.array_equal(prompted.encode("text", prompt=default), by_default)
    assert np.array_equal(prompted.encode(default + "text", prompt=""), by_default)
    assert not np.array_equal(prompted.encode("text", prompt="query: "), by_default)
    assert np.array_equal(prompted.encode("text"), by_default), "a call's prompt is for that call"


def test_a_prompt_goes_before_a_prompt_name(prompted):
    assert np.array_equal(
        prompted.encode("text", prompt="", prompt_name=prompted.default_prompt_name),
        prompted.encode("text", prompt=""),
    )


def test_an_unknown_prompt_name_is_refused(prompted):
    with pytest.raises(memod.InvalidArgumentError, match="nobody"):
        prompted.encode("text", prompt_name="nobody")


def test_a_prompt_that_pooling_leaves_out_is_given_when_loading(folder):
    path = assemble(FOLDER_CASES / "pooling-mean-without-prompt", folder / "model")
    model = memod.TextModel.from_pretrained(path)
    expected = model.encode("text")
    with pytest.raises(memod.UnsupportedError, match="load it with this prompt"):
        model.encode("text", prompt="another prompt of other words: ")
    assert np.array_equal(model.encode("text"), expected)
    other = memod.TextModel.from_pretrained(path, prompt="another prompt of other words: ")
    assert not np.array_equal(other.encode("text"), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.encode([1]), "input 0 is int"),
        (lambda model: model.encode(["a", None]), "input 1 is a NoneType"),
        (lambda model: model.encode([("a", "b")]), "predict"),
        (lambda model: model.encode(["a"], batch_size=0), "batch_size is 0"),
        (lambda model: model.rank("a", ["b"]), "no head that makes scores"),
    ],
)
def test_input_that_means_nothing_is_refused_by_its_place(model, call, message):
    with pytest.raises(memod.Error, match=message):
        call(model)


def test_a_lone_surrogate_is_no_text(model):
    with pytest.raises(UnicodeEncodeError):
        model.encode("\ud800")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "f16"}, "'f16'; known are f32, bf16, s16 or s8"),
        ({"threads": 0}, "threads is 0"),
        ({"length": 1}, "1, this model takes 2"),
        ({"length": 100_000}, "100000"),
        ({"memo": "nowhere"}, "nowhere"),
        ({"prompt_name": "nobody"}, "nobody"),
    ],
)
def test_an_option_of_no_such_value_is_refused(options, message):
    with pytest.raises(memod.InvalidArgumentError, match=message):
        memod.TextModel.from_pretrained(TINY_BERT, **options)


def test_a_policy_of_another_length_is_refused(folder):
    policy = folder / "policy.toml"
    policy.write_text('format = "memo-policy"\nversion = 1\nlength = 32\n[default]\nmode = "compute"\n')
    options = {"memo": f"file:{folder}/pool", "pool_size": "16MiB", "policy": policy}
    with pytest.raises(memod.InvalidArgumentError, match="length is 32, the model's is to be 16"):
        memod.TextModel.from_pretrained(TINY_BERT, length=16, **options)
    with (
        warnings.catch_warnings(action="ignore"),
        memod.TextModel.from_pretrained(TINY_BERT, **options) as model,
    ):
        assert model.max_seq_length == 32


def test_a_folder_that_is_not_there_is_named(folder):
    with pytest.raises(memod.NotFoundError, match=f"{folder}/none"):
        memod.TextModel.from_pretrained(folder / "none")


def test_a_model_without_modules_warns_what_is_assumed():
    with pytest.warns(RuntimeWarning, match=r"has no modules\.json"):
        memod.TextModel.from_pretrained(TINY_BERT)


def test_texts_that_came_before_are_found(folder):
    memo = f"file:{folder}/pool"
    texts = sorted(set(TEXTS))
    with warnings.catch_warnings(action="ignore"):
        with memod.TextModel.from_pretrained(TINY_BERT, memo, pool_size="16MiB") as first:
            computed = first.encode(texts)
            assert (first.figures().computed, first.figures().found) == (len(texts), 0)
        with memod.TextModel.from_pretrained(TINY_BERT, memo) as second:
            assert np.array_equal(second.encode(texts), computed)
            assert (second.figures().computed, second.figures().found) == (0, len(texts))


def test_models_share_an_open_store(folder):
    with (
        warnings.catch_warnings(action="ignore"),
        memod.Store(f"file:{folder}/pool", pool_size="16MiB") as store,
    ):
        first = memod.TextModel.from_pretrained(TINY_BERT, store)
        second = memod.TextModel.from_pretrained(TINY_BERT, store)
        computed = first.encode("one text")
        assert np.array_equal(second.encode("one text"), computed)
        assert second.figures().found == 1
        first.close()
        assert store.available, "a store that was passed in is its owner's to close"


def test_a_closed_model_refuses_every_call():
    with warnings.catch_warnings(action="ignore"):
        model = memod.TextModel.from_pretrained(TINY_BERT)
    model.close()
    model.close()
    for call in (
        lambda: model.encode("one text"),
        lambda: model.tokenize(["one text"]),
        lambda: model.threads,
    ):
        with pytest.raises(memod.UnavailableError, match="the model is closed"):
            call()


def test_token_ids_are_those_of_the_text_without_prompt(prompted):
    ids = prompted.tokenize(["one text", "one"])
    assert ids[0][: len(ids[1]) - 1] == ids[1][:-1]
    assert prompted.tokenize([prompted.prompts[prompted.default_prompt_name] + "one"])[0] != ids[1]


def test_a_model_tells_what_it_is(prompted):
    assert prompted.folder.endswith("model")
    assert prompted.labels == []
    assert (prompted.dtype, prompted.similarity_fn_name) == ("f32", "cosine")
    assert prompted.threads >= 1
    assert prompted.max_seq_length > 1
    assert "TextModel" in repr(prompted)


def test_progress_is_shown_when_asked_for(model, capsys):
    pytest.importorskip("tqdm")
    model.encode(TEXTS, batch_size=1)
    assert capsys.readouterr().err == ""
    model.encode(TEXTS, batch_size=1, show_progress_bar=True)
    assert f"{len(TEXTS)}/{len(TEXTS)}" in capsys.readouterr().err
