"""A case: a model folder, what to run on it, and what has to come of it."""
import dataclasses
import json
import os
import shutil


@dataclasses.dataclass
class Case:
    """files: path in the folder -> a JSON value, text or bytes. A value that is itself a JSON text is given as text.

    want: a function (folder, case) -> the expected output lines. refused: parts of the message with which memo-infer has
    to refuse. Where there are both, it may do either. into: the folder in the folder that the base is laid into.
    """
    name: str
    about: str
    want: object = None
    base: str = ""
    files: dict = dataclasses.field(default_factory=dict)
    without: list = dataclasses.field(default_factory=list)
    arguments: list = dataclasses.field(default_factory=list)
    input: list = dataclasses.field(default_factory=list)
    refused: list = dataclasses.field(default_factory=list)
    into: str = ""

    def argument(self, name, fallback=None):
        """The value after --NAME in the arguments of memo-infer."""
        if name not in self.arguments:
            return fallback
        return self.arguments[self.arguments.index(name) + 1]

    def texts(self):
        return [line["text"] for line in self.input]

    def lines(self, results):
        """The output lines: the input's ids with one result, a dict, each."""
        return [{"id": line["id"], **result} for line, result in zip(self.input, results)]


def rounded(value):
    """To seven significant digits, which tells every f32 within what two implementations differ by."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, list):
        return [rounded(part) for part in value]
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return value


def write_file(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content, bytes):
        with open(path, "wb") as file:
            file.write(content)
        return
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_case(path, fields):
    """One line a field, and a line for each line of the input and output."""
    parts = []
    for key, value in fields.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("input", "output"):
            text = "[\n  " + ",\n  ".join(json.dumps(line, ensure_ascii=False) for line in value) + "]"
        parts.append(json.dumps(key) + ": " + text)
    with open(path, "w", encoding="utf-8") as file:
        file.write("{" + ",\n ".join(parts) + "}\n")


def read_case(folder):
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
        return json.load(file)


def assemble(folder, target):
    """Makes `target` what the case in `folder` says: its base, if any, less what it goes without, its own files over it."""
    case = read_case(folder) if os.path.exists(os.path.join(folder, "case.json")) else {}
    if case.get("base"):
        assemble(os.path.join(folder, case["base"]), os.path.join(target, case.get("into", "")))
    for name in case.get("without", []):
        os.remove(os.path.join(target, name))
    shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("case.json"))
