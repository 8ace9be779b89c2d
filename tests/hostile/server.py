"""A memo-serve of this build under test."""
import os
import re
import signal
import subprocess
import tempfile
import time

from wire import TIMEOUT, Client

BIN, SOURCE = os.environ["MEMO_HOSTILE_BIN"], os.environ["MEMO_HOSTILE_SOURCE"]
MODEL = f"{SOURCE}/tests/data/tiny-bert"


def eventually(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Program:
    """A program of this build with a folder of its own, ready when its log says so."""

    def __init__(self, name, arguments, ready):
        self.folder = tempfile.TemporaryDirectory(prefix="memo-hostile-")
        self.log_path = f"{self.folder.name}/log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([f"{BIN}/{name}", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        found = eventually(lambda: self.process.poll() is not None or re.search(ready, self.log()))
        if not found or self.process.poll() is not None:
            raise RuntimeError(f"{name} did not start: {self.log()}")
        self.ready = re.search(ready, self.log())

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """-> the exit code; what still runs after TIMEOUT is killed."""
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "hangs"

    def end(self):
        self.signal(signal.SIGTERM)
        return self.wait()


class Server(Program):
    def __init__(self, *options, memo="none"):
        super().__init__("memo-serve", ["--model", f"tiny={MODEL}", "--memo", memo, "--listen", "127.0.0.1:0",
                                        "--threads", "1", *options], r"listening on http://127.0.0.1:(\d+)")
        self.port = int(self.ready[1])

    def client(self):
        return Client(self.port)

    def ask(self, *request, **options):
        """On a connection of its own."""
        with self.client() as client:
            return client.ask(*request, **options)

    def embed(self, texts):
        return self.ask("POST", "/embed", {"inputs": texts})

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """In bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) << 10

    def figure(self, name):
        """A number of /metrics."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line))
