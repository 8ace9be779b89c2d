#!/usr/bin/env python3
"""Checks that memo-bench's peers compute what the reference implementations do, family by family.

    python=$(tools/memo-bench/peers/setup torch | cut -f2)  # any that has numpy and tokenizers will do
    $python tests/golden/check_peers.py [--threads N]

Makes a small random model folder for each family and asks every installed peer for its states, through the protocol
that memo-bench uses: they must equal those of `transformers` (the torch peer) to 1e-4 in f32, BERT's also those of
reference.py. All graphs that a peer tries at load must agree to the same bound.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import random_models

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SERVER = os.path.join(ROOT, "tools", "memo-bench", "peers", "peer_server.py")
SETUP = os.path.join(ROOT, "tools", "memo-bench", "peers", "setup")
BATCH, LENGTH, BOUND = 2, 24, 1e-4
LONG = 300  # deberta's buckets are exact below 128, mpnet's below 8


class Peer:
    def __init__(self, name: str, python: str, threads: int):
        self.name = name
        command = [python, SERVER, "--peer", name, "--threads", str(threads), "--dtype", "f32"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not answer["ok"]:
            sys.exit(f"{self.name}: {answer['error']}")
        return answer

    def states(self, folder: str, ids, scratch: str):
        settings = self.ask(command="load", model=folder, batch=len(ids), length=len(ids[0]))["settings"]
        for tried in settings.get("tried", []):
            if "error" in tried or tried["difference"] > BOUND:
                sys.exit(f"{self.name}: a graph failed or differs: {tried}")
        shape = self.ask(command="states", ids=ids, output=scratch)["shape"]
        return random_models.read_floats(scratch, shape), settings


def reference_states(folder: str, ids):
    import reference
    model = reference.Bert(folder)
    return [model.states(one) for one in ids]


def check(family: str, length: int, peers: list, scratch: str) -> bool:
    folder = os.path.join(scratch, f"{family}-{length}")
    random_models.write(family, folder)
    ids = random_models.random_ids(BATCH, length)
    found = {peer.name: peer.states(folder, ids, os.path.join(scratch, "states"))[0] for peer in peers}
    if family == "bert":
        found["reference"] = reference_states(folder, ids)
    expected = found.pop("torch") if "torch" in found else found.pop("reference", None)
    if expected is None:
        print(f"{family}: nothing to compare with")
        return False
    good = True
    for name, states in found.items():
        difference = float(abs(states - expected).max())
        print(f"{family}, length {length}: {name} differs by {difference:.1e}")
        good = good and difference <= BOUND
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    installed = subprocess.run([SETUP], stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
    peers = [Peer(*line.split("\t"), arguments.threads) for line in installed]
    with tempfile.TemporaryDirectory() as scratch:
        cases = [(family, LENGTH) for family in random_models.FAMILIES] + [(family, LONG) for family in ("deberta-v2", "mpnet")]
        good = [check(*case, peers, scratch) for case in cases]
    for peer in peers:
        peer.ask(command="quit")
        peer.process.wait()
    sys.exit(0 if peers and all(good) else 1)


if __name__ == "__main__":
    main()
