"""An experiment: attention maps of transformers' own models, in a memod store.

`reuse_maps()` gives a BERT-like model of transformers an attention function that reads the maps of texts that
came before, instead of computing QK^T and softmax. The projections remain: docs/measurements/python.md says
what is left to gain. `memod.TextModel` is what is fast.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.utils.dlpack
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from memod._core import Match, Space
from memod.errors import BusyError, DeadlineExceededError, InvalidArgumentError, UnavailableError
from memod.store import Store

_NAME = "memod"
# What a lookup or a publish may fail with while everything is in order: the map is then computed.
_DO_WITHOUT = (BusyError, DeadlineExceededError, UnavailableError)


class MapCounts(NamedTuple):
    """Maps so far; a map is that of one layer and one text."""

    found: int
    computed: int
    published: int


class _Sequences(NamedTuple):
    """The sequences of the batch that is on its way through the model."""

    keys: list[bytes]
    lengths: list[int]
    """in tokens; what is behind them is padding"""


class MapMemos:
    """The maps of one model. Made by `reuse_maps()`. Threads: those of the model, one at a time."""

    def __init__(self, model: Any, store: Store, max_length: int) -> None:
        self._store = store
        self._max_length = max_length
        self._heads = model.config.num_attention_heads
        self._space: Space = store.open_space(
            _fingerprint(model),
            kind="map",
            encoding="f32",
            length_bucket=max_length,
            heads=self._heads,
            payload_bytes=4 * self._heads * max_length**2,
        )
        self._batch: _Sequences | None = None
        self._found = self._computed = self._published = 0

    def counts(self) -> MapCounts:
        """What became of the maps so far."""
        return MapCounts(self._found, self._computed, self._published)

    def begin(self, module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Called before the model's forward pass: the keys of its sequences, which all layers use."""
        ids = kwargs.get("input_ids", args[0] if args else None)
        mask = kwargs.get("attention_mask")
        self._batch = None
        if ids is None or (mask is not None and not _is_padded_behind(mask)):
            return
        lengths = [ids.shape[1]] * ids.shape[0] if mask is None else mask.sum(dim=1).tolist()
        types = kwargs.get("token_type_ids")
        if max(lengths) <= self._max_length:
            self._batch = _Sequences(_keys(ids, types, lengths), lengths)

    def attend(
        self,
        layer: int,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: Any,
        scaling: float,
    ) -> torch.Tensor:
        """Shapes: query, key, value [batch, heads, length, head_dim] -> [batch, length, heads, head_dim]"""
        context = torch.empty_like(value)
        for place, match in enumerate(self._look_up(layer, value.shape[0])):
            if match is not None and self._read(match, value[place], context[place]):
                self._found += 1
                continue
            mask_of_one = None if mask is None else mask[place if mask.shape[0] > 1 else 0]
            map_of_one = _map_of(query[place], key[place], mask_of_one, scaling)
            torch.matmul(map_of_one, value[place], out=context[place])
            self._computed += 1
            self._publish(layer, place, map_of_one)
        return context.transpose(1, 2)

    def _look_up(self, layer: int, sequences: int) -> Sequence[Match | None]:
        if self._batch is None or len(self._batch.keys) != sequences:
            return [None] * sequences
        try:
            found = self._store.lookup_batch(self._space, self._batch.keys, layer=layer)
        except _DO_WITHOUT:
            return [None] * sequences
        return [matches[0] if matches else None for matches in found]

    def _read(self, match: Match, value: torch.Tensor, context: torch.Tensor) -> bool:
        """False: the map is no longer the memo's, or cannot be this sequence's."""
        length = match.length
        if length > value.shape[1] or match.payload.nbytes != 4 * self._heads * length**2:
            return False
        # [heads, length, length] x [heads, length, head_dim] -> [heads, length, head_dim]
        stored = torch.utils.dlpack.from_dlpack(match.payload.view(np.float32)).view(
            self._heads, length, length
        )
        context[:, length:] = 0
        context[:, :length] = torch.matmul(stored, value[:, :length])
        return match.intact()

    def _publish(self, layer: int, place: int, map_of_one: torch.Tensor) -> None:
        if self._batch is None:
            return
        length = self._batch.lengths[place]
        payload = map_of_one[:, :length, :length].contiguous().numpy()
        try:
            self._store.publish(self._space, self._batch.keys[place], payload, layer=layer, length=length)
        except _DO_WITHOUT:
            return
        self._published += 1


def reuse_maps(model: Any, store: Store, max_length: int = 128) -> MapMemos:
    """Makes a model of transformers read and publish maps.

    Args:
        model: BERT-like: its attention modules know their layer_idx and use AttentionInterface.
        max_length: in tokens; batches with a longer sequence are computed.

    Raises:
        InvalidArgumentError: the model is not like that.
    """
    layers = [module for module in model.modules() if getattr(module, "layer_idx", None) is not None]
    if not layers or model.dtype != torch.float32 or model.device.type != "cpu" or model.training:
        raise InvalidArgumentError(
            f"{type(model).__name__} on {model.device} in {model.dtype}: maps are reused in a model in eval "
            "mode, on the CPU, in float32, whose attention modules have a layer_idx"
        )
    AttentionInterface.register(_NAME, _attention)
    AttentionMaskInterface.register(_NAME, eager_mask)
    memos = MapMemos(model, store, max_length)
    for module in layers:
        module.memod_maps = memos
    model.register_forward_pre_hook(memos.begin, with_kwargs=True)
    model.set_attn_implementation(_NAME)
    return memos


def _attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: Any,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    context = module.memod_maps.attend(module.layer_idx, query, key, value, attention_mask, kwargs["scaling"])
    return context, None


def _map_of(query: torch.Tensor, key: torch.Tensor, mask: Any, scaling: float) -> torch.Tensor:
    # [heads, length, head_dim] x [heads, head_dim, length] -> [heads, length, length]
    scores = torch.matmul(query, key.transpose(1, 2)) * scaling
    return torch.softmax(scores if mask is None else scores + mask, dim=-1)


def _is_padded_behind(mask: torch.Tensor) -> bool:
    return mask.dim() == 2 and bool((mask[:, 1:] <= mask[:, :-1]).all())


def _keys(ids: torch.Tensor, types: torch.Tensor | None, lengths: list[int]) -> list[bytes]:
    def digest(place: int, length: int) -> bytes:
        hashed = hashlib.blake2b(ids[place, :length].contiguous().numpy().data, digest_size=16)
        if types is not None:
            hashed.update(types[place, :length].contiguous().numpy().data)
        return hashed.digest()

    return [digest(place, length) for place, length in enumerate(lengths)]


def _fingerprint(model: Any) -> bytes:
    """Of the weights, and of what the configuration says."""
    hashed = hashlib.blake2b(model.config.to_json_string(use_diff=False).encode(), digest_size=16)
    for name, weights in model.state_dict().items():
        hashed.update(name.encode())
        hashed.update(weights.contiguous().numpy().data)
    return hashed.digest()
