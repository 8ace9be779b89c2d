#!/usr/bin/env python3
"""Random requests, most of them broken, over sockets to memo-serve.

usage: fuzz_sockets.py BIN_DIR SOURCE_DIR [--requests N] [--connections N] [--seed N]

Every answer must be one: a status, a length, and JSON where it says so. A right request must be answered right whatever
came before it. At the end the server holds no more descriptors than at the beginning, and ends with exit code 0. With
the same seed and connections the same bytes are sent. Exit code 1, and what was sent last, where something does not hold.
"""
import argparse
import json
import os
import random
import sys
import threading

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("bin")
parser.add_argument("source")
parser.add_argument("--requests", type=int, default=20_000)
parser.add_argument("--connections", type=int, default=8)
parser.add_argument("--seed", type=int, default=1)
arguments = parser.parse_args()
os.environ["MEMO_HOSTILE_BIN"], os.environ["MEMO_HOSTILE_SOURCE"] = arguments.bin, arguments.source

from server import Server, eventually  # noqa: E402 (they read the environment)
from wire import make_request  # noqa: E402

STATUSES = {200, 204, 400, 401, 404, 405, 413, 415, 422, 424, 429, 431, 503}
PATHS = ["/embed", "/embed_all", "/near_maps", "/models/ti%6Ey/embed", "/models/%00%ff%2/embed", "/predict", "/rerank",
         "/similarity", "/decode", "/tokenize", "/v1/embeddings", "/embeddings", "/", "/info",
         "/health", "/metrics", "/stats", "/docs", "/openapi.json", "/v1/models", "/v1/models/", "/v1/models/tiny",
         "/models/tiny/embed", "/models/", "/models/tiny/v1/models/", "/nothing"]
FIELDS = ["inputs", "input", "texts", "query", "ids", "truncate", "truncation_direction", "normalize", "dimensions", "model",
          "prompt_name", "raw_scores", "return_text", "parameters", "encoding_format", "source_sentence", "sentences", "user",
          "add_special_tokens", "skip_special_tokens", "layer", "neighbours"]
WORDS = ["the meeting", "money", "left", "Right", "base64", "float", "tiny", "query", "", "\0", "é", "\U0001f600", "a" * 500]
BODIES = [("/near_maps", {"inputs": "the meeting", "layer": 1, "neighbours": 2}),
          ("/embed", {"inputs": ["the meeting", "money"]}), ("/embed", {"inputs": "a", "truncate": False}),
          ("/similarity", {"inputs": {"source_sentence": "a", "sentences": ["b", "c"]}}), ("/decode", {"ids": [[5, 6], [7]]}),
          ("/v1/embeddings", {"input": ["a"], "model": "tiny", "encoding_format": "base64"}),
          ("/rerank", {"query": "q", "texts": ["a", "b"]}), ("/predict", {"inputs": [["a"], ["b", "c"]]})]
HEADERS = ["Expect: 100-continue", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Connection: close",
           "Connection: keep-alive", "Content-Length: 5", "Content-Length: 99999999999", "Origin: http://a.example",
           "Authorization: Bearer x", "Content-Type: text/plain", "Host: b", " folded", "X: " + "y" * 300, "Upgrade: h2c", "A"]
RIGHT = ["the meeting about money"]


