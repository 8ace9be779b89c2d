"""Maps in models of transformers: what is read gives the results of what is computed."""

import pytest
from conftest import TEXTS, TINY_BERT

import memod

torch = pytest.importorskip(
    "torch", reason="needs PyTorch and transformers: tools/python-environment --torch", exc_type=ImportError
)
transformers = pytest.importorskip("transformers", exc_type=ImportError)

from memod.transformers import reuse_maps  # noqa: E402


def load():
    """Without a pooler, whose weights the folder does not have."""
    return transformers.AutoModel.from_pretrained(
        TINY_BERT, dtype=torch.float32, add_pooling_layer=False
    ).eval()


@pytest.fixture
def inputs():
    texts = [text for text in TEXTS if text]
    tokenizer = transformers.AutoTokenizer.from_pretrained(TINY_BERT)
    return tokenizer(sorted(set(texts)), padding=True, truncation=True, max_length=64, return_tensors="pt")


def states(model, inputs):
    """Those of tokens that are no padding."""
    with torch.inference_mode():
        return model(**inputs).last_hidden_state[inputs["attention_mask"].bool()]


def maps_of(model, inputs) -> int:
    return model.config.num_hidden_layers * len(inputs["input_ids"])


def test_maps_that_are_read_give_the_states_of_computed_ones(store, inputs):
    expected = states(load(), inputs)
    model = load()
    memos = reuse_maps(model, store, max_length=64)
    assert torch.allclose(states(model, inputs), expected, atol=1e-5)
    assert memos.counts() == (0, maps_of(model, inputs), maps_of(model, inputs))
    store.flush()
    assert torch.allclose(states(model, inputs), expected, atol=1e-5)
    assert memos.counts().found == maps_of(model, inputs)


def test_another_model_reads_maps_of_the_same_weights_only(store, inputs):
    first, second, other = load(), load(), load()
    with torch.no_grad():
        other.encoder.layer[0].attention.self.query.bias[0] += 1
    reuse_maps(first, store, max_length=64)
    states(first, inputs)
    store.flush()
    found = {}
    for name, model in (("second", second), ("other", other)):
        memos = reuse_maps(model, store, max_length=64)
        states(model, inputs)
        found[name] = memos.counts().found
    assert found == {"second": maps_of(second, inputs), "other": 0}


def test_token_types_are_part_of_the_key(store, inputs):
    model = load()
    memos = reuse_maps(model, store, max_length=64)
    states(model, inputs)
    store.flush()
    inputs["token_type_ids"] = torch.ones_like(inputs["input_ids"])
    states(model, inputs)
    assert memos.counts().found == 0


def test_longer_batches_and_padding_in_front_are_computed(store, inputs):
    expected = states(load(), inputs)
    model = load()
    memos = reuse_maps(model, store, max_length=8)
    assert torch.allclose(states(model, inputs), expected, atol=1e-5)
    inputs["attention_mask"][:, 0] = 0
    states(model, inputs)
    assert memos.counts().published == 0


def test_without_its_daemon_a_model_computes(daemon, inputs):
    expected = states(load(), inputs)
    model = load()
    with memod.Store(daemon.endpoint) as store:
        reuse_maps(model, store, max_length=64)
        daemon.kill()
        for _ in range(2):
            assert torch.allclose(states(model, inputs), expected, atol=1e-5)


def test_a_model_of_another_number_format_is_refused(store):
    with pytest.raises(memod.InvalidArgumentError, match="bfloat16"):
        reuse_maps(load().bfloat16(), store)
