"""A SentenceTransformer that runs on memod.

`wrap()` writes a small folder that refers to a model's own. A program that loads it, with
`SentenceTransformer(folder, trust_remote_code=True)`, stays as it is, and gets the embeddings of
`memod.TextModel`. sentence-transformers asks for that permission for every module that is not its own.
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers.base.modules import InputModule

from memod.errors import InvalidArgumentError
from memod.text_model import TextModel

_CLASS = "memod.sentence_transformers.Encoder"
_PROMPTS = "config_sentence_transformers.json"


class Encoder(InputModule):  # type: ignore[misc, unused-ignore]
    """The one module of such a SentenceTransformer: texts in, embeddings out. It cannot be trained.

    Its file memod.json has the arguments of `TextModel.from_pretrained()`: "folder", and what is not to
    be the default.
    """

    config_file_name = "memod.json"

    def __init__(self, folder: str, **options: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self._options = {"folder": folder, **options}
        self.model = TextModel.from_pretrained(folder, **options)

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """The texts as they are: the engine makes tokens of them."""
        if kwargs:
            raise InvalidArgumentError(f"memod's encoder takes no {', '.join(kwargs)}")
        return {"texts": list(inputs), "prompt": prompt or ""}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds "sentence_embedding": [texts, dimension] float32, on the CPU. Tokens have none here."""
        texts = features["texts"]
        embeddings = self.model.encode(texts, max(1, len(texts)), prompt=features["prompt"])
        return {**features, "sentence_embedding": torch.from_numpy(embeddings)}

    def get_embedding_dimension(self) -> int:
        """Numbers in an embedding."""
        return self.model.dimension

    @property
    def max_seq_length(self) -> int:
        """The longest input, in tokens. It is chosen when loading: "length" in memod.json."""
        return self.model.max_seq_length

    def get_config_dict(self) -> dict[str, Any]:
        """What memod.json has."""
        return self._options

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Writes memod.json, which refers to the model's own folder."""
        self.save_config(output_path)


def wrap(folder: str | os.PathLike[str], target: str | os.PathLike[str], **options: Any) -> None:
    """Makes `target` a SentenceTransformer's folder that runs the model of `folder` on memod.

    Args:
        folder: a SentenceTransformer's folder, as `TextModel.from_pretrained()` takes it. It is not copied.
        options: arguments of `TextModel.from_pretrained()`, such as memo="unix:/run/memod.sock".

    Raises:
        Error: as `TextModel.from_pretrained()`, as the model is loaded once to see whether it can be.
        FileExistsError: `target` exists.
    """
    source, made = Path(folder).resolve(), Path(target)
    TextModel.from_pretrained(source, **options).close()
    made.mkdir(parents=True)
    _write(made / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": _CLASS}])
    _write(made / Encoder.config_file_name, {"folder": str(source), **options})
    if (source / _PROMPTS).exists():
        shutil.copyfile(source / _PROMPTS, made / _PROMPTS)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