class Maker:
    """Requests from one source of chance."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kind = self.random.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return self.random.choice([None, True, False])
        if kind == 1:
            return self.random.choice([0, 1, -1, 16, 64, 161, 162, 2**31, 2**63, 2**64, 1.5, -1e300])
        if kind <= 5:
            return self.random.choice(WORDS)
        if kind <= 7:
            return [self.value(depth + 1) for _ in range(self.random.randrange(5))]
        return {self.random.choice(FIELDS): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def body(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.random.choice(PATHS), {field: self.value() for field in self.random.sample(FIELDS, self.random.randrange(5))}
        path, body = self.random.choice(BODIES)
        if kind == 1:
            body = {**body, self.random.choice(FIELDS): self.value()}
        return path, body

    def mutated(self, data):
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 5)):
            place = self.random.randrange(len(data) + 1)
            kind = self.random.randrange(5)
            if kind == 0:
                data[place:place + 1] = bytes([self.random.randrange(256)])
            elif kind == 1:
                del data[place:place + self.random.randrange(1, 20)]
            elif kind == 2:
                data[place:place] = self.random.choice([b"\r\n", b"\0", b"\r\n\r\n", b"[" * 20, b"\xff", b"\"", b"\\u0000", b": "])
            elif kind == 3:
                end = place + self.random.randrange(1, 60)
                data[place:place] = data[place:end]
            else:
                del data[place:]
        return bytes(data)

    def chunked(self, method, path, body):
        pieces = []
        while body:
            size = self.random.randrange(1, 40)
            pieces.append(b"%x\r\n%s\r\n" % (len(body[:size]), body[:size]))
            body = body[size:]
        head = f"{method} {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        return head + b"".join(pieces) + b"0\r\n\r\n"

    def request(self):
        path, body = self.body()
        text = json.dumps(body, ensure_ascii=self.random.random() < 0.5).encode()
        if self.random.random() < 0.3:
            text = self.mutated(text)
        method = self.random.choice(["POST"] * 6 + ["GET", "PUT", "OPTIONS"])
        if self.random.random() < 0.2:
            data = self.chunked(method, path, text)
        else:
            headers = self.random.sample(HEADERS, self.random.choice([0, 0, 0, 1, 2]))
            data = make_request(method, path, text, headers, self.random.choice(["HTTP/1.1"] * 9 + ["HTTP/1.0"]))
        return self.mutated(data) if self.random.random() < 0.5 else data


def check(answer):
    if answer.status == 100:
        return
    assert answer.status in STATUSES, f"status {answer.status}: {answer.body[:300]!r}"
    if answer.headers.get("content-type") == "application/json" and answer.body:
        error = "error" in answer.json()
        assert error == (answer.status >= 400), f"status {answer.status} with {answer.body[:300]!r}"


LAST = make_request("GET", "/health", headers=["Connection: close"])


def talk(server, maker, requests):
    """Sends them all at once, and reads what comes until the connection ends. Some clients go early, and some close
    their half, which tells the server that they have gone."""
    manner = maker.random.choice(["waits", "waits", "waits", "closes its half", "goes"])
    with server.client() as client:
        client.send_as_far_as_taken(b"".join(requests) + LAST)
        if manner == "goes":
            client.reset()
            return
        if manner == "closes its half":
            client.finish_sending()
        try:
            while (answer := client.answer()) is not None:
                check(answer)
        except ValueError:
            if manner == "waits":
                raise


def run(server, seed, count, expected, findings):
    """-> by appending to findings; one ends all runs."""
    maker, requests, sent = Maker(seed), [], 0
    try:
        while sent < count and not findings:
            requests = [maker.request() for _ in range(maker.random.choice([1, 1, 2, 5, 20]))]
            talk(server, maker, requests)
            sent += len(requests)
            if maker.random.random() < 0.05:
                assert server.embed(RIGHT).body == expected, "a right request is answered wrongly"
    except (AssertionError, OSError, KeyError, ValueError, AttributeError) as error:
        findings.append(f"seed {seed}, after {sent} requests: {error!r}\nsent last: {requests!r}")


def main():
    server = Server("--header-timeout", "2s", "--body-timeout", "2s", "--idle-timeout", "2s", "--max-body", "64KiB",
                    "--max-inputs", "64")
    expected, descriptors, findings = server.embed(RIGHT).body, server.descriptors(), []
    each = arguments.requests // arguments.connections
    threads = [threading.Thread(target=run, args=(server, arguments.seed + number, each, expected, findings))
               for number in range(arguments.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if server.is_running() and not eventually(lambda: server.descriptors() <= descriptors):
        findings.append(f"{server.descriptors()} descriptors, {descriptors} before")
    memory = server.memory() if server.is_running() else 0
    code = server.end()
    if code != 0:
        findings.append(f"exit code {code}")
    for finding in findings:
        print(finding)
    print(f"{arguments.requests} requests, seeds from {arguments.seed}: {len(findings)} findings; {memory >> 20} MiB at the end")
    if findings:
        print(server.log()[-4000:])
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
