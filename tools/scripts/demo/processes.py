"""Child processes of the demo: whatever was started is stopped, however the demo ends."""
import os
import signal
import socket
import subprocess
import time


class Failure(Exception):
    """Something that ends the demo; its text is the one line that the user reads."""


def last_line(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = [line.strip() for line in log if line.strip()]
    return lines[-1] if lines else "(it said nothing)"


def run(command: list, log: str) -> None:
    """Runs to the end. Its stderr goes to the file `log` (and on failure its last line to the user)."""
    with open(log, "w", encoding="utf-8") as err:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=err, stderr=err, check=False).returncode
    if code != 0:
        raise Failure(f"{os.path.basename(command[0])} ended with exit code {code}: {last_line(log)}")


class Daemon:
    """memod on one pool. start() returns when it answers, stop() when it has ended."""

    READY_SECONDS = 60
    STOP_SECONDS = 30

    def __init__(self, command: list, socket_path: str, log: str):
        self.command, self.socket_path, self.log = command, socket_path, log
        self.process = None

    def start(self) -> None:
        with open(self.log, "a", encoding="utf-8") as err:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        deadline = time.monotonic() + self.READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                raise Failure(f"memod ended at its start: {last_line(self.log)}")
            if time.monotonic() > deadline:
                raise Failure(f"memod did not answer within {self.READY_SECONDS} s; see {self.log}")
            time.sleep(0.05)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            try:
                probe.connect(self.socket_path)
            except OSError:
                return False
        return True

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(self.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"memod did not end within {self.STOP_SECONDS} s of SIGTERM") from None
        finally:
            self.process = None
        if code != 0:
            raise Failure(f"memod ended with exit code {code}: {last_line(self.log)}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
