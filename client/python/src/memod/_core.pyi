"""The C++ below the package. Python code above it says what each call means."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str

class Space:
    """All memos that may stand in for one another, in one store."""

    @property
    def model(self) -> bytes: ...
    @property
    def kind(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    @property
    def length_bucket(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def feature_dimension(self) -> int: ...
    @property
    def payload_bytes(self) -> int: ...

class Match:
    """A memo that a lookup found, under lease as long as this or an array of it lives."""

    @property
    def payload(self) -> NDArray[np.uint8]:
        """[bytes], read-only, in this process's own mapping of the pool. Use it, then ask `intact()`."""

    @property
    def exact(self) -> bool:
        """Whether the key was found."""

    @property
    def distance(self) -> float:
        """L2 between the features; 0 when exact."""

    @property
    def length(self) -> int:
        """Tokens of the stored sequence."""

    @property
    def key(self) -> bytes:
        """The memo's own key: 16 bytes."""

    def intact(self) -> bool:
        """Whether everything that was read from the payload before this call was the memo's."""

class Store:
    @staticmethod
    def open(
        endpoint: str,
        *,
        pool_size: str,
        lookup_timeout: float,
        control_timeout: float,
        retry_interval: float,
        draft_bytes: int,
        leases: int,
        prefault: bool,
    ) -> Store: ...
    @property
    def endpoint(self) -> str: ...
    def open_space(
        self,
        model: bytes,
        *,
        kind: str,
        encoding: str,
        length_bucket: int,
        heads: int,
        feature_dimension: int,
        payload_bytes: int,
    ) -> Space: ...
    def lookup_batch(
        self,
        space: Space,
        keys: Sequence[bytes],
        features: NDArray[np.float32] | None,
        *,
        layer: int,
        min_length: int,
        max_distance: float,
        neighbours: int,
        timeout: float | None,
    ) -> list[list[Match]]: ...
    def publish(
        self,
        space: Space,
        key: bytes,
        payload: Any,
        feature: NDArray[np.float32] | None,
        *,
        layer: int,
        length: int,
        cost_us: float,
        penalty: float,
    ) -> None: ...
    def flush(self, timeout: float) -> None: ...
    def publish_counts(self) -> dict[str, Any]: ...
    def unavailable_reason(self) -> str | None: ...
    def close(self) -> None: ...

class TextModel:
    @staticmethod
    def load(
        folder: str,
        *,
        store: Store | None,
        policy: str,
        dtype: str,
        threads: int,
        length: int,
        prompt: str | None,
        prompt_name: str | None,
    ) -> TextModel: ...
    @property
    def folder(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def threads(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def dimension(self) -> int: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def similarity(self) -> str: ...
    @property
    def prompts(self) -> dict[str, str]: ...
    @property
    def default_prompt_name(self) -> str | None: ...
    @property
    def is_cross_encoder(self) -> bool: ...
    @property
    def assumption(self) -> str: ...
    def embed(self, texts: list[str], prompt: str | None) -> NDArray[np.float32]: ...
    def score(
        self, texts: list[str], pairs: list[str] | None, prompt: str | None, *, raw: bool
    ) -> NDArray[np.float64]: ...
    def tokenize(self, texts: list[str], pairs: list[str] | None, prompt: str | None) -> list[list[int]]: ...
    def prompt_text(self, name: str) -> str: ...
    def figures(self) -> dict[str, Any]: ...
    def flush(self, timeout: float) -> None: ...
    def unavailable_reason(self) -> str | None: ...
    def close(self) -> None: ...
