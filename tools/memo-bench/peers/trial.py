"""Tries the ways in which a peer can run a model and keeps the fastest: a peer is shown at its best."""
import time

import numpy

RUNS = 3


def trial_ids(vocabulary: int, batch: int, length: int):
    return numpy.random.default_rng(1).integers(0, vocabulary, (batch, length), numpy.int64)


def milliseconds(run, ids) -> float:
    """The best of a few runs, after one that warms up."""
    run(ids)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run(ids)
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def matching(candidates, choose: dict) -> list:
    """Those whose settings have all that `choose` has."""
    wanted = [candidate for candidate in candidates if choose.items() <= candidate[0].items()]
    if not wanted:
        raise ValueError(f"choose is {choose}, but no settings have that; some are {candidates[0][0]}")
    return wanted


def fastest(candidates, ids, choose: dict):
    """candidates: (settings, make) pairs, make() returns the run. Returns run, settings, and what each took.

    Only candidates that match `choose` are tried. One is held at a time, besides the best. A candidate that the engine
    refuses is left out. `difference` is the largest from the first candidate's states: all compute the same thing, but
    for what each way of quantizing loses.
    """
    best, expected, tried, refused = None, None, [], []
    for settings, make in matching(candidates, choose):
        try:
            run = make()
            took = milliseconds(run, ids)
            states = numpy.array(run(ids))
        except Exception as error:  # engines raise types of their own
            refused.append({**settings, "error": str(error)[:300]})
            continue
        expected = states if expected is None else expected
        difference = float(numpy.abs(states - expected).max())
        tried.append({**settings, "ms": round(took, 2), "difference": difference})
        if best is None or took < best[0]:
            best = (took, run, settings)
    if best is None:
        raise ValueError(f"the engine refused the model: {refused[0]['error'] if refused else 'nothing to try'}")
    return best[1], best[2], tried + refused
