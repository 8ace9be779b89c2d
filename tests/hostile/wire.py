"""HTTP as bytes over a socket: what is sent is exactly what a test says."""
import json
import socket
import struct

TIMEOUT = 60  # for what has to come; nothing is measured by it


class Answer:
    """The status, headers (names in lower case) and body of an answer."""

    def __init__(self, status, headers, body, version):
        self.status, self.headers, self.body, self.version = status, headers, body, version

    def json(self):
        return json.loads(self.body)


class Client:
    """A connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes it in the rudest way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish_sending(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has closed it meanwhile

    def send(self, data):
        self.socket.sendall(data)

    def send_as_far_as_taken(self, data):
        """-> False where the server has closed the connection meanwhile."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def _fill(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            data = b""
        self.read += data
        return bool(data)

    def _take(self, end):
        taken, self.read = self.read[:end], self.read[end:]
        return taken

    def answer(self, to_head=False):
        """The next answer; None: the connection ended. Raises ValueError where what comes is no whole answer."""
        while b"\r\n\r\n" not in self.read:
            if not self._fill():
                if self.read:
                    raise ValueError(f"half an answer: {self.read[:200]!r}")
                return None
        head = self._take(self.read.index(b"\r\n\r\n") + 4).decode("latin-1").split("\r\n")
        version, status = head[0].split(" ")[:2]
        if not version.startswith("HTTP/1."):
            raise ValueError(f"no answer: {head[0]!r}")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head[1:] if line)}
        length = 0 if to_head or status in ("100", "204") else int(headers["content-length"])
        while len(self.read) < length:
            if not self._fill():
                raise ValueError(f"{len(self.read)} of {length} bytes came")
        return Answer(int(status), headers, self._take(length), version)

    def ask(self, *request, **options):
        self.send(make_request(*request, **options))
        return self.answer()

    def is_ended(self):
        """Waits until the server closes the connection; False where it sends more instead."""
        return not self.read and not self._fill()


def make_request(method, path, body=None, headers=(), version="HTTP/1.1"):
    lines = [f"{method} {path} {version}", "Host: test", *headers]
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
