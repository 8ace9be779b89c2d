#!/usr/bin/env python3
"""Alters the JSON files of model folders at random and compares memo-infer with the reference.

    venv as make_folders.py needs it
    venv/bin/python fuzz_folders.py --memo-infer BUILD/bin/memo-infer --count 1000 --seed 1
    venv/bin/python fuzz_folders.py --corpus ../data/folder-mutations.jsonl --count 640 --seed 1

Of each mutation: memo-infer refuses it, gives what the reference gives to 1e-4, gives something else (BAD), or answers
where the reference fails (printed; right only where the field changes no number). Refusals of what the reference
computes as if nothing had changed are counted by field: there memo-infer is stricter than it has to be.

--corpus writes a quarter of the mutations with what the reference makes of them, for folder_mutations_test: a line each,
with "output", or without it where the reference fails; "ignorable" of those that may be answered as if nothing had
changed. Exit code 1: something is BAD.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile
import threading

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from folders.case import assemble, read_case
from folders.mutations import apply, draw, named
from folders.worker import Worker, serve

BASES = {"whole-bert": 6, "whole-roberta": 2, "whole-mpnet": 2, "whole-scores": 3, "scores-identity": 1}
# Fields without which, or with nonsense in which, the reference fails, though they change no number.
IGNORABLE = {"idx", "name", "version", "decoder", "trim_offsets", "__version__", "label2id", "classifier_dropout",
             "single_word", "lstrip", "rstrip", "normalized", "special"}
TOLERANCE = 1e-4
HERE = threading.local()


def difference(left, right):
    if type(left) in (int, float) and type(right) in (int, float):
        return abs(left - right)
    if type(left) is not type(right):
        return float("inf")
    if isinstance(left, dict) and left.keys() == right.keys():
        return max((difference(left[key], right[key]) for key in left), default=0)
    if isinstance(left, list) and len(left) == len(right):
        return max(map(difference, left, right), default=0)
    return 0 if left == right else float("inf")


def ours(arguments, mutation):
    """memo-infer's output lines, or None and what it says."""
    source = os.path.join(arguments.cases, mutation["case"])
    case = read_case(source)
    with tempfile.TemporaryDirectory() as place:
        assemble(source, place + "/model")
        apply(mutation, place + "/model")
        with open(place + "/input", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in case["input"])
        command = [arguments.memo_infer, "--model", place + "/model", "--input", place + "/input", "--output",
                   place + "/output", "--memo", "none", "--threads", "1", *case.get("arguments", [])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            return None, done.stderr.strip() if done.returncode in (1, 2) else f"CRASH {done.returncode}"
        with open(place + "/output", encoding="utf-8") as file:
            return [json.loads(line) for line in file], ""


def run_one(arguments, mutation):
    if not hasattr(HERE, "worker"):
        HERE.worker = Worker(arguments.cases)
    reference = HERE.worker.answer(mutation)
    output, message = ours(arguments, mutation) if arguments.memo_infer else (None, "")
    return mutation, reference, output, message


def verdict(reference, output, message):
    if output is None:
        return "BAD: crash" if message.startswith("CRASH") else "refused"
    if "output" not in reference:
        return "answered alone"
    return "equal" if difference(reference["output"], output) <= TOLERANCE else "BAD: another answer"


def drawn(arguments):
    source = random.Random(arguments.seed)
    seen, made = set(), []
    with tempfile.TemporaryDirectory() as place:
        for case in BASES:
            assemble(os.path.join(arguments.cases, case), f"{place}/{case}")
        while len(made) < arguments.count:
            case = source.choices(list(BASES), list(BASES.values()))[0]
            mutation = draw(source, case, f"{place}/{case}")
            text = json.dumps(mutation)
            if text not in seen:
                seen.add(text)
                made.append(mutation)
    return made


def field(mutation):
    place = ".".join(str(key) for key in mutation.get("path", ["(text)"]))
    return f"{mutation['file']} {place}"


def unchanged(arguments, mutation, reference):
    before = read_case(os.path.join(arguments.cases, mutation["case"]))["output"]
    return "output" in reference and difference(before, reference["output"]) <= TOLERANCE


def compare(arguments, results):
    counts, strict = collections.Counter(), collections.Counter()
    for mutation, reference, output, message in results:
        what = verdict(reference, output, message)
        counts[what] += 1
        if what == "refused" and unchanged(arguments, mutation, reference):
            strict[field(mutation)] += 1
        if what.startswith("BAD") or what == "answered alone" or arguments.verbose:
            print(what, json.dumps(mutation, ensure_ascii=True), flush=True)
            print("   reference:", reference.get("error") or json.dumps(reference["output"])[:200])
            print("   memo-infer:", message[:300] or json.dumps(output)[:200], flush=True)
    for name, count in sorted(strict.items()):
        print(f"stricter than the reference: {name} ({count})")
    print(", ".join(f"{what}: {count}" for what, count in sorted(counts.items())))
    return not any(what.startswith("BAD") for what in counts)


def excluded(mutation, reference):
    """A number that not every parser keeps whole; positions without end, which only long texts show."""
    return (str(10**20) in str(mutation.get("value"))
            or (named(mutation.get("path", [])) == "max_seq_length" and mutation.get("value") is None
                and "IndexError" in reference.get("error", "")))


def chosen(arguments, results, count):
    """Of each outcome - another result, none, the same - a third, and no field three times."""
    kinds, fields = collections.defaultdict(list), collections.Counter()
    for mutation, reference, _, _ in results:
        place = (mutation["file"], named(mutation.get("path", [])))
        fields[place] += 1
        same = unchanged(arguments, mutation, reference)
        if fields[place] <= 2 and not excluded(mutation, reference):
            kinds["same" if same else "other" if "output" in reference else "none"].append((mutation, reference))
    return [pair for kind in ("other", "none", "same") for pair in kinds[kind][:count // 3]]


def write_corpus(arguments, results):
    with open(arguments.corpus, "w", encoding="utf-8") as file:
        for mutation, reference in chosen(arguments, results, arguments.count // 4):
            kept = {"output": shortened(reference["output"])} if "output" in reference else {}
            if not kept and IGNORABLE.intersection(map(str, mutation.get("path", []))):
                kept = {"ignorable": True}
            file.write(json.dumps({**mutation, **kept}, ensure_ascii=True, separators=(",", ":")) + "\n")


def shortened(value):
    """Five decimals, a tenth of what the comparison allows."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    return [shortened(part) for part in value] if isinstance(value, list) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--memo-infer")
    parser.add_argument("--corpus")
    parser.add_argument("--cases", default=os.path.join(here, "../data/folders"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return serve(arguments.cases)
    if not arguments.memo_infer and not arguments.corpus:
        parser.error("--memo-infer or --corpus is needed")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda mutation: run_one(arguments, mutation), drawn(arguments))
        if arguments.corpus:
            results = list(results)
            write_corpus(arguments, results)
        return None if not arguments.memo_infer or compare(arguments, results) else 1


if __name__ == "__main__":
    sys.exit(main())
