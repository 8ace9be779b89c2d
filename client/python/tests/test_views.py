"""The lifetime of what is read in place."""

import gc

import numpy as np
import pytest
from conftest import key_of

import memod


@pytest.fixture
def match(store, space):
    store.publish(space, key_of(1), np.arange(256, dtype=np.float32))
    store.flush()
    return store.lookup(space, key_of(1))


def test_a_payload_is_not_copied_and_cannot_be_written(match):
    assert match.payload.ctypes.data == match.payload.ctypes.data
    assert not match.payload.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        match.payload[0] = 1
    with pytest.raises(ValueError):
        match.payload.setflags(write=True)


def test_a_payload_can_be_seen_as_other_numbers_without_a_copy(match):
    numbers = match.payload.view(np.float32).reshape(16, 16)
    assert numbers[3, 4] == 52
    assert numbers.ctypes.data == match.payload.ctypes.data


def test_arrays_outlive_match_store_and_each_other(store, space, match):
    numbers = match.payload.view(np.float32)[10:20]
    del match
    store.close()
    gc.collect()
    assert numbers.tolist() == list(range(10, 20))


def test_a_match_outlives_its_store(store, match):
    store.close()
    assert match.intact()
    assert match.payload[0] == 0


def test_a_store_is_closed_when_its_last_array_is_gone(folder):
    store = memod.Store(f"file:{folder}/pool", pool_size="16MiB")
    space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
    store.publish(space, key_of(1), b"x")
    payload = store.lookup(space, key_of(1)).payload
    store.close()
    with pytest.raises(memod.InUseError):
        memod.Store(f"file:{folder}/pool")
    del payload
    gc.collect()
    memod.Store(f"file:{folder}/pool").close()


def test_the_lease_ends_with_the_last_array(daemon):
    with memod.Store(daemon.endpoint, leases=2, lookup_timeout=20.0) as store:
        space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
        store.publish(space, key_of(1), b"x")
        store.flush()
        held = [store.lookup(space, key_of(1)).payload[:1] for _ in range(2)]
        with pytest.raises(memod.BusyError):
            store.lookup(space, key_of(1))
        held.pop()
        gc.collect()
        assert store.lookup(space, key_of(1)) is not None


def test_arrays_stay_readable_when_the_daemon_is_killed(daemon):
    store = memod.Store(daemon.endpoint, lookup_timeout=20.0)
    space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
    store.publish(space, key_of(1), b"kept")
    store.flush()
    match = store.lookup(space, key_of(1))
    daemon.kill()
    assert match.payload.tobytes() == b"kept"
    assert match.intact()
    store.close()
    assert match.payload.tobytes() == b"kept"
