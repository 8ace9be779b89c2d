"""memod: results and attention maps of transformers, kept in persistent memory and found again.

`TextModel` embeds and scores texts, and computes nothing that another process computed before.
`Store` is the memory itself: memos by key and by similarity, read in place.
"""

from memod._core import Match, Space, __version__
from memod.errors import (
    AlreadyExistsError,
    BusyError,
    CorruptError,
    DeadlineExceededError,
    Error,
    FullError,
    InternalError,
    InUseError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnsupportedError,
)
from memod.store import PublishCounts, Store
from memod.text_model import TextFigures, TextModel

__all__ = [
    "AlreadyExistsError",
    "BusyError",
    "CorruptError",
    "DeadlineExceededError",
    "Error",
    "FullError",
    "InUseError",
    "InternalError",
    "InvalidArgumentError",
    "Match",
    "NotFoundError",
    "PublishCounts",
    "Space",
    "Store",
    "TextFigures",
    "TextModel",
    "UnavailableError",
    "UnsupportedError",
    "__version__",
]
