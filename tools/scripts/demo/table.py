"""The demo's figures: what the runs wrote, reduced to the rows of a table."""
import json
import math

STAGES = ("first process, cold pool", "second process, the same texts", "second process, new texts", "after a daemon restart")
MODES = ("plain", "results", "maps")


def read_outputs(path: str) -> dict:
    with open(path, encoding="utf-8") as lines:
        return {record["id"]: record for record in map(json.loads, lines)}


def cosine(left: list, right: list) -> float:
    dot = sum(a * b for a, b in zip(left, right))
    norm = math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))
    return dot / norm if norm else float(left == right)


def mean_cosine(outputs: dict, plain: dict) -> float:
    values = [cosine(record["embedding"], plain[name]["embedding"]) for name, record in outputs.items()]
    return sum(values) / len(values)


def accuracy(outputs: dict, texts: list):
    """Percent of the labelled texts whose label came out; None where there are none."""
    truth = {text["id"]: str(text["label"]) for text in texts if text["label"] is not None}
    if not truth or "label" not in next(iter(outputs.values())):
        return None
    return 100 * sum(outputs[name]["label"] == label for name, label in truth.items()) / len(truth)


def found(summary: dict) -> tuple:
    """(results, maps), percent of all that were asked for; None where nothing was."""
    results, layers = summary["outputs"], summary["layers"]
    lookups = sum(layer["lookups"] for layer in layers)
    return (100 * (1 - results["computed"] / summary["inputs"]) if results["lookups"] else None,
            100 * sum(layer["hits"] for layer in layers) / lookups if lookups else None)


def row(stage: str, mode: str, run, plain, texts: list) -> dict:
    """One row. `run` and `plain` are runs of the same stage on the same texts (one and the same for mode "plain")."""
    latency, plain_latency = run.summary["latency_ms"], plain.summary["latency_ms"]
    results, maps = found(run.summary)
    right, plain_right = accuracy(run.outputs, texts), accuracy(plain.outputs, texts)
    return {
        "stage": stage,
        "mode": mode,
        "inputs": run.summary["inputs"],
        "wall_s": run.summary["wall_s"],
        "latency_ms": latency,
        "page_faults": run.summary["page_faults"],
        "time_change_percent": 100 * (latency["mean"] / plain_latency["mean"] - 1) if run is not plain else None,
        "results_found_percent": results,
        "maps_found_percent": maps,
        "accuracy_percent": right,
        "accuracy_lost": None if right is None else plain_right - right,
        "mean_cosine": mean_cosine(run.outputs, plain.outputs) if run is not plain else None,
        "identical": sum(record == plain.outputs[name] for name, record in run.outputs.items()) if run is not plain else None,
    }


# Title, width, what a row shows, alignment.
COLUMNS = (
    ("", max(map(len, STAGES)), lambda r: r["stage"] if r["mode"] == "plain" else "", "<"),
    ("", max(map(len, MODES)), lambda r: r["mode"], "<"),
    ("texts", 5, lambda r: f"{r['inputs']}", ">"),
    ("p50 ms", 6, lambda r: f"{r['latency_ms']['p50']:.1f}", ">"),
    ("p99 ms", 6, lambda r: f"{r['latency_ms']['p99']:.1f}", ">"),
    ("mean ms", 7, lambda r: f"{r['latency_ms']['mean']:.1f}", ">"),
    ("time", 7, lambda r: number(r["time_change_percent"], "{:+.1f} %"), ">"),
    ("found", 7, lambda r: number(first(r["results_found_percent"], r["maps_found_percent"]), "{:.1f} %"), ">"),
    ("accuracy", 8, lambda r: number(r["accuracy_percent"], "{:.1f} %"), ">"),
    ("cosine", 6, lambda r: number(r["mean_cosine"], "{:.4f}"), ">"),
    ("identical", 9, lambda r: number(r["identical"], "{}"), ">"),
)


def first(*values):
    return next((value for value in values if value is not None), None)


def number(value, pattern: str) -> str:
    return "" if value is None else pattern.format(value)


def aligned(cells: list) -> str:
    return "  ".join(f"{cell:{align}{width}}" for cell, (_, width, _, align) in zip(cells, COLUMNS)).rstrip()


def header() -> str:
    titles = aligned([title for title, _, _, _ in COLUMNS])
    return f"{titles}\n{'-' * len(titles)}"


def line(row: dict) -> str:
    return aligned([show(row) for _, _, show, _ in COLUMNS])
