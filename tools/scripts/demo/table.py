"""The demo's figures: what the runs wrote, reduced to the rows of a table."""
import json
import math


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


def hit_rates(summary: dict) -> tuple:
    """(exact, similar), percent of all lookups; None without lookups."""
    lookups = sum(layer["lookups"] for layer in summary["layers"])
    if not lookups:
        return None, None
    return tuple(100 * sum(layer[kind] for layer in summary["layers"]) / lookups for kind in ("exact_hits", "similar_hits"))


def row(stage: str, mode: str, run, plain, texts: list) -> dict:
    """One row. `run` and `plain` are runs of the same stage on the same texts (equal for mode "plain")."""
    latency, plain_latency = run.summary["latency_ms"], plain.summary["latency_ms"]
    exact, similar = hit_rates(run.summary)
    return {
        "stage": stage,
        "mode": mode,
        "inputs": run.summary["inputs"],
        "wall_s": run.summary["wall_s"],
        "latency_ms": latency,
        "page_faults": run.summary["page_faults"],
        "time_change_percent": 100 * (latency["mean"] / plain_latency["mean"] - 1) if run is not plain else None,
        "exact_hit_percent": exact,
        "similar_hit_percent": similar,
        "accuracy_percent": accuracy(run.outputs, texts),
        "mean_cosine": mean_cosine(run.outputs, plain.outputs) if run is not plain else None,
    }


COLUMNS = (
    ("", lambda r: r["stage"] if r["mode"] == "plain" else "", "<"),
    ("", lambda r: r["mode"], "<"),
    ("texts", lambda r: f"{r['inputs']}", ">"),
    ("p50 ms", lambda r: f"{r['latency_ms']['p50']:.1f}", ">"),
    ("p99 ms", lambda r: f"{r['latency_ms']['p99']:.1f}", ">"),
    ("mean ms", lambda r: f"{r['latency_ms']['mean']:.1f}", ">"),
    ("time", lambda r: number(r["time_change_percent"], "{:+.0f} %"), ">"),
    ("exact", lambda r: number(r["exact_hit_percent"], "{:.1f} %"), ">"),
    ("similar", lambda r: number(r["similar_hit_percent"], "{:.1f} %"), ">"),
    ("accuracy", lambda r: number(r["accuracy_percent"], "{:.1f} %"), ">"),
    ("cosine", lambda r: number(r["mean_cosine"], "{:.4f}"), ">"),
)


def number(value, pattern: str) -> str:
    return "" if value is None else pattern.format(value)


def render(rows: list) -> str:
    cells = [[title for title, _, _ in COLUMNS]] + [[get(r) for _, get, _ in COLUMNS] for r in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(f"{cell:{align}{width}}" for cell, width, (_, _, align) in zip(line, widths, COLUMNS)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * len(max(lines, key=len))] + lines[1:])
