#!/usr/bin/env python3
"""What each program does without its standard streams, and at the limits of its process.

usage: process_limits_test.py BIN_DIR SOURCE_DIR [--write]

Runs the real programs, and compares what they do with the table in docs/limits.md; --write puts the table there instead.
Whatever happens, no program may die of a signal, hang, or end without a word where there is a stream to say it on; what
it calls done is complete, and what it calls failed has left the files that were there. Exit code 1 and a line for each
difference.
"""
import contextlib
import functools
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

BIN, SOURCE = sys.argv[1], sys.argv[2]
MODEL = f"{SOURCE}/tests/data/tiny-bert"
TABLE = f"{SOURCE}/docs/limits.md"
TIMEOUT = 120
NOBODY = 65534
OLD = b"what was there before\n"
findings = []


class Process:
    """A program's end: exit code, and what it wrote to its streams."""

    def __init__(self, code, out=b"", err=b""):
        self.code, self.out, self.err = code, out, err


def close(*descriptors):
    def before_exec():
        for descriptor in descriptors:
            os.close(descriptor)
    return before_exec


def limit(kind, value):
    return lambda: resource.setrlimit(kind, (value, value))


def few_processes(value):
    # root has no such limit
    def before_exec():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        resource.setrlimit(resource.RLIMIT_NPROC, (value, value))
    return before_exec


def gone_reader(read_bytes=0):
    """The writing end of a pipe whose reader takes so many bytes and goes."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(writer)
        while read_bytes > 0:
            taken = os.read(reader, read_bytes)
            if not taken:
                break
            read_bytes -= len(taken)
        os._exit(0)
    os.close(reader)
    if read_bytes == 0:
        os.wait()
    return writer


def idle_reader():
    """The writing end of a pipe that is full, and that nobody reads; the other end is kept open."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(writer, True)
    return reader, writer


def start(command, *, before_exec=None, out=subprocess.PIPE, err=subprocess.PIPE):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=before_exec)


def run(command, **streams):
    process = start(command, **streams)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
        return Process(process.returncode, out or b"", err or b"")
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Process("hangs")


CONDITIONS = {
    "stdin closed": lambda: {"before_exec": close(0)},
    "stdout closed": lambda: {"before_exec": close(1)},
    "stderr closed": lambda: {"before_exec": close(2)},
    "all three closed": lambda: {"before_exec": close(0, 1, 2)},
    "stdout full (/dev/full)": lambda: {"out": os.open("/dev/full", os.O_WRONLY)},
    "stderr full (/dev/full)": lambda: {"err": os.open("/dev/full", os.O_WRONLY)},
    "reader of stdout gone": lambda: {"out": gone_reader()},
    "reader of stderr gone": lambda: {"err": gone_reader()},
    "nobody reads stderr": lambda: {"idle": True},
    "files of 4 KiB (RLIMIT_FSIZE)": lambda: {"before_exec": limit(resource.RLIMIT_FSIZE, 4096)},
}
SWEEPS = {
    "descriptors (RLIMIT_NOFILE)": [functools.partial(limit, resource.RLIMIT_NOFILE, n) for n in (4, 6, 8, 10, 14, 20)],
    "address space (RLIMIT_AS)": [functools.partial(limit, resource.RLIMIT_AS, n << 20)
                                  for n in (50, 55, 60, 64, 68, 72, 80, 100, 150, 300, 600, 1200, 2400)],
    "threads (RLIMIT_NPROC)": [functools.partial(few_processes, n) for n in (1, 2, 3, 4, 6)],
}


@contextlib.contextmanager
def owned_by(user, paths):
    if user == os.geteuid():
        yield
        return
    for path in paths:
        os.chown(path, user, user)
    yield
    for path in paths:
        os.chown(path, os.geteuid(), os.getegid())


class Program:
    """A command, and whether what it made is complete. `name`: the program that its words come from."""

    def __init__(self, title, folder):
        self.title, self.folder = title, folder
        self.owned = []  # files that only their owner may use
        self.name = title.split()[0]

    def path(self, name):
        return f"{self.folder}/{name}"

    def prepare(self):
        """Before each run."""

    def is_complete(self, process):
        raise NotImplementedError

    def is_untouched(self):
        return True

    def run(self, **streams):
        self.prepare()
        return run(self.command, **streams)


