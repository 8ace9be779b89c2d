"""TextModel: a model's folder on memod's engine: texts in; embeddings, scores and tokens out."""

import os
import warnings
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from memod import _core
from memod.errors import Error, InvalidArgumentError
from memod.store import Store
from memod.texts import Pair, as_batches, as_inputs, is_single

FloatArray = NDArray[np.float32]
ScoreArray = NDArray[np.float64]


class TextFigures(NamedTuple):
    """What became of a model's texts so far."""

    found: int
    """results that the store had"""
    repeated: int
    """equal to another text of their batch, which answered for them"""
    computed: int
    """without memos, this is not counted"""
    published: int
    """results that were handed to the store"""
    not_admitted: int
    """computed and not published, as nobody is likely to ask for them"""
    tokens: int
    """of all texts"""


class TextModel:
    """A model's folder on memod's engine; with a store, texts that came before are not computed again.

    A result has the same bits whether it was found or computed, in whatever batch, and they are those of
    memo-infer.

    Threads: every method may be called from any thread; calls take turns. Other Python threads run meanwhile.
    Processes: a model belongs to the process that loaded it: load it after `fork`, not before.
    """

    def __init__(self, core: _core.TextModel, store: Store | None, owns_store: bool) -> None:
        """For `from_pretrained()`."""
        self._core = core
        # At the latest when the interpreter ends, so that the last results are found by the next process.
        self._finish = weakref.finalize(self, _finish, core, store, owns_store)

    @classmethod
    def from_pretrained(
        cls,
        folder: str | os.PathLike[str],
        memo: str | Store = "none",
        *,
        policy: str | os.PathLike[str] | None = None,
        dtype: str = "f32",
        threads: int | None = None,
        length: int | None = None,
        prompt: str | None = None,
        prompt_name: str | None = None,
        pool_size: str = "4GiB",
    ) -> "TextModel":
        """Loads a published model's folder: a SentenceTransformer, a CrossEncoder, a classifier, or a plain
        encoder.

        What is not understood in it is refused, with file, field and value. Nothing is downloaded.

        Args:
            folder: where config.json, the weights and the tokenizer are.
            memo: "none", and everything is computed; "unix:PATH", a running memod: without it everything is
                computed until one comes; "file:PATH", a pool that this process opens; or an open `Store`.
            policy: a policy's file, as memo-profile writes it. None: whole results are kept, and what is
                computed is
                the plain model's.
            dtype: "f32", "bf16" or "s16" (faster, nearly as exact), or "s8" (fastest, less exact). A CPU without
                such products computes in f32, which `dtype` then says.
            threads: None: as many as this process has cores.
            length: cut texts to so many tokens. None: the policy's, or the model's own.
            prompt: put before every text. None: the prompt of `prompt_name`, or the model's default.
            pool_size: of a pool that "file:PATH" makes.

        Raises:
            UnsupportedError, CorruptError, NotFoundError, InvalidArgumentError: of the folder, the policy,
            the store.
        """
        opened = _open(memo, pool_size)
        try:
            core = _core.TextModel.load(
                os.fspath(folder),
                store=None if opened is None else opened._store,
                policy="" if policy is None else os.fspath(policy),
                dtype=dtype,
                threads=len(os.sched_getaffinity(0)) if threads is None else threads,
                length=0 if length is None else length,
                prompt=prompt,
                prompt_name=prompt_name,
            )
        except Error:
            if opened is not None and opened is not memo:
                opened.close()
            raise
        model = cls(core, opened, owns_store=opened is not memo)
        model._warn(dtype)
        return model

    def encode(
        self,
        texts: str | Sequence[str],
        batch_size: int = 32,
        *,
        normalize_embeddings: bool = False,
        prompt: str | None = None,
        prompt_name: str | None = None,
        show_progress_bar: bool | None = None,
        convert_to_numpy: bool = True,
    ) -> FloatArray | list[FloatArray]:
        """Embeds texts, as `SentenceTransformer.encode` does.

        Args:
            texts: one, or a sequence of them.
            batch_size: texts that are computed together. No result depends on it.
            normalize_embeddings: scale each embedding to length 1, where the model does not do it itself.
            prompt: put before each text, instead of that of `prompt_name`.
            prompt_name: one of `prompts`. Without both the model's default prompt is used.
            show_progress_bar: with tqdm, where it is installed.
            convert_to_numpy: False: a list of [dimension] arrays instead of one array.

        Returns:
            [dimension] float32 of one text, [texts, dimension] of a sequence, in its order.

        Raises:
            InvalidArgumentError: a text that is no str, a prompt of no such name, a batch_size below 1.
            UnicodeEncodeError: a text with a lone surrogate.
        """
        single = isinstance(texts, str)
        inputs = as_inputs([texts] if isinstance(texts, str) else texts)
        if inputs.pairs is not None:
            raise InvalidArgumentError("encode() takes texts, not pairs of them; predict() takes pairs")
        text = self._prompt(prompt, prompt_name)
        rows = self._run(
            inputs.texts,
            lambda places: self._core.embed([inputs.texts[place] for place in places], text),
            batch_size,
            show_progress_bar,
        )
        embeddings: FloatArray = np.empty((0, self.dimension), np.float32) if rows is None else rows
        if normalize_embeddings:
            embeddings /= np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
        if single:
            vector: FloatArray = embeddings[0]
            return vector
        return embeddings if convert_to_numpy else list(embeddings)

    def predict(
        self,
        inputs: str | Pair | Sequence[str] | Sequence[Pair],
        batch_size: int = 32,
        *,
        raw_scores: bool = False,
        prompt: str | None = None,
        prompt_name: str | None = None,
        show_progress_bar: bool | None = None,
    ) -> ScoreArray | np.float64:
        """Scores texts, or pairs of texts, as `CrossEncoder.predict` and transformers' pipelines do.

        Args:
            inputs: a text, a pair as a tuple (first, second), or a list of either.
            batch_size: inputs that are computed together. No result depends on it.
            raw_scores: the logits, before softmax or sigmoid.
            prompt, prompt_name, show_progress_bar: as in `encode()`.

        Returns:
            float64: [inputs, labels] in the order of `labels`, or [inputs] of a model with one label;
            without the first axis for a single text or pair.

        Raises:
            UnsupportedError: the model scores no labels, or takes no pairs.
            InvalidArgumentError: as in `encode()`.
        """
        single = is_single(inputs)
        given = as_inputs([inputs] if single else inputs)  # type: ignore[arg-type]
        if given.pairs is None and self._core.is_cross_encoder and given.texts:
            raise InvalidArgumentError(
                f"{self.folder} scores pairs: pass a tuple (query, document) or a list of them, not texts"
            )
        text = self._prompt(prompt, prompt_name)

        def score(places: Sequence[int]) -> ScoreArray:
            pairs = None if given.pairs is None else [given.pairs[place] for place in places]
            return self._core.score([given.texts[place] for place in places], pairs, text, raw=raw_scores)

        rows = self._run(given.texts, score, batch_size, show_progress_bar, seconds=given.pairs)
        scores = np.empty((0, len(self.labels))) if rows is None else rows
        if scores.shape[1] == 1:
            scores = scores[:, 0]
        return scores[0] if single else scores

    def rank(
        self,
        query: str,
        documents: Sequence[str],
        top_k: int | None = None,
        *,
        return_documents: bool = False,
        batch_size: int = 32,
        raw_scores: bool = False,
        show_progress_bar: bool | None = None,
    ) -> list[dict[str, Any]]:
        """Orders documents by how well they answer a query, as `CrossEncoder.rank` does.

        Args:
            top_k: how many to return; None: all.
            return_documents: add each document as "text".

        Returns:
            Dicts with "corpus_id", the document's place in `documents`, and "score"; the best first, the
            lower place first among equals.

        Raises:
            UnsupportedError: the model has more than one label, or none.
            InvalidArgumentError: as in `encode()`.
        """
        if len(self.labels) > 1:
            labels = ", ".join(self.labels)
            raise InvalidArgumentError(
                f"rank() needs a model with one label; {self.folder} has {len(self.labels)}: {labels}"
            )
        scores = self.predict(
            [(query, document) for document in documents],
            batch_size,
            raw_scores=raw_scores,
            show_progress_bar=show_progress_bar,
        )
        best = np.argsort(-np.asarray(scores), kind="stable")[:top_k]
        ranked: list[dict[str, Any]] = [
            {"corpus_id": int(place), "score": float(np.asarray(scores)[place])} for place in best
        ]
        if return_documents:
            for one in ranked:
                one["text"] = documents[one["corpus_id"]]
        return ranked

    def tokenize(self, texts: Sequence[str] | Sequence[Pair]) -> list[list[int]]:
        """The ids of each text or pair, special tokens included, cut to `max_seq_length`; no prompt."""
        inputs = as_inputs(texts)
        return self._core.tokenize(inputs.texts, inputs.pairs, "")

    def flush(self, timeout: float = 10.0) -> None:
        """Waits until all results so far are stored, or refused. Raises: as `Store.flush()`."""
        self._core.flush(timeout)

    def figures(self) -> TextFigures:
        """What became of this model's texts so far."""
        return TextFigures(**self._core.figures())

    def close(self) -> None:
        """Waits until the results are stored, and closes the model, and its store unless that was passed in.

        Whoever does not call it has the same when the object is gone, or the interpreter ends.
        """
        self._finish()

    @property
    def folder(self) -> str:
        """The model's folder."""
        return self._core.folder

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""
        return self._core.dimension

    @property
    def max_seq_length(self) -> int:
        """The longest input, in tokens; longer ones are cut."""
        return self._core.length

    @property
    def labels(self) -> list[str]:
        """What `predict()` scores, in order; empty where the model has no such head."""
        return self._core.labels if self._core.task == "classification" else []

    @property
    def prompts(self) -> dict[str, str]:
        """The model's prompts by name."""
        return self._core.prompts

    @property
    def default_prompt_name(self) -> str | None:
        """The prompt that is put before texts where no other is asked for."""
        return self._core.default_prompt_name

    @property
    def similarity_fn_name(self) -> str:
        """How the model's embeddings are to be compared: "cosine", "dot", "euclidean" or "manhattan"."""
        return self._core.similarity

    @property
    def dtype(self) -> str:
        """The number format of the products: "f32", "bf16", "s16" or "s8"."""
        return self._core.dtype

    @property
    def threads(self) -> int:
        """How many threads compute."""
        return self._core.threads

    @property
    def unavailable_reason(self) -> str | None:
        """Why memos cannot be had just now, and everything is computed; None: they can, or are not wanted."""
        return self._core.unavailable_reason()

    def __enter__(self) -> "TextModel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"memod.TextModel({self.folder!r}, dtype={self.dtype!r}, max_seq_length={self.max_seq_length})"

    def _warn(self, wanted: str) -> None:
        if self.dtype != wanted:
            warnings.warn(f"this CPU has no {wanted} products; computing in {self.dtype}", RuntimeWarning, 3)
        if self._core.assumption:
            warnings.warn(self._core.assumption, RuntimeWarning, 3)
        if (reason := self.unavailable_reason) is not None:
            warnings.warn(f"{reason}; everything is computed until that changes", RuntimeWarning, 3)

    def _prompt(self, prompt: str | None, name: str | None) -> str | None:
        return prompt if prompt is not None or name is None else self._core.prompt_text(name)

    def _run(
        self,
        texts: Sequence[str],
        compute: Callable[[Sequence[int]], Any],
        batch_size: int,
        show_progress_bar: bool | None,
        seconds: Sequence[str] | None = None,
    ) -> Any:
        """Calls `compute` with the places of each batch, and puts its rows in the order of the texts."""
        lengths = [len(text) for text in texts]
        if seconds is not None:
            lengths = [length + len(second) for length, second in zip(lengths, seconds, strict=True)]
        rows = None
        for places in as_batches(lengths, batch_size, show_progress_bar):
            batch = compute(places)
            if rows is None:
                rows = np.empty((len(texts), batch.shape[1]), batch.dtype)
            rows[places] = batch
        return rows


def _open(memo: str | Store, pool_size: str) -> Store | None:
    if isinstance(memo, Store):
        return memo
    return None if memo == "none" else Store(memo, pool_size=pool_size)


def _finish(core: _core.TextModel, store: Store | None, owns_store: bool) -> None:
    try:
        core.flush(10.0)
    except Error as error:
        warnings.warn(f"some results may not be stored: {error}", RuntimeWarning, 2)
    core.close()
    if store is not None and owns_store:
        store.close()
