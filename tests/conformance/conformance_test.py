#!/usr/bin/env python3
"""Clients that people use, unmodified, against memo-serve.

usage: conformance_test.py BIN_DIR SOURCE_DIR [TEST ...]

Makes a virtual environment with requirements.txt in BIN_DIR/../conformance once, and runs itself there. Every result is
compared with what memo-infer makes of the same text, bit by bit. Exit code 0: all passed, 1: some failed, 77: skipped,
as MEMO_CONFORMANCE is not set (the packages have some 300 MB) or they cannot be had.
"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

BIN, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
HERE = pathlib.Path(__file__).parent
MODEL = os.environ.get("MEMO_MODEL_DIR") or str(SOURCE / "tests/data/tiny-bert")
NAME = "model"
TEXTS = ["A cat sat on the mat.", "Wo ist der Bahnhof?", "снег и лёд", "犬が走る。", "e\u0301le\u0300ve \U0001f600", "a\nb\tc", " x "]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run_in_environment():
    """Runs this file with the clients' packages."""
    if not os.environ.get("MEMO_CONFORMANCE"):
        skip("MEMO_CONFORMANCE=1 runs the clients from PyPI, some 300 MB of packages")
    environment = BIN.parent / "conformance"
    done = environment / "installed"
    wanted = (HERE / "requirements.txt").read_text()
    if not done.exists() or done.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        install = [environment / "bin/pip", "install", "-q", "-r", HERE / "requirements.txt"]
        if subprocess.run(install).returncode != 0:
            skip("the clients' packages cannot be installed")
        done.write_text(wanted)
    python = environment / "bin/python"
    os.execv(python, [python, __file__, *sys.argv[1:]])