class ToStdout(Program):
    def __init__(self, title, folder, command, owned=()):
        super().__init__(title, folder)
        self.command, self.owned = command, owned
        self.expected = self.words(self.run().out)

    @staticmethod
    def words(text):
        """But for times and counters."""
        return re.sub(rb"[0-9.]+(e[-+]?[0-9]+)?( [KMG]iB)?", b"", text)

    def is_complete(self, process):
        return self.words(process.out) == self.expected or process.out == b""


class ToFile(Program):
    def __init__(self, title, folder, command, output, others=()):
        super().__init__(title, folder)
        self.command, self.outputs = command, [output, *others]
        self.run()
        self.size = os.path.getsize(output)

    def prepare(self):
        for output in self.outputs:
            with open(output, "wb") as file:
                file.write(OLD)
            os.chmod(output, 0o666)

    def content(self, output):
        with open(output, "rb") as file:
            return file.read()

    def is_complete(self, process):
        # A profile is not the same twice.
        size = len(self.content(self.outputs[0]))
        return self.content(self.outputs[0]) != OLD and 0.5 * self.size < size < 2 * self.size

    def is_untouched(self):
        return self.content(self.outputs[0]) == OLD


class Daemon(Program):
    """Serves: a client is answered, and SIGTERM ends it with exit code 0."""

    def __init__(self, folder):
        super().__init__("memod", folder)

    def run(self, **streams):
        pool, socket = self.path("served.pool"), self.path("socket")
        for path in (pool, socket):
            if os.path.exists(path):
                os.remove(path)
        # Its words go to a file: a pipe would be one more thing to read.
        with tempfile.TemporaryFile() as words:
            streams.setdefault("err", words)
            process = start([f"{BIN}/memod", "--pool", pool, "--size", "16MiB", "--listen", f"unix:{socket}"], **streams)
            end = time.monotonic() + TIMEOUT
            while process.poll() is None and not os.path.exists(socket) and time.monotonic() < end:
                time.sleep(0.02)
            self.answered = process.poll() is None and self.asks(socket)
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return Process("hangs")
            words.seek(0)
            return Process(process.returncode, b"", words.read())

    def asks(self, socket):
        """Whether a client is answered, or told at once why not."""
        info = run([f"{BIN}/memoctl", "info", f"unix:{socket}"])
        return info.code == 0 or b"no room for more" in info.err

    def is_complete(self, process):
        return self.answered


def judge(program, condition, process, speaks):
    """-> what the table says of it."""
    def bad(what):
        findings.append(f"{program.title}, {condition}: {what}; stderr: {process.err[-300:]!r}")
        return "BAD"

    if process.code == "hangs":
        return bad("hangs")
    if process.code < 0:
        return bad(f"died of {signal.Signals(-process.code).name}")
    if process.code in (0, 3):
        if not program.is_complete(process):
            return bad(f"exit code {process.code}, and incomplete")
        return "done" if process.code == 0 else "done, exit code 3"
    if process.code != 1:
        return bad(f"exit code {process.code}")
    if not program.is_untouched():
        return bad("failed, and what was there is gone")
    lines = process.err.decode(errors="replace").splitlines()
    if speaks and not (lines and lines[-1].startswith(f"{program.name}: ")):
        return bad("failed without a line that says why")
    return "exit code 1"


def try_condition(program, condition):
    streams = CONDITIONS[condition]()
    idle = None
    if streams.pop("idle", False):
        idle, streams["err"] = idle_reader()
    speaks = "stderr" not in condition and "all" not in condition
    process = program.run(**streams)
    for stream in ("out", "err"):
        if isinstance(streams.get(stream), int) and streams[stream] > 2:
            os.close(streams[stream])
    if idle is not None:
        os.close(idle)
    return judge(program, condition, process, speaks)


@functools.lru_cache
def can_run_as_nobody():
    """root alone can become another user, who may be kept out of the folder of the build."""
    if os.geteuid() != 0:
        return False
    try:
        return run([f"{BIN}/memoctl", "--version"], before_exec=few_processes(1000)).code == 0
    except (PermissionError, subprocess.SubprocessError):
        return False


def has_begun(program, process, before_exec):
    """Whether `process` came as far as main(): the loader, or what a library does as it is loaded, may get too little."""
    if process.code == 127 and b"error while loading" in process.err:
        return False
    is_killed = process.code != "hangs" and process.code < 0
    return not is_killed or run([f"{BIN}/{program.name}", "--version"], before_exec=before_exec()).code != process.code


