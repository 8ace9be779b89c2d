"""The arrows between folders hold: who may include whom, and which libraries appear where.

usage: architecture_test.py ROOT ATTACH_ONLY_BINARY RUNTIME_BINARY...

ATTACH_ONLY_BINARY is a program that links memo::client alone: it must load neither PMDK, FAISS nor LibTorch.
RUNTIME_BINARY: it may load PMDK, but neither LibTorch nor a BLAS.
Exit code 1 and one line for each arrow that is broken.
"""
import os
import re
import subprocess
import sys

# folder -> folders of ours that it may include. tools and tests may include all.
ALLOWED = {
    "client": {"client"},
    "index": {"index"},
    "memod": {"memod", "client", "index"},
    "embed": {"embed", "client"},  # Status and the strong types live in client
    "model": {"model", "client", "embed"},
}
# library header -> folders (path prefixes) where it may appear
LIBRARIES = {
    r"<libpmem": ("memod/pool/",),
    r"<faiss/": ("index/",),
    r"<(ATen|torch|c10)/": ("embed/penalty_fit", "embed/regressed_embedder", "embed/retrieval",
                            "embed/siamese", "embed/torch_tensor", "model/calibration/", "tools/common/random_model",
                            "tools/memo-bench/", "tools/memo-profile/", "tools/memo-train/", "tests/"),
    r"<oneapi/dnnl/": ("embed/tensor/", "model/layers/", "model/engine/", "tests/"),
    r"<png\.h>": ("tools/memoctl/picture/",),
    r"<(hiredis|libmemcached|rocksdb)/|<lmdb\.h>": ("tools/memo-bench/store_peers/",),
    r"<capnp/|<kj/|\.capnp\.h": ("client/", "tests/"),
}
# What users install: these include each other, and otherwise what comes with a compiler.
PUBLIC_HEADERS = "client/include/memo/"
PUBLIC_INCLUDE = re.compile(r'"memo/\w+\.h"|<[a-z_]+>|<(stddef|stdint)\.h>')
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+[>"])')


def sources(root):
    for folder in list(ALLOWED) + ["tools", "tests"]:
        for parent, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".h", ".c", ".cpp", ".inc")):
                    yield os.path.relpath(os.path.join(parent, name), root)


def broken_arrows(root, path):
    folder = path.split("/")[0]
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            included = match.group(1)
            if path.startswith(PUBLIC_HEADERS) and not PUBLIC_INCLUDE.fullmatch(included):
                yield f"{path}:{number}: a public header must not include {included}"
            target = included[1:].split("/")[0]
            target = "client" if target == "memo" else target  # client/include/memo
            if included[0] == '"' and folder in ALLOWED and target in set(ALLOWED) | {"tools", "tests"}:
                if target not in ALLOWED[folder]:
                    yield f"{path}:{number}: {folder} must not include {target}"
            for library, places in LIBRARIES.items():
                if re.match(library, included) and not path.startswith(places):
                    yield f"{path}:{number}: {included} belongs in {', '.join(places)}"


def loaded(binary, libraries):
    listing = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    return [f"{os.path.basename(binary)} links {name}" for name in libraries if name in listing]


def main(root, attach_only, *runtime):
    findings = [finding for path in sorted(sources(root)) for finding in broken_arrows(root, path)]
    findings += loaded(attach_only, ("libpmem", "libfaiss", "libtorch", "libc10", "libtbb", "blas"))
    for binary in runtime:
        findings += loaded(binary, ("libfaiss", "libtorch", "libc10", "blas"))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
