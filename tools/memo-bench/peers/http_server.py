"""A server of embeddings as people build it with Python, for memo-bench serve to measure memo-serve beside.

    python=$(tools/memo-bench/peers/setup onnxruntime-server | cut -f2)    # or openvino-server
    $python tools/memo-bench/peers/http_server.py --peer onnxruntime --model DIR --port 8081 --threads 2
    memo-bench serve --url 127.0.0.1:8081 --input mails.jsonl

uvicorn with uvloop and httptools, Starlette, orjson, the tokenizers of Hugging Face, and an engine. DIR is a folder of
sentence-transformers with a BERT, whose embedding is the normalized mean. POST /embed {"inputs": TEXT or [TEXT, ...]}
answers [[...], ...]. Texts are cut to --length tokens. They wait in one queue; each of --workers threads takes the
first and up to --batch - 1 more of about its length (--bucket), and computes them with its share of --threads.

The defaults are a worker for each thread and a text at a time. Of the settings tried with two threads, ONNX Runtime
answered most with these; so did OpenVINO, whose batches of eight differed by less than the noise.

It says where it listens, on stderr, and runs until a signal ends it. Exit codes: 1 the peer or the model cannot be
used, 2 wrong usage.
"""
import argparse
import asyncio
import collections
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # read at import: one thread tokenizes a text

import numpy
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from tokenizers import Tokenizer

from checkpoint import Checkpoint
from embedders import EMBEDDERS


def read_json(*path: str):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def check_pooling(folder: str) -> None:
    """Only the normalized mean is built."""
    parts = {module["type"].rpartition(".")[2]: module["path"] for module in read_json(folder, "modules.json")}
    if list(parts) != ["Transformer", "Pooling", "Normalize"]:
        raise ValueError(f"modules.json lists {', '.join(parts)}; must be Transformer, Pooling, Normalize")
    pooling = read_json(folder, parts["Pooling"], "config.json")
    modes = [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value is True]
    if modes != ["pooling_mode_mean_tokens"]:
        raise ValueError(f"the pooling is {', '.join(modes)}; must be pooling_mode_mean_tokens")


def read_tokenizer(folder: str, length: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return tokenizer


@dataclass
class Waiting:
    ids: list
    future: asyncio.Future


class Queue:
    """Texts in the order in which they came; those of one batch are of about the same length."""

    def __init__(self, batch: int, bucket: int):
        self.batch, self.bucket = batch, bucket
        self.changed = threading.Condition()
        self.texts = collections.deque()  # guarded by `changed`

    def add(self, text: Waiting) -> None:
        with self.changed:
            self.texts.append(text)
            self.changed.notify()

    def take(self) -> list:
        """Waits for a text."""
        with self.changed:
            self.changed.wait_for(lambda: self.texts)
            taken = [self.texts.popleft()]
            if self.batch > 1:
                self.take_like(taken)
            return taken

    def take_like(self, taken: list) -> None:
        bucket_of = lambda text: (len(text.ids) - 1) // self.bucket
        alike = [text for text in self.texts if bucket_of(text) == bucket_of(taken[0])]
        for text in alike[:self.batch - 1]:
            self.texts.remove(text)
            taken.append(text)


def padded(texts: list):
    """ids [batch, length] and the mask, None where all have the same length"""
    lengths = [len(text.ids) for text in texts]
    if min(lengths) == max(lengths):
        return numpy.array([text.ids for text in texts], numpy.int64), None
    ids = numpy.zeros((len(texts), max(lengths)), numpy.int64)
    for row, text in zip(ids, texts):
        row[:len(text.ids)] = text.ids
    mask = numpy.arange(max(lengths)) < numpy.array(lengths)[:, None]
    return ids, mask.astype(numpy.float32)


def work(queue: Queue, run) -> None:
    """A worker thread: it answers in the event loop's thread."""
    while True:
        texts = queue.take()
        try:
            answers, answer = numpy.array(run(*padded(texts))), asyncio.Future.set_result
        except Exception as error:  # engines raise types of their own
            answers, answer = [error] * len(texts), asyncio.Future.set_exception
        texts[0].future.get_loop().call_soon_threadsafe(give, texts, answers, answer)


def give(texts: list, answers, answer) -> None:
    for text, one in zip(texts, answers):
        if not text.future.done():  # the client may have left
            answer(text.future, one)


class Server:
    def __init__(self, tokenizer: Tokenizer, queue: Queue, threads: int):
        self.tokenizer, self.queue = tokenizer, queue
        self.tokenizing = ThreadPoolExecutor(threads)

    async def embedding(self, text: str):
        loop = asyncio.get_running_loop()
        [encoding] = await loop.run_in_executor(self.tokenizing, self.tokenizer.encode_batch_fast, [text])
        waiting = Waiting(encoding.ids, loop.create_future())
        self.queue.add(waiting)
        return await waiting.future

    async def embed(self, request) -> Response:
        try:
            inputs = orjson.loads(await request.body())["inputs"]
            texts = [inputs] if isinstance(inputs, str) else inputs
            if not texts or not all(isinstance(text, str) for text in texts):
                raise TypeError
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return Response(b'{"error": "the body must be {\\"inputs\\": TEXT or [TEXT, ...]}"}', 400,
                            media_type="application/json")
        embeddings = await asyncio.gather(*(self.embedding(text) for text in texts))
        return Response(orjson.dumps(embeddings, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


def start(arguments) -> Starlette:
    check_pooling(arguments.model)
    checkpoint = Checkpoint(arguments.model)
    positions = checkpoint.config["max_position_embeddings"]
    if arguments.length > positions:
        raise ValueError(f"--length is {arguments.length}, the model has {positions} positions")
    embedder = EMBEDDERS[arguments.peer](checkpoint, arguments.threads, arguments.workers)
    queue = Queue(arguments.batch, arguments.bucket)
    for _ in range(arguments.workers):
        threading.Thread(target=work, args=(queue, embedder.make_run()), daemon=True).start()
    server = Server(read_tokenizer(arguments.model, arguments.length), queue, arguments.threads)
    return Starlette(routes=[Route("/embed", server.embed, methods=["POST"])])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, choices=EMBEDDERS)
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, help="default: as many as --threads")
    parser.add_argument("--batch", type=int, default=1, help="texts at a time")
    parser.add_argument("--bucket", type=int, default=32, help="tokens by which those of a batch may differ")
    parser.add_argument("--length", type=int, default=256)
    arguments = parser.parse_args()
    arguments.workers = arguments.workers or arguments.threads
    if min(arguments.threads, arguments.workers, arguments.batch, arguments.bucket) < 1 or arguments.length < 3:
        parser.error("numbers must be positive, and --length at least 3")
    if arguments.threads % arguments.workers:
        parser.error("--threads must be a multiple of --workers")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    try:
        app = start(arguments)
    except Exception as error:  # not installed, or not this model
        print(f"http_server.py: {arguments.peer} cannot be used: {error}", file=sys.stderr)
        return 1
    uvicorn.run(app, port=arguments.port, loop="uvloop", http="httptools", ws="none", lifespan="off", access_log=False,
                timeout_keep_alive=75)
    return 0


if __name__ == "__main__":
    sys.exit(main())