class Server:
    """A memo-serve of this build, with a pool of its own."""

    def __init__(self, *options, memo=None):
        self.folder = tempfile.TemporaryDirectory()
        self.log = open(f"{self.folder.name}/log", "w+")
        command = [BIN / "memo-serve", "--model", f"{NAME}={MODEL}", "--listen", "127.0.0.1:0", "--pool-size", "64MiB",
                   "--memo", memo or f"file:{self.folder.name}/pool", *options]
        self.process = subprocess.Popen(command, stderr=self.log)
        self.url = self.wait()

    def wait(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            self.log.seek(0)
            if said := re.search(r"listening on (http://\S+)\n", self.log.read()):
                return said[1]
            time.sleep(0.02)
        self.log.seek(0)
        raise RuntimeError(f"memo-serve does not start: {self.log.read()}")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        code = self.process.wait(60)
        assert code == 0, f"memo-serve ended with {code}"


def infer(texts):
    """What memo-infer makes of texts, without memos."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "in.jsonl")
        source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        command = [BIN / "memo-infer", "--model", MODEL, "--input", source, "--output", "-"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line)["embedding"] for line in lines]


def assert_same(got, expected):
    import numpy
    got, expected = numpy.asarray(got, numpy.float32), numpy.asarray(expected, numpy.float32)
    assert got.shape == expected.shape, (got.shape, expected.shape)
    assert numpy.array_equal(got, expected), "other bits than memo-infer's"


@contextlib.contextmanager
def raises(kind, *words):
    try:
        yield
    except kind as error:
        assert all(word in str(error) for word in words), str(error)
    else:
        raise AssertionError(f"{kind.__name__} was expected")


def openai_client(server, key="unused", **options):
    import openai
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, **options)


# ---- openai

def test_openai_embeds(server):
    client = openai_client(server)
    for encoding in ("float", "base64", None):
        options = {} if encoding is None else {"encoding_format": encoding}
        answer = client.embeddings.create(model=NAME, input=TEXTS, **options)
        assert [item.index for item in answer.data] == list(range(len(TEXTS)))
        vectors = [item.embedding for item in answer.data]
        if encoding == "base64":
            import base64
            import numpy
            vectors = [numpy.frombuffer(base64.b64decode(vector), "<f4") for vector in vectors]
        assert_same(vectors, infer(TEXTS))
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > len(TEXTS)
    one = client.embeddings.create(model=NAME, input=TEXTS[2])
    assert_same([one.data[0].embedding], infer([TEXTS[2]]))


def test_openai_gets_the_right_results_where_some_are_known(server):
    client = openai_client(server)
    known = ["known one", "known two"]
    client.embeddings.create(model=NAME, input=known)
    mixed = ["new a", known[1], "new b", "new a", known[0], known[1], "new c"]
    answer = client.embeddings.with_raw_response.create(model=NAME, input=mixed)
    assert answer.headers["x-memo-found"] == "2/5", answer.headers["x-memo-found"]
    assert_same([item.embedding for item in answer.parse().data], infer(mixed))
    again = client.embeddings.with_raw_response.create(model=NAME, input=mixed)
    assert again.headers["x-memo"] == "output"
    assert_same([item.embedding for item in again.parse().data], infer(mixed))
    assert again.parse().usage == answer.parse().usage


def test_openai_lists_models(server):
    client = openai_client(server)
    assert [model.id for model in client.models.list()] == [NAME]
    assert client.models.retrieve(NAME).id == NAME


def test_openai_errors_are_its_own(server):
    import openai
    client = openai_client(server)
    with raises(openai.NotFoundError, "gpt-x", NAME):
        client.embeddings.create(model="gpt-x", input="a")
    with raises(openai.BadRequestError, "token ids"):
        client.embeddings.create(model=NAME, input=[[1, 2], [3]])
    for empty in ("", [], ["a", ""]):
        with raises(openai.BadRequestError, "empty"):
            client.embeddings.create(model=NAME, input=empty)
    with raises(openai.BadRequestError, "dimensions"):
        client.embeddings.create(model=NAME, input="a", dimensions=7)


def test_openai_needs_the_key(server):
    import openai
    with tempfile.NamedTemporaryFile("w") as key:
        key.write("secret\n")
        key.flush()
        with Server("--api-key-file", key.name) as guarded:
            with raises(openai.AuthenticationError):
                openai_client(guarded, "wrong").embeddings.create(model=NAME, input="a")
            openai_client(guarded, "secret").embeddings.create(model=NAME, input="a")


def test_openai_tries_again_when_the_server_is_overloaded(server):
    import concurrent.futures
    import openai
    count = 20 if "MEMO_MODEL_DIR" in os.environ else 2000  # the tiny model is fast
    texts = [[f"text {i} {j} " + "word " * 200 for j in range(count)] for i in range(12)]
    with Server("--waiting-tokens", "1", memo="none") as busy:
        def embed(client, batch):
            return client.embeddings.create(model=NAME, input=batch)
        with concurrent.futures.ThreadPoolExecutor(len(texts)) as pool:
            hasty = [pool.submit(embed, openai_client(busy, max_retries=0), batch) for batch in texts]
            errors = [call.exception() for call in hasty if call.exception() is not None]
            assert errors and all(isinstance(error, openai.RateLimitError) for error in errors), errors
            assert all(int(error.response.headers["retry-after"]) >= 1 for error in errors)
            patient = [pool.submit(embed, openai_client(busy, max_retries=30), batch) for batch in texts]
            assert all(len(call.result().data) == count for call in patient)


def test_openai_sends_ten_thousand_inputs(server):
    texts = [f"number {i % 2500}" for i in range(10_000)]
    answer = openai_client(server).embeddings.create(model=NAME, input=texts)
    expected = infer(texts[:2500])
    assert_same([item.embedding for item in answer.data], [expected[i % 2500] for i in range(10_000)])


# ---- langchain

def test_langchain_openai(server):
    from langchain_openai import OpenAIEmbeddings
    embeddings = OpenAIEmbeddings(base_url=f"{server.url}/v1", api_key="unused", model=NAME, check_embedding_ctx_length=False)
    assert_same(embeddings.embed_documents(TEXTS), infer(TEXTS))
    assert_same([embeddings.embed_query(TEXTS[0])], infer(TEXTS[:1]))


def test_langchain_huggingface_endpoint(server):
    from huggingface_hub import InferenceClient
    from langchain_huggingface import HuggingFaceEndpointEmbeddings
    embeddings = HuggingFaceEndpointEmbeddings(model="any/model")
    embeddings.client = InferenceClient(model=server.url)  # it takes a URL no more
    texts = [text.replace("\n", " ") for text in TEXTS]
    assert_same(embeddings.embed_documents(TEXTS), infer(texts))
    assert_same([embeddings.embed_query("a question")], infer(["a question"]))


# ---- llama-index

def test_llama_index(server):
    from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
    embeddings = TextEmbeddingsInference(model_name=NAME, base_url=server.url, embed_batch_size=3)
    assert_same(embeddings.get_text_embedding_batch(TEXTS), infer(TEXTS))
    assert_same([embeddings.get_query_embedding("a question")], infer(["a question"]))


# ---- chromadb

def test_chromadb_functions_and_a_collection(server):
    import chromadb
    from chromadb.utils import embedding_functions
    tei = embedding_functions.HuggingFaceEmbeddingServer(url=f"{server.url}/embed")
    openai = embedding_functions.OpenAIEmbeddingFunction(api_key="unused", api_base=f"{server.url}/v1", model_name=NAME)
    assert_same(tei(TEXTS), infer(TEXTS))
    assert_same(openai(TEXTS), infer(TEXTS))
    collection = chromadb.EphemeralClient().create_collection("texts", embedding_function=tei)
    collection.add(ids=[str(i) for i in range(len(TEXTS))], documents=TEXTS)
    assert collection.query(query_texts=[TEXTS[1]], n_results=1)["ids"] == [["1"]]


# ---- huggingface_hub

def test_huggingface_hub(server):
    import numpy
    from huggingface_hub import InferenceClient
    client = InferenceClient(model=server.url)
    assert_same(client.feature_extraction(TEXTS[0]), infer(TEXTS[:1]))
    cut = client.feature_extraction("word " * 2000, normalize=True, truncate=True, truncation_direction="right")
    assert_same(cut, infer(["word " * 2000]))
    scores = client.sentence_similarity(TEXTS[0], other_sentences=TEXTS)
    assert len(scores) == len(TEXTS) and numpy.argmax(scores) == 0


def test_huggingface_hub_errors(server):
    from huggingface_hub import InferenceClient
    from huggingface_hub.errors import HfHubHTTPError
    client = InferenceClient(model=server.url)
    with raises(HfHubHTTPError, "prompt_name"):
        client.feature_extraction("a", prompt_name="no such prompt")
    with raises(HfHubHTTPError, "413", "tokens"):
        client.feature_extraction("word " * 2000, truncate=False)


# ---- tei-client

def test_tei_client(server):
    import tei_client
    client = tei_client.HttpClient(server.url)
    assert client.health() and client.info().server_model_id == NAME
    assert_same(client.embed(TEXTS), infer(TEXTS))
    assert "query" in client.prompt_names()
    tokens = client.tokenize(TEXTS[0])[0].tokens
    assert client.decode([token.id for token in tokens])[0].replace(" ", "") == TEXTS[0].lower().replace(" ", "")
    states = client.embed_all(TEXTS[0])
    assert len(states[0]) == len(tokens)


# ---- plain HTTP

def test_answers_say_what_they_were_read_from(server):
    def post(text):
        request = urllib.request.Request(f"{server.url}/embed", json.dumps({"inputs": text}).encode(),
                                         {"content-type": "application/json"})
        return urllib.request.urlopen(request).headers
    first, second = post("asked twice"), post("asked twice")
    assert (first["x-memo"], second["x-memo"]) == ("none", "output")
    assert int(first["x-compute-tokens"]) > 0 and int(second["x-compute-tokens"]) == 0
    for name in ("x-total-time", "x-queue-time", "x-inference-time", "x-tokenization-time"):
        assert float(second[name]) >= 0


def main():
    tests = {name[5:]: test for name, test in globals().items() if name.startswith("test_")}
    chosen = sys.argv[3:] or tests
    failed = []
    with Server() as server:
        for name in chosen:
            try:
                tests[name](server)
                print(f"ok      {name}", flush=True)
            except Exception:
                failed.append(name)
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    if pathlib.Path(sys.prefix).name != "conformance":
        run_in_environment()
    sys.exit(main())
