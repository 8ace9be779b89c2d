"""The package as such: its names, its version, its types, and what it exports to the process."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SOURCE, TINY_BERT, Daemon

import memod
from memod import _core

PACKAGE = Path(memod.__file__).parent


def names_in(body) -> dict[str, list[str]]:
    """Classes of a stub, each with its methods."""
    return {
        node.name: [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
        for node in body
        if isinstance(node, ast.ClassDef)
    }


def test_the_version_is_the_projects():
    project = (SOURCE / "CMakeLists.txt").read_text()
    assert re.search(r"project\(memod VERSION ([\d.]+)", project)[1] == memod.__version__


def test_the_stub_names_what_the_module_has():
    stub = names_in(ast.parse((PACKAGE / "_core.pyi").read_text()).body)
    classes = {name: value for name, value in vars(_core).items() if inspect.isclass(value)}
    assert stub.keys() == classes.keys()
    for name, methods in stub.items():
        public = [method for method in vars(classes[name]) if not method.startswith("_")]
        assert sorted(methods) == sorted(public), name


def test_every_public_name_has_a_docstring():
    for name in memod.__all__:
        value = getattr(memod, name)
        if inspect.isclass(value):
            assert value.__doc__, name
            methods = [
                part for part in vars(value).items() if callable(part[1]) and not part[0].startswith("_")
            ]
            assert all(method.__doc__ for _, method in methods), name


def test_types_hold(tmp_path):
    pytest.importorskip("mypy")
    settings = SOURCE / "client" / "python" / "pyproject.toml"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            settings,
            "--cache-dir",
            tmp_path,
            "--package",
            "memod",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 0, done.stdout


def test_the_module_exports_nothing_but_its_entry():
    if shutil.which("nm") is None:
        pytest.skip("nm of binutils is not here")
    listing = subprocess.run(
        ["nm", "--dynamic", "--defined-only", _core.__file__], capture_output=True, text=True, check=True
    )
    assert [line.split()[-1] for line in listing.stdout.splitlines()] == ["PyInit__core"]


def readme_code() -> str:
    """The first block of code that imports memod."""
    blocks = re.findall(r"```python\n(.*?)```", (SOURCE / "README.md").read_text(), re.DOTALL)
    return next(block for block in blocks if "import memod" in block)


def test_the_lines_of_the_readme_work(folder):
    daemon = Daemon(folder)
    daemon.start()
    code = readme_code()
    assert "unix:/tmp/memod.sock" in code and '"DIR"' in code
    code = code.replace("unix:/tmp/memod.sock", daemon.endpoint).replace('"DIR"', repr(str(TINY_BERT)))
    for expected in ("found=0", "found=2"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert expected in done.stdout
    daemon.stop()
