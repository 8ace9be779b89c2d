"""The demo itself; tools/demo installs, builds and fetches, then runs this. See tools/demo --help."""
import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile

import table
import texts
from processes import Daemon, Failure, run

# The policy of the rows "maps": every layer answers exact repeats and near-duplicates from the pool and computes the
# rest. The distance is a cautious choice: docs/measurements/similarity.md shows what greater ones cost. The
# selection is fixed so that the second run finds every mail of the first.
POLICY = """format = "memo-policy"
version = 1
kinds = ["map"]
length = {length}
selection = "fixed"

[default]
mode = "lookup"
max_distance = {max_distance}
"""
MAX_DISTANCE = 0.05
BUDGET_POINTS = 1.0


class Run:
    """What one inference process wrote."""

    def __init__(self, output: str, summary: str):
        self.outputs = table.read_outputs(output)
        with open(summary, encoding="utf-8") as file:
            self.summary = json.load(file)


class Demo:
    def __init__(self, options, folder: str, pool: str):
        self.options, self.folder, self.pool = options, folder, pool
        self.endpoint = f"unix:{self.path('memod.sock')}"
        self.daemon = Daemon(
            [self.tool("memod"), "--pool", pool, "--size", options.pool_size, "--listen", self.endpoint],
            self.path("memod.sock"), self.path("memod.log"))
        self.policy = options.policy or self.write_policy()
        self.head = None
        self.rows = []
        self.runs = 0

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def tool(self, name: str) -> str:
        return os.path.join(self.options.bin, name)

    def write_policy(self) -> str:
        with open(self.path("policy.toml"), "w", encoding="utf-8") as out:
            out.write(POLICY.format(length=self.options.length, max_distance=MAX_DISTANCE))
        return self.path("policy.toml")

    def memo(self, mode: str) -> list:
        """What is said of memos: nothing is kept, whole results are (without a policy), or maps."""
        if mode == "plain":
            return ["--memo", "none"]
        return ["--memo", self.endpoint, *(["--policy", self.policy] if mode == "maps" else [])]

    def infer(self, source: str, mode: str) -> Run:
        self.runs += 1
        name = f"run{self.runs:02d}"
        output, summary = self.path(f"{name}.jsonl"), self.path(f"{name}.summary.json")
        head = ["--head", self.head, "--embeddings"] if self.head else []
        options = self.options
        run([self.tool("memo-infer"), "--model", options.model, "--input", source, "--text-field", "text",
             "--length", str(options.length), "--batch", str(options.batch), "--threads", str(options.threads),
             "--output", output, "--summary", summary, *self.memo(mode), *head], self.path(f"{name}.log"))
        return Run(output, summary)

    def fit_head(self, training: list) -> None:
        if not texts.labelled(training):
            say("The texts have no labels: no accuracy.")
            return
        say(f"Fitting the task head on plain embeddings of {len(training)} training texts")
        source = texts.write_texts(training, self.path("training.jsonl"))
        self.infer(source, "plain")
        embeddings, self.head = self.path(f"run{self.runs:02d}.jsonl"), self.path("head.json")
        run([self.tool("memo-train"), "head", "--embeddings", embeddings, "--labels", source,
             "--label-field", "label", "--output", self.head], self.path("head.log"))

    def stage(self, title: str, batch: list, source: str) -> None:
        """All ways on the same texts, one after the other: so that ratios hold when the machine's speed drifts."""
        plain = None
        for mode in table.MODES:
            run = self.infer(source, mode)
            plain = plain or run
            self.rows.append(table.row(title, mode, run, plain, batch))
            print(table.line(self.rows[-1]), flush=True)
        self.plain_is = (f"{plain.summary['plain_is']}; "
                         f"page faults in its median batch: {plain.summary['page_faults']['p50']:g}")

    def main_job(self, training: list, test: list, unseen: list) -> None:
        self.fit_head(training)
        test_file = texts.write_texts(test, self.path("test.jsonl"))
        unseen_file = texts.write_texts(unseen, self.path("unseen.jsonl"))
        self.daemon.start()
        print(table.header(), flush=True)
        self.stage(table.STAGES[0], test, test_file)
        self.stage(table.STAGES[1], test, test_file)
        self.stage(table.STAGES[2], unseen, unseen_file)
        self.daemon.stop()
        self.daemon.start()
        self.stage(table.STAGES[3], test, test_file)
        self.daemon.stop()
        run([self.tool("memoctl"), "check", self.pool], self.path("check.log"))

    def accuracy_lost(self):
        """The most points that a row lost against plain's of its stage; None without labels."""
        lost = [row["accuracy_lost"] for row in self.rows if row["accuracy_lost"] is not None]
        return max(lost) if lost else None


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="demo", allow_abbrev=False)
    for name in ("--bin", "--cache", "--model", "--mail"):
        parser.add_argument(name, required=True)
    for name, default in (("--mails", 1000), ("--training", 1500), ("--length", 128), ("--batch", 8),
                          ("--threads", os.cpu_count()), ("--seed", 1)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--policy")
    parser.add_argument("--pool-size", default="3GiB")
    parser.add_argument("--json")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for name in ("mails", "training", "length", "batch", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def size_in_bytes(text: str) -> int:
    units = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
    try:
        return int(text[:-3]) * units[text[-3:]]
    except (KeyError, ValueError):
        raise Failure(f"--pool-size: {text!r} is not a size such as 3GiB") from None


def pool_folder(options) -> str:
    """Memory when there is room for the pool and as much again, else the cache folder's disk."""
    needed = size_in_bytes(options.pool_size)
    for folder in ("/dev/shm", options.cache):
        if os.path.isdir(folder) and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 * needed:
            return folder
    raise Failure(f"neither /dev/shm nor {options.cache} has {2 * needed >> 30} GiB free for a pool; pass --pool-size")


def report(demo: Demo, options) -> None:
    lost = demo.accuracy_lost()
    print(f"\nA row is a batch of {options.batch} texts of up to {options.length} tokens on {options.threads} threads,"
          f" tokens in to embedding out.\nPlain is {demo.plain_is}.\nResults: whole results are kept, as memo-infer "
          f"does by default; maps: attention maps are.\nThe pool was on {os.path.dirname(demo.pool)}"
          f"{'' if lost is None else f'; most accuracy lost: {max(lost, 0):.1f} points (allowed: {BUDGET_POINTS})'}.")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump({"rows": demo.rows, "plain_is": demo.plain_is, "batch": options.batch, "length": options.length,
                       "threads": options.threads, "accuracy_lost_points": lost}, out, indent=2)
            out.write("\n")


def main() -> None:
    options = parse_arguments()
    training, test, unseen = texts.split(texts.read_texts(options.mail), options.seed, options.training, options.mails)
    with contextlib.ExitStack() as cleanup:
        folder = tempfile.mkdtemp(prefix="memod-demo-")
        pools = tempfile.mkdtemp(prefix="memod-demo-", dir=pool_folder(options))
        cleanup.callback(shutil.rmtree, pools, ignore_errors=True)
        if options.keep:
            cleanup.callback(say, f"Kept: {folder}")
        else:
            cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        demo = Demo(options, folder, os.path.join(pools, "pool"))
        cleanup.callback(demo.daemon.kill)
        demo.main_job(training, test, unseen)
        report(demo, options)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"demo: {failure}")
    except KeyboardInterrupt:
        sys.exit("demo: interrupted")
