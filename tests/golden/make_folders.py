#!/usr/bin/env python3
"""Makes tests/data/folders: small model folders with what sentence-transformers and transformers make of them.

    apt-get install python3-torch python3-venv && python3 -m venv --system-site-packages venv
    venv/bin/pip install sentence-transformers==5.7.0 transformers==4.44.2 'numpy<2'
    venv/bin/python make_folders.py --out ../data/folders [--only PART_OF_A_NAME]

<case>/case.json   about      what the folder shows
                   base       the folder that it is laid over, itself a case or not; into: the subfolder for that
                   without    files of the base that it goes without
                   arguments  of memo-infer, beside --model, --input and --output
                   input      lines: objects, or text as it is
                   output     lines to come
                   refused    parts of the message, where memo-infer has to refuse; beside output: where it may
                   reference  what the reference does with a folder that memo-infer has to refuse
<case>/...         the folder's own files

Expected values are what the reference computes from that very folder, each text alone.
"""
import argparse
import os
import shutil
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from folders import (bases, expected, head_cases, module_cases, pooling_cases, score_cases, setting_cases,
                     tokenizer_cases)
from folders.case import assemble, rounded, write_case, write_file

PARTS = (bases.bases, score_cases.checkpoints, bases.whole, pooling_cases.cases, module_cases.cases,
         setting_cases.cases, score_cases.cases, head_cases.cases, tokenizer_cases.cases)


def what_reference_does(case, folder):
    """For the reader of a case that is refused: whether the reference refuses it too."""
    try:
        expected.of_folder(folder, case)
    except BaseException as error:  # its tokenizers panic, which is no Exception
        return f"fails with {type(error).__name__}"
    return "answers"


def results(case, folder):
    fields = {}
    with tempfile.TemporaryDirectory() as whole:
        assemble(folder, whole)
        if case.want is not None:
            fields["output"] = rounded(case.want(whole, case))
        if case.refused:
            fields["refused"] = case.refused
        if case.want is None:
            fields["reference"] = what_reference_does(case, whole)
    return fields


def write(case, out):
    folder = os.path.join(out, case.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, content in case.files.items():
        write_file(os.path.join(folder, name), content)
    fields = {"about": case.about}
    fields.update({key: getattr(case, key) for key in ("base", "into", "without", "arguments") if getattr(case, key)})
    path = os.path.join(folder, "case.json")
    write_case(path, fields)  # the base has to be known for what follows
    write_case(path, {**fields, "input": case.input, **results(case, folder)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    made, failed = set(), 0
    for case in (case for part in PARTS for case in part()):
        if case.name in made:
            sys.exit(f"two cases are called {case.name}")
        made.add(case.name)
        if arguments.only not in case.name:
            continue
        try:
            write(case, arguments.out)
        except Exception as error:
            failed += 1
            print(f"{case.name}: {type(error).__name__}: {error}")
    for name in set(os.listdir(arguments.out)) - made:
        print(f"{name}: no case of this script; remove it")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
