"""A store: what is published is found, and everything else is refused by name and value."""

import array
import math

import numpy as np
import pytest
from conftest import key_of, wait_until

import memod


def test_a_published_memo_is_found_by_its_key(store, space):
    store.publish(space, key_of(1), b"payload", length=9)
    store.flush()
    match = store.lookup(space, key_of(1))
    assert match.payload.tobytes() == b"payload"
    assert (match.exact, match.distance, match.length, match.key) == (True, 0, 9, key_of(1))
    assert match.intact()


def test_a_key_that_nobody_published_is_not_found(store, space):
    assert store.lookup(space, key_of(1)) is None


def test_a_near_feature_finds_the_memo_within_the_distance(store, space):
    store.publish(space, key_of(1), b"x", [1, 0, 0, 0])
    store.flush()
    near = [1, 0.5, 0, 0]
    assert store.lookup(space, key_of(2), near, max_distance=0.4) is None
    match = store.lookup(space, key_of(2), near, max_distance=0.6)
    assert (match.exact, match.distance) == (False, pytest.approx(0.5))


def test_a_batch_answers_each_key_with_its_neighbours_nearest_first(store, space):
    for number in range(4):
        store.publish(space, key_of(number), bytes([number]), [number, 0, 0, 0])
    store.flush()
    found = store.lookup_batch(
        space, [key_of(9), key_of(3)], [[0.9, 0, 0, 0], [0, 0, 0, 0]], max_distance=math.inf, neighbours=3
    )
    assert [[int(match.payload[0]) for match in matches] for matches in found] == [[1, 0, 2], [3]]


@pytest.mark.parametrize(
    "payload",
    [
        b"abcd",
        bytearray(b"abcd"),
        memoryview(b"abcd"),
        array.array("B", b"abcd"),
        np.frombuffer(b"abcd", "f4"),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_any_contiguous_buffer_is_a_payload(store, space, payload):
    store.publish(space, key_of(1), payload)
    store.flush()
    assert store.lookup(space, key_of(1)).payload.tobytes() == b"abcd"


def test_a_buffer_with_gaps_is_refused(store, space):
    with pytest.raises((BufferError, ValueError), match="contiguous"):
        store.publish(space, key_of(1), np.arange(8, dtype=np.uint8)[::2])


def test_layers_do_not_mix(store, space):
    store.publish(space, key_of(1), b"x", layer=3)
    store.flush()
    assert store.lookup(space, key_of(1), layer=2) is None
    assert store.lookup(space, key_of(1), layer=3) is not None


def test_counts_say_what_became_of_publishes(store, space):
    for _ in range(2):
        store.publish(space, key_of(1), b"x")
        store.flush()
    counts = store.publish_counts()
    assert (counts.acknowledged, counts.duplicates, counts.refused, counts.dropped) == (1, 1, 0, 0)


def test_a_space_says_what_it_is(store, space):
    assert (space.model, space.kind, space.encoding) == (bytes(16), "output", "u8")
    assert (space.length_bucket, space.heads, space.feature_dimension, space.payload_bytes) == (
        128,
        0,
        4,
        4096,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda store, space: store.lookup(space, b"short"), "16 bytes, not 5"),
        (lambda store, space: store.lookup(space, key_of(1), [1, 2]), "2"),
        (lambda store, space: store.lookup(space, key_of(1), layer=4096), "4096"),
        (lambda store, space: store.lookup_batch(space, [key_of(1)], neighbours=17), "17"),
        (lambda store, space: store.lookup_batch(space, [key_of(1)], [[0] * 4] * 2), "1 keys .* not 2"),
        (lambda store, space: store.lookup(space, key_of(1), timeout=-1), "0 or more"),
        (lambda store, space: store.publish(space, key_of(1), b"x" * 4097), "4097"),
        (lambda store, space: store.publish(space, key_of(1), b""), "0"),
        (lambda store, space: store.publish(space, key_of(1), b"x", length=129), "129"),
        (lambda store, space: store.publish(space, key_of(1), b"x", penalty=99), "99"),
        (
            lambda store, space: store.open_space(bytes(16), kind="maps", payload_bytes=1, length_bucket=1),
            "'maps'; known are map, trace, output",
        ),
        (
            lambda store, space: store.open_space(bytes(16), kind="output", payload_bytes=0, length_bucket=1),
            "payload bytes is 0",
        ),
    ],
)
def test_what_can_never_be_meant_is_refused_with_its_value(store, space, call, message):
    with pytest.raises(memod.InvalidArgumentError, match=message):
        call(store, space)


def test_errors_are_also_pythons_own_kinds():
    assert issubclass(memod.InvalidArgumentError, ValueError)
    assert issubclass(memod.UnavailableError, ConnectionError)
    assert issubclass(memod.DeadlineExceededError, TimeoutError)


@pytest.mark.parametrize("endpoint", ["", "tcp:1", "unix:", "unix:/" + "x" * 200])
def test_a_malformed_endpoint_is_refused(endpoint):
    with pytest.raises(memod.InvalidArgumentError):
        memod.Store(endpoint)


def test_a_pool_that_is_open_already_is_in_use(folder):
    with memod.Store(f"file:{folder}/pool", pool_size="16MiB"), pytest.raises(memod.InUseError, match="pool"):
        memod.Store(f"file:{folder}/pool")


def test_a_closed_store_refuses_every_call(store, space):
    store.close()
    for call in (
        lambda: store.lookup(space, key_of(1)),
        lambda: store.publish(space, key_of(1), b"x"),
        store.flush,
        store.publish_counts,
    ):
        with pytest.raises(memod.UnavailableError, match="the store is closed"):
            call()


def test_a_file_keeps_its_memos_for_the_next_process(folder):
    for _ in range(2):
        with memod.Store(f"file:{folder}/pool", pool_size="16MiB") as store:
            space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
            found = store.lookup(space, key_of(1))
            store.publish(space, key_of(1), b"x")
    assert found.payload.tobytes() == b"x"


def test_a_store_without_a_daemon_says_so_and_finds_one_later(daemon):
    daemon.stop()
    with memod.Store(daemon.endpoint, retry_interval=0.01) as store:
        space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
        assert not store.available
        assert "socket" in store.unavailable_reason
        with pytest.raises(memod.UnavailableError):
            store.lookup(space, key_of(1))
        daemon.start()
        wait_until(lambda: store.available)
        assert store.lookup(space, key_of(1)) is None
