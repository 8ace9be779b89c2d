"""memo-infer on the same input, and the model folders of tests/data/folders, which are assembled from
parts."""

import json
import shutil
import subprocess
from pathlib import Path

from conftest import BINARIES, SOURCE

FOLDER_CASES = SOURCE / "tests" / "data" / "folders"


class InferFailed(Exception):
    """memo-infer refused; the message is its own."""


def infer(model: Path, lines: list, folder: Path, *arguments: str) -> list[dict]:
    """What memo-infer writes for lines of JSON. `folder` is for files."""
    source, target = folder / "infer-input.jsonl", folder / "infer-output.jsonl"
    target.unlink(missing_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    source.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    command = [BINARIES / "memo-infer", "--model", model, "--input", source, "--output", target, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InferFailed(done.stderr)
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def embeddings_of(lines: list[dict]) -> list[list[float]]:
    return [line["embedding"] for line in lines]


def texts_as_lines(texts: list[str]) -> list[dict]:
    return [{"text": text} for text in texts]


def assemble(source: Path, target: Path) -> Path:
    """What lies in `source`, a case or a plain model folder, with its base below it."""
    description = source / "case.json"
    fields = json.loads(description.read_text(encoding="utf-8")) if description.exists() else {}
    if "base" in fields:
        assemble(source / fields["base"], target / fields.get("into", ""))
    for name in fields.get("without", []):
        path = target / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(source, target, dirs_exist_ok=True)
    (target / "case.json").unlink(missing_ok=True)
    return target
