"""Store: memos in a running daemon's pool, or in a pool that this process opens itself."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from memod import _core
from memod._core import Match, Space


class PublishCounts(NamedTuple):
    """What became of a store object's own publishes."""

    acknowledged: int
    """stored"""
    duplicates: int
    """the key was already there"""
    refused: int
    """the pool was full, or the memo cannot be stored"""
    dropped: int
    """never sent, or unanswered when the daemon went away"""
    refusal: str
    """why the last one was refused"""


class Store:
    """An open store. Close it, or use it in a `with` block.

    Threads: every method may be called from any thread at any time. A call that may wait lets other Python
    threads run meanwhile; `alookup()`, `apublish()` and `aflush()` are the same calls for asyncio, in its
    thread pool.

    Lifetime: matches and their arrays may outlive the store object. What is behind it, the attachment or the
    pool, is closed when the store object and the last of them are gone.

    Processes: a store belongs to the process that opened it. A child of `fork` gets `UnavailableError`, and
    opens its own.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        pool_size: str = "4GiB",
        lookup_timeout: float = 0.02,
        control_timeout: float = 2.0,
        retry_interval: float = 0.2,
        draft_bytes: int = 32 << 20,
        leases: int = 1024,
        prefault: bool = True,
    ) -> None:
        """Opens the store at an endpoint.

        Args:
            endpoint: "unix:PATH", a running daemon: succeeds without one, too, and attaches as soon as one
                listens.
                "file:PATH", a pool that this process opens, and makes where there is none.
            pool_size: of a pool that is made: "4GiB", "512MiB", or bytes.

        The others are for "unix:PATH". Times are in seconds:
            lookup_timeout: how long one lookup may wait for its answer.
            control_timeout: how long to attach, or to open a space, may take.
            retry_interval: how often a lost daemon is looked for.
            draft_bytes: memory for memos on their way to the daemon.
            leases: how many matches may be held at the same time, 1 to 65536.
            prefault: map the whole pool in, in the background, so that no lookup faults a page.

        Raises:
            InvalidArgumentError: a malformed endpoint or option.
            UnsupportedError: a daemon of another protocol version, or a pool of another layout.
            NotFoundError, InUseError, CorruptError, FullError: of a pool.
        """
        self._store = _core.Store.open(
            endpoint,
            pool_size=pool_size,
            lookup_timeout=lookup_timeout,
            control_timeout=control_timeout,
            retry_interval=retry_interval,
            draft_bytes=draft_bytes,
            leases=leases,
            prefault=prefault,
        )

    @property
    def endpoint(self) -> str:
        """As it was opened."""
        return self._store.endpoint

    @property
    def available(self) -> bool:
        """Whether lookups can be answered just now."""
        return self._store.unavailable_reason() is None

    @property
    def unavailable_reason(self) -> str | None:
        """Why lookups cannot be answered just now, e.g. no daemon is there; None: they can."""
        return self._store.unavailable_reason()

    def open_space(
        self,
        model: bytes,
        *,
        kind: str,
        payload_bytes: int,
        length_bucket: int,
        encoding: str = "u8",
        heads: int = 0,
        feature_dimension: int = 0,
    ) -> Space:
        """Finds or makes a space: all memos that may stand in for one another. Every argument is part of its
        identity.

        Args:
            model: 16 bytes that stand for the model and whatever else decides what a memo says.
            kind: "map" (attention maps), or "output" (results, or whatever only keys find).
            payload_bytes: of the largest memo, 1 to 2**30.
            length_bucket: the longest sequence, in tokens, 1 to 65536.
            encoding: "u8", "f16" or "f32": what the elements of a payload are. memod does not look at them.
            heads: of a map; 0 where memos are no maps.
            feature_dimension: floats in a feature, up to 256; 0: only keys find memos.

        Raises:
            InvalidArgumentError, FullError.
        """
        return self._store.open_space(
            model,
            kind=kind,
            encoding=encoding,
            length_bucket=length_bucket,
            heads=heads,
            feature_dimension=feature_dimension,
            payload_bytes=payload_bytes,
        )

    def lookup(
        self,
        space: Space,
        key: bytes,
        feature: ArrayLike | None = None,
        *,
        layer: int = 0,
        min_length: int = 0,
        max_distance: float = 0.0,
        timeout: float | None = None,
    ) -> Match | None:
        """The memo under a key, or else the one whose feature is nearest. None: there is none.

        Args:
            key: 16 bytes.
            feature: [feature_dimension] float32. None: only the key counts.
            layer: of the transformer, counted from 0. Memos of one layer are never found in another.
            min_length: the shortest memo that will do, in tokens.
            max_distance: L2 between features; `math.inf`: any.
            timeout: in seconds, where it is to be shorter than the store's own.

        Raises:
            UnavailableError: no daemon is there; the store looks for one by itself.
            DeadlineExceededError, BusyError: no answer in time; too many matches are held.
            InvalidArgumentError.
        """
        features = None if feature is None else np.asarray(feature, np.float32)[np.newaxis]
        found = self.lookup_batch(
            space,
            [key],
            features,
            layer=layer,
            min_length=min_length,
            max_distance=max_distance,
            timeout=timeout,
        )
        return found[0][0] if found[0] else None

    def lookup_batch(
        self,
        space: Space,
        keys: Sequence[bytes],
        features: ArrayLike | None = None,
        *,
        layer: int = 0,
        min_length: int = 0,
        max_distance: float = 0.0,
        neighbours: int = 1,
        timeout: float | None = None,
    ) -> list[list[Match]]:
        """`lookup()` of many at once, in one message to the daemon.

        Args:
            keys: [items], 16 bytes each.
            features: [items, feature_dimension] float32, or None.
            neighbours: how many memos to find at most where the key is not there, 1 to 16.

        Returns:
            [items] lists of at most `neighbours` matches, nearest first.

        Raises:
            As `lookup()`.
        """
        return self._store.lookup_batch(
            space,
            list(keys),
            None if features is None else np.ascontiguousarray(features, np.float32),
            layer=layer,
            min_length=min_length,
            max_distance=max_distance,
            neighbours=neighbours,
            timeout=timeout,
        )

    def publish(
        self,
        space: Space,
        key: bytes,
        payload: Any,
        feature: ArrayLike | None = None,
        *,
        layer: int = 0,
        length: int = 1,
        cost: float = 0.0,
        penalty: float = 1.0,
    ) -> None:
        """Hands a memo over. A later refusal is counted (`publish_counts()`), not raised.

        The memo survives any crash of a process once `flush()` has returned after this call.

        Args:
            key: 16 bytes.
            payload: anything with the buffer protocol that is contiguous, 1 byte to the space's
                payload_bytes:
                bytes, a numpy array. It is copied once, into memory that the daemon shares.
            feature: [feature_dimension] float32; None: only the key finds the memo.
            layer: of the transformer, counted from 0.
            length: tokens of the sequence, 1 to the space's length_bucket.
            cost: seconds that a hit saves. Memos that save least go first when the pool is full.
            penalty: a factor on the distance of this memo where near ones compete, 1/16 to 16.

        Raises:
            BusyError: every draft is on its way; try later or do without.
            UnavailableError, InvalidArgumentError.
            TypeError, BufferError, ValueError: the payload is no buffer, or not contiguous.
        """
        self._store.publish(
            space,
            key,
            payload,
            None if feature is None else np.ascontiguousarray(feature, np.float32),
            layer=layer,
            length=length,
            cost_us=1e6 * cost,
            penalty=penalty,
        )

    def flush(self, timeout: float = 10.0) -> None:
        """Waits until everything published before was acknowledged or refused.

        Raises:
            DeadlineExceededError: not within `timeout` seconds.
            UnavailableError: the daemon went away with publishes unanswered.
        """
        self._store.flush(timeout)

    def publish_counts(self) -> PublishCounts:
        """What became of this object's own publishes so far."""
        return PublishCounts(**self._store.publish_counts())

    async def alookup(self, *args: Any, **kwargs: Any) -> Match | None:
        """`lookup()` that does not hold up the event loop."""
        return await asyncio.to_thread(self.lookup, *args, **kwargs)

    async def alookup_batch(self, *args: Any, **kwargs: Any) -> list[list[Match]]:
        """`lookup_batch()` that does not hold up the event loop."""
        return await asyncio.to_thread(self.lookup_batch, *args, **kwargs)

    async def apublish(self, *args: Any, **kwargs: Any) -> None:
        """`publish()` that does not hold up the event loop."""
        await asyncio.to_thread(self.publish, *args, **kwargs)

    async def aflush(self, timeout: float = 10.0) -> None:
        """`flush()` that does not hold up the event loop."""
        await asyncio.to_thread(self.flush, timeout)

    def close(self) -> None:
        """Gives the store up; later calls raise `UnavailableError`. Memos last that `flush()` waited for."""
        self._store.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"memod.Store({self.endpoint!r})"
