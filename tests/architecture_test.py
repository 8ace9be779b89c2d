"""The arrows between folders hold: who may include whom, and which libraries appear where.

usage: architecture_test.py ROOT ARROWS ATTACH_ONLY_BINARY RUNTIME_BINARY...

ARROWS: what CMake was told (tools/cmake/folder.cmake): a line "FOLDER: FOLDER..." for each folder, which stands on
those before it.
ATTACH_ONLY_BINARY is a program that links memo::client alone: it must load neither PMDK, FAISS nor LibTorch.
RUNTIME_BINARY: it may load PMDK, but neither LibTorch nor a BLAS.
Exit code 1 and one line for each arrow that is broken.
"""
import collections
import os
import re
import subprocess
import sys

# part -> parts, or single folders, that its folders may use. tools and tests may use all.
PARTS = {
    "client": {"client"},
    "client/python": {"client/python", "client", "memod", "embed", "model"},  # the package is one more program
    "index": {"index", "client/cpu"},
    "memod": {"memod", "client", "index"},
    "embed": {"embed", "client"},  # Status and the strong types live in client
    "model": {"model", "client", "embed"},
}
# library header -> folders (path prefixes) where it may appear
LIBRARIES = {
    r"<libpmem": ("memod/store/pool/",),
    r"<faiss/": ("index/graph/",),
    r"<(ATen|torch|c10)/": ("embed/training/", "model/tuning/", "tools/common/random_model/", "tools/memo-bench/",
                            "tools/memo-profile/", "tools/memo-train/", "tests/"),
    r"<oneapi/dnnl/": ("embed/tensor/", "model/layers/", "model/engine/", "tests/"),
    r"<png\.h>": ("tools/picture/",),
    r"<boost/": ("tools/memo-serve/http/", "tools/memo-bench/serve/", "tests/"),
    r"<toml\.hpp>": ("client/settings/",),
    r"<(hiredis|libmemcached|rocksdb)/|<lmdb\.h>": ("tools/memo-bench/store/peers/",),
    r"<capnp/|<kj/|\.capnp\.h": ("client/", "tests/"),
}
# What users install: these include each other, and otherwise what comes with a compiler.
PUBLIC_HEADERS = "client/include/memo/"
PUBLIC_INCLUDE = re.compile(r'"memo/\w+\.h"|<[a-z_]+>|<(stddef|stdint)\.h>')
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+[>"])')
# More files than these in one folder are two concepts.
MAX_FILES = 25
SOURCES = (".h", ".c", ".cpp", ".inc")


def sources(root):
    for part in sorted({part.split("/")[0] for part in PARTS} | {"tools", "tests"}):
        for parent, folders, names in os.walk(os.path.join(root, part)):
            if os.path.relpath(parent, root) == "tests/data":
                folders.clear()
            for name in names:
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(parent, name), root)


def read_arrows(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.split(":") for line in file.read().splitlines()]
    return {folder: set(uses.split()) for folder, uses in lines}


def part_of(folder):
    return "client/python" if folder.startswith("client/python") else folder.split("/")[0]


def broken_parts(arrows):
    for folder, uses in arrows.items():
        allowed = PARTS.get(part_of(folder))
        for use in sorted(uses):
            if allowed is not None and not allowed & {use, part_of(use)}:
                yield f"{folder} must not use {use}"


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield f"{path}:{number}", match.group(1)


def folder_included(included):
    """Of ours, or None."""
    folder = os.path.dirname(included[1:-1])
    folder = "client/include/memo" if folder == "memo" else folder
    return folder if included[0] == '"' and part_of(folder) in {*PARTS, "tools"} else None


def broken_arrows(root, path, arrows, used):
    folder = os.path.dirname(path)
    for place, included in includes(root, path):
        if path.startswith(PUBLIC_HEADERS) and not PUBLIC_INCLUDE.fullmatch(included):
            yield f"{place}: a public header must not include {included}"
        target = folder_included(included)
        if folder in arrows and target not in (None, folder):
            used[folder].add(target)
            if target not in arrows[folder]:
                yield f"{place}: {folder} does not say that it uses {target}"
        for library, places in LIBRARIES.items():
            if re.match(library, included) and not path.startswith(places):
                yield f"{place}: {included} belongs in {', '.join(places)}"


def unused_arrows(arrows, used):
    for folder, uses in arrows.items():
        for use in sorted(uses - used[folder]):
            yield f"{folder} says that it uses {use}, and does not"


def large_folders(paths):
    for folder, files in sorted(collections.Counter(map(os.path.dirname, paths)).items()):
        if files > MAX_FILES:
            yield f"{folder} has {files} files, more than {MAX_FILES}"


def unknown_folders(paths, arrows):
    """Folders that no target compiles; tests, and programs that users copy, are no parts. The Python package's module
    is a target where MEMO_PYTHON is on."""
    for folder in sorted(set(map(os.path.dirname, paths))):
        elsewhere = folder.startswith(("client/examples", "client/python"))
        if folder not in arrows and part_of(folder) != "tests" and not elsewhere:
            yield f"{folder} is no target: memo_folder() has to know it"


def loaded(binary, libraries):
    listing = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    return [f"{os.path.basename(binary)} links {name}" for name in libraries if name in listing]


def main(root, arrows_file, attach_only, *runtime):
    arrows, used = read_arrows(arrows_file), collections.defaultdict(set)
    paths = sorted(sources(root))
    findings = [finding for path in paths for finding in broken_arrows(root, path, arrows, used)]
    findings += broken_parts(arrows)
    findings += unused_arrows(arrows, used)
    findings += large_folders(paths)
    findings += unknown_folders(paths, arrows)
    findings += loaded(attach_only, ("libpmem", "libfaiss", "libtorch", "libc10", "libtbb", "blas"))
    for binary in runtime:
        findings += loaded(binary, ("libfaiss", "libtorch", "libc10", "blas"))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