def try_sweep(program, condition):
    if "NPROC" in condition and not can_run_as_nobody():
        return None
    cells = []
    for before_exec in SWEEPS[condition]:
        with owned_by(NOBODY if "NPROC" in condition else os.geteuid(), program.owned):
            process = program.run(before_exec=before_exec())
        cells.append(judge(program, condition, process, True) if has_begun(program, process, before_exec) else "exit code 1")
    # Where one becomes the other is the machine's and its libraries' business.
    return "BAD" if "BAD" in cells else "exit code 1, or done"


def programs(folder):
    texts, many = f"{folder}/texts.jsonl", f"{folder}/many.jsonl"
    with open(texts, "w", encoding="utf-8") as file:
        file.writelines('{"id": %d, "text": "the meeting about money"}\n' % i for i in range(300))
    with open(many, "w", encoding="utf-8") as file:
        file.writelines('{"id": %d, "text": "%s %d", "label": "%s"}\n' % (i, "money offer" if i % 2 else "the meeting", i, i % 2)
                        for i in range(120))
    pool = f"{folder}/a.pool"
    infer = [f"{BIN}/memo-infer", "--model", MODEL, "--input", texts, "--threads", "2"]
    run([*infer, "--memo", f"file:{pool}", "--pool-size", "32MiB", "--output", f"{folder}/ignored"])
    yield Daemon(folder)
    yield ToStdout("memoctl info", folder, [f"{BIN}/memoctl", "info", pool], [pool])
    yield ToStdout("memo-bench search", folder, [f"{BIN}/memo-bench", "search", "--features", "1000", "--dimension", "8",
                                                 "--queries", "20", "--formats", "f32"])
    yield ToStdout("memo-infer to stdout", folder, [*infer, "--output", "-"])
    yield ToFile("memo-infer to a file", folder, [*infer, "--output", f"{folder}/out.jsonl"], f"{folder}/out.jsonl")
    yield ToFile("memo-train projection", folder,
                 [f"{BIN}/memo-train", "projection", "--hidden", "64", "--length", "32", "--output", f"{folder}/e"],
                 f"{folder}/e")
    profile = f"{folder}/profile"
    os.mkdir(profile)
    os.chmod(profile, 0o777)
    yield ToFile("memo-profile", folder,
                 [f"{BIN}/memo-profile", "--model", MODEL, "--input", many, "--label-field", "label", "--length", "16",
                  "--pool-size", "32MiB", "--folder", folder, "--output", profile, "--threads", "2"],
                 f"{profile}/policy.toml", [f"{profile}/profile.json", f"{profile}/report.html"])


def table(folder):
    rows = [["", *CONDITIONS, *SWEEPS]]
    for program in programs(folder):
        cells = []
        for condition in [*CONDITIONS, *SWEEPS]:
            begin = time.monotonic()
            attempt = try_condition if condition in CONDITIONS else try_sweep
            cells.append(attempt(program, condition))
            print(f"{program.title}, {condition}: {cells[-1]} ({time.monotonic() - begin:.1f} s)", flush=True)
        rows.append([program.title, *cells])
    # A condition a line: there are more of them than programs.
    for condition in zip(*rows):
        yield condition


def as_text(rows):
    rows = list(rows)
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def main():
    with tempfile.TemporaryDirectory(prefix="memo-limits-") as folder:
        os.chmod(folder, 0o777)
        made = as_text(table(folder))
    for finding in findings:
        print(finding)
    with open(TABLE, encoding="utf-8") as file:
        page = file.read()
    begin, end = page.index("|  | "), page.rindex("|\n") + 2
    if "--write" in sys.argv[3:]:
        with open(TABLE, "w", encoding="utf-8") as file:
            file.write(page[:begin] + made + page[end:])
    else:
        # What cannot be tried here (few threads need root) is taken as written.
        was_lines, now_lines = page[begin:end].splitlines(), made.splitlines()
        if len(was_lines) != len(now_lines):
            findings.append("number of lines")
        for was, now in zip(was_lines, now_lines):
            if was != now and "None" not in now:
                print(f"docs/limits.md says\n  {was}\nand it is\n  {now}")
                findings.append(now)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
