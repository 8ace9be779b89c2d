"""The reference in a process of its own, which may die of what it is given: Worker.answer(mutation)."""
import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile

MEMORY = 6 << 30
TIMEOUT = 60
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fuzz_folders.py")


class Worker:
    """Lifetime: close() ends the process."""

    def __init__(self, cases):
        self.cases, self.process = cases, None

    def start(self):
        command = [sys.executable, SCRIPT, "--worker", "--cases", self.cases]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def answer(self, mutation):
        """{"output": lines} or {"error": text}."""
        if self.process is None:
            self.start()
        self.process.stdin.write(json.dumps(mutation).encode() + b"\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if waiting.select(TIMEOUT) else b""
        if line:
            return json.loads(line)
        self.close()
        return {"error": "died, or took too long"}


def serve(cases):
    """The worker's side: a mutation a line on stdin, an answer a line on stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the reference prints is no answer
    from . import expected
    from .case import Case, assemble, read_case, rounded
    from .mutations import apply
    for line in sys.stdin:
        mutation = json.loads(line)
        described = read_case(os.path.join(cases, mutation["case"]))
        case = Case(mutation["case"], "", input=described["input"], arguments=described.get("arguments", []))
        with tempfile.TemporaryDirectory() as folder:
            assemble(os.path.join(cases, mutation["case"]), folder)
            apply(mutation, folder)
            try:
                answer = {"output": rounded(expected.of_folder(folder, case))}
            except BaseException as error:  # its tokenizers panic, which is no Exception
                answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
