"""What callers hand over as texts, and how it is cut into batches."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from memod.errors import InvalidArgumentError

Pair: TypeAlias = tuple[str, str]


class Inputs(NamedTuple):
    """Texts, or pairs of texts."""

    texts: list[str]
    pairs: list[str] | None
    """[texts]: the second text of each; None: there are no pairs"""


def is_single(inputs: object) -> bool:
    """Whether this is one text or one pair, rather than a list of them."""
    return isinstance(inputs, str) or (
        isinstance(inputs, tuple) and len(inputs) == 2 and all(isinstance(text, str) for text in inputs)
    )


def as_inputs(given: Iterable[str] | Iterable[Pair]) -> Inputs:
    """Raises InvalidArgumentError where they are not all texts, or all pairs; it names the first."""
    inputs = list(given)
    if not inputs or isinstance(inputs[0], str):
        for place, text in enumerate(inputs):
            if not isinstance(text, str):
                raise InvalidArgumentError(
                    f"input {place} is a {type(text).__name__}; expected a str, as before it"
                )
        return Inputs(inputs, None)  # type: ignore[arg-type]
    for place, pair in enumerate(inputs):
        if not _is_pair(pair):
            raise InvalidArgumentError(f"input {place} is {_shown(pair)}; expected a str, or a pair of them")
    return Inputs([pair[0] for pair in inputs], [pair[1] for pair in inputs])


def as_batches(
    lengths: Sequence[int], batch_size: int, show_progress_bar: bool | None
) -> Iterable[list[int]]:
    """The places of the inputs in batches, the longest first: equal lengths are best together."""
    if batch_size < 1:
        raise InvalidArgumentError(f"batch_size is {batch_size}, must be at least 1")
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    batches = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    return _with_progress(batches) if show_progress_bar else batches


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(text, str) for text in value)
    )


def _shown(value: object) -> str:
    return (
        f"{type(value).__name__} of {len(value)}"
        if isinstance(value, (tuple, list))
        else type(value).__name__
    )


def _with_progress(batches: list[list[int]]) -> Iterable[list[int]]:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return batches
    return tqdm(batches, desc="Batches")  # type: ignore[no-any-return, unused-ignore]
