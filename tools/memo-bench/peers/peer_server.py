"""Runs a peer engine and answers timing requests: peer_server.py --peer NAME --threads N --dtype f32|bf16|s8

One JSON object a line on stdin, one a line on stdout; the engine's own output goes to stderr.

  {"command": "load", "model": FOLDER, "batch": 8, "length": 128}  -> {"ok": true, "version": ..., "settings": {...}}
  {"command": "run", "ids": [[...]], "repeat": 1}                  -> {"ok": true, "wall_ms": [...], "cpu_ms": [...]}
  {"command": "states", "ids": [[...]], "output": FILE}            -> {"ok": true, "shape": [batch, length, hidden]}
  {"command": "quit"}                                              -> {"ok": true}, and the end

load may have two more fields. "calibration": [[...], ...], rows of ids of the model's length, typical of what it will
run: static quantization takes the ranges of activations from them, or from random ids without them. "choose": {...}:
only ways to run the model whose settings have all of this are tried, such as {"quantization": "static"}.

s8 means products with weights and activations in 8 bits, and all else in floating point. The ids are converted before
the clock starts; cpu_ms counts all threads of the process. states writes f32, little endian. What fails answers
{"ok": false, "error": ...}, and the next line is read. Exit codes: 0 quit or end of input, 1 the peer cannot be used
(said as an error on stdout first), 2 wrong usage.
"""
import argparse
import importlib
import json
import os
import sys
import time

ENGINES = {"onnxruntime": ("onnxruntime_engine", "OnnxRuntimeEngine"),
           "openvino": ("openvino_engine", "OpenVinoEngine"),
           "torch": ("torch_engine", "TorchEngine")}


def private_stdout():
    """The answers' stream. File descriptor 1 becomes stderr, so that no library can write among the answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def make_engine(arguments):
    # Read when the libraries are loaded: a BLAS or OpenMP pool of another size would run beside the engine's own.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    module, name = ENGINES[arguments.peer]
    return getattr(importlib.import_module(module), name)(arguments.threads, arguments.dtype)


def calibration_ids(rows, length: int):
    """[texts, length], or None where the request has none."""
    import numpy
    if rows is None:
        return None
    ids = numpy.array(rows, numpy.int64)
    if ids.ndim != 2 or ids.shape[1] != length:
        raise ValueError(f"calibration has the shape {list(ids.shape)}; it must be rows of {length} ids")
    return ids


class Server:
    def __init__(self, engine):
        self.engine = engine
        self.shape = None
        self.commands = {"load": self.load, "run": self.run, "states": self.states, "quit": lambda request: {}}

    def load(self, request: dict) -> dict:
        from checkpoint import Checkpoint
        self.shape = None
        shape = (int(request["batch"]), int(request["length"]))
        if min(shape) < 1:
            raise ValueError(f"batch and length are {shape[0]} and {shape[1]}; both must be positive")
        calibration = calibration_ids(request.get("calibration"), shape[1])
        settings = self.engine.load(Checkpoint(request["model"]), *shape, calibration, request.get("choose", {}))
        self.shape = shape
        return {"version": self.engine.version, "settings": settings}

    def ids(self, request: dict):
        import numpy
        if self.shape is None:
            raise ValueError("no model is loaded; send load first")
        ids = numpy.array(request["ids"], numpy.int64)
        if ids.shape != self.shape:
            raise ValueError(f"ids have the shape {list(ids.shape)}, the model was loaded for {list(self.shape)}")
        return ids

    def run(self, request: dict) -> dict:
        ids = self.ids(request)
        wall, cpu = [], []
        for _ in range(int(request.get("repeat", 1))):
            cpu_start, start = time.process_time(), time.perf_counter()
            self.engine.run(ids)
            wall.append(1e3 * (time.perf_counter() - start))
            cpu.append(1e3 * (time.process_time() - cpu_start))
        return {"wall_ms": wall, "cpu_ms": cpu}

    def states(self, request: dict) -> dict:
        import numpy
        states = numpy.asarray(self.engine.run(self.ids(request)), "<f4")
        states.tofile(request["output"])
        return {"shape": list(states.shape)}

    def answer(self, line: str) -> dict:
        try:
            request = json.loads(line)
            command = request.get("command") if isinstance(request, dict) else None
            if command not in self.commands:
                raise ValueError(f"unknown command {command!r}; known are {', '.join(self.commands)}")
            return {"ok": True, **self.commands[command](request)}
        except KeyError as error:
            return failure(f"the request has no field {error}")
        except Exception as error:  # engines raise types of their own
            return failure(f"{type(error).__name__}: {error}")


def failure(text: str) -> dict:
    return {"ok": False, "error": " ".join(text.split())[:2000]}


def say(answers, answer: dict) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def serve(arguments, answers) -> int:
    try:
        server = Server(make_engine(arguments))
    except Exception as error:  # not installed, or not for this machine or dtype
        say(answers, failure(f"{arguments.peer} cannot be used: {error}"))
        return 1
    for line in sys.stdin:
        answer = server.answer(line)
        say(answers, answer)
        if answer["ok"] and json.loads(line)["command"] == "quit":
            break
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, choices=ENGINES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="f32", choices=("f32", "bf16", "s8"))
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error("--threads must be positive")
    return serve(arguments, private_stdout())


if __name__ == "__main__":
    sys.exit(main())
