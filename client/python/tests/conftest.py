"""What the tests share: the programs of this build, model folders, and a daemon of their own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import memod

SOURCE = Path(__file__).resolve().parents[3]
BINARIES = Path(os.environ.get("MEMO_BINARY_DIR", SOURCE / "build" / "release" / "bin"))
TINY_BERT = SOURCE / "tests" / "data" / "tiny-bert"
FAMILIES = SOURCE / "tests" / "data" / "families"
TEXTS = ["one text", "another one, which is longer than that", "one text", "", "ünïcödé ☃ 漢字", "a " * 40]


class Daemon:
    """A running memod with a pool of its own."""

    def __init__(self, folder: Path) -> None:
        self.pool = folder / "pool"
        self.endpoint = f"unix:{folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [BINARIES / "memod", "--pool", self.pool, "--size", "64MiB", "--listen", self.endpoint],
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._is_answering)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=30)

    def _is_answering(self) -> bool:
        with memod.Store(self.endpoint) as store:
            return store.available


def wait_until(condition, timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def folder():
    """A short path, as that of a socket has at most 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="memod-python-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def daemon(folder):
    running = Daemon(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=["daemon", "file"])
def store(request, folder):
    """An open store of either kind."""
    if request.param == "daemon":
        running = request.getfixturevalue("daemon")
        opened = memod.Store(running.endpoint, lookup_timeout=20.0)
    else:
        opened = memod.Store(f"file:{folder}/own-pool", pool_size="64MiB")
    yield opened
    opened.close()


@pytest.fixture
def space(store):
    return store.open_space(
        bytes(16), kind="output", payload_bytes=4096, length_bucket=128, feature_dimension=4
    )


def known(model: memod.TextModel, store: memod.Store) -> int:
    """How many results were there before: found, or, where a busy machine was late, published in vain."""
    model.flush()
    return model.figures().found + store.publish_counts().duplicates


def key_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


@pytest.fixture(scope="session")
def minilm():
    folder = os.environ.get("MEMO_MODEL_DIR")
    if not folder:
        pytest.skip("MEMO_MODEL_DIR is not set: the real model is not in the tree")
    return Path(folder)
