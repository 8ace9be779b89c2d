"""Killed daemons, other threads, asyncio, forked children, and the end of a process."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from conftest import TEXTS, TINY_BERT, key_of, known, wait_until

import memod


def load(memo) -> memod.TextModel:
    with warnings.catch_warnings(action="ignore"):
        return memod.TextModel.from_pretrained(TINY_BERT, memo)


def test_without_its_daemon_a_model_computes_and_says_why(daemon):
    with load(daemon.endpoint) as model:
        expected = model.encode(TEXTS)
        daemon.kill()
        assert np.array_equal(model.encode(TEXTS), expected)
        wait_until(lambda: model.unavailable_reason is not None)
        daemon.start()
        wait_until(lambda: model.unavailable_reason is None)
        assert np.array_equal(model.encode(TEXTS), expected)


def test_a_model_warns_that_no_daemon_is_there(folder):
    with pytest.warns(RuntimeWarning, match="socket.*; everything is computed until that changes"):
        memod.TextModel.from_pretrained(TINY_BERT, f"unix:{folder}/socket")


def test_a_lookup_after_a_kill_raises_a_clear_error(daemon):
    with memod.Store(daemon.endpoint, retry_interval=60) as store:
        space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
        daemon.kill()
        with pytest.raises((memod.UnavailableError, memod.DeadlineExceededError)):
            store.lookup(space, key_of(1))
        wait_until(lambda: not store.available)
        with pytest.raises(memod.UnavailableError, match="socket"):
            store.lookup(space, key_of(1))


def test_threads_get_the_results_of_one_alone(folder):
    with load(f"file:{folder}/pool") as model:
        expected = {text: load("none").encode(text) for text in TEXTS}
        wrong = []

        def work(offset: int) -> None:
            for turn in range(30):
                text = TEXTS[(offset + turn) % len(TEXTS)]
                if not np.array_equal(model.encode(text), expected[text]):
                    wrong.append(text)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_other_threads_run_while_a_model_computes():
    model, running, turns = load("none"), threading.Event(), []

    def count() -> None:
        while not running.is_set():
            turns.append(None)

    thread = threading.Thread(target=count)
    thread.start()
    before = len(turns)
    model.encode([f"{text} {number}" for number in range(200) for text in TEXTS], batch_size=2000)
    during = len(turns) - before
    running.set()
    thread.join()
    assert during > 0


def test_asyncio_calls_do_what_the_others_do(store, space):
    async def work():
        await store.apublish(space, key_of(1), b"x")
        await store.aflush()
        assert await store.alookup(space, key_of(2)) is None
        one, batch = await asyncio.gather(
            store.alookup(space, key_of(1)), store.alookup_batch(space, [key_of(1), key_of(2)])
        )
        return one, batch

    one, batch = asyncio.run(work())
    assert one.payload.tobytes() == b"x"
    assert [len(matches) for matches in batch] == [1, 0]


def refusal_in_child(call) -> str:
    """What `call` raises in a forked child, which then ends as children do."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with warnings.catch_warnings(action="ignore"):
        child = os.fork()
    if child == 0:
        try:
            call()
            sender.send("nothing")
        except memod.UnavailableError as error:
            sender.send(str(error))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return receiver.recv()


def test_a_forked_child_opens_its_own(folder):
    with memod.Store(f"file:{folder}/pool", pool_size="16MiB") as store:
        space = store.open_space(bytes(16), kind="output", payload_bytes=64, length_bucket=1)
        store.publish(space, key_of(1), b"x")

        def drop_in_child() -> None:
            nonlocal store
            store.close()
            store.flush()

        model = load("none")
        assert "forked" in refusal_in_child(lambda: store.lookup(space, key_of(1)))
        assert "forked" in refusal_in_child(lambda: model.encode("one text"))
        assert "closed" in refusal_in_child(drop_in_child)
        assert store.lookup(space, key_of(1)).payload.tobytes() == b"x"


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise KeyboardInterrupt"])
def test_a_process_that_ends_without_closing_has_stored_its_results(daemon, ending):
    program = (
        "import memod, sys\n"
        f"model = memod.TextModel.from_pretrained({str(TINY_BERT)!r}, {daemon.endpoint!r})\n"
        f"model.encode('one text')\n{ending}\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], stderr=subprocess.DEVNULL, timeout=60)
    with memod.Store(daemon.endpoint) as store, load(store) as model:
        model.encode("one text")
        assert known(model, store) == 1


def test_openmp_of_others_keeps_its_threads():
    """The engine's threads are its own; those of the caller's libraries stay as they were."""
    program = (
        "import ctypes, os, memod, warnings\n"
        "warnings.simplefilter('ignore')\n"
        f"model = memod.TextModel.from_pretrained({str(TINY_BERT)!r})\n"
        "path = next(line.split()[-1] for line in open('/proc/self/maps') if 'libgomp' in line)\n"
        "openmp = ctypes.CDLL(path)\n"
        "openmp.omp_set_num_threads(7)\n"
        "model.encode(['one text', 'two'])\n"
        "print(openmp.omp_get_max_threads())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "7"
