"""How often is a good version sent back, and how soon a bad one? 1000 simulated canaries of each kind.

    OMP_NUM_THREADS=1 python benchmarks/releases.py [--roads 1000] [--json FILE]

Two hours of a canary at 10% of 20 requests a second, in bins of 10 seconds: errors 0.5%, p95 about 200 ms, accuracy
82%, all going up and down with the hour for both sides alike; a quarter of the rows is labelled at once, and both
versions score all of them. Each road is looked at every 10 seconds by the platform's own evidence (`stats.two_arms`,
`betting`, at the shipped margins), and every 10 seconds by fixed limits (error rate 1% and p95 300 ms over 10 minutes,
accuracy 0.80 over 30). A Mann-Whitney judge as Kayenta's compares the minutes' values of both sides since the start at
98%, error rate, p95 and accuracy, every 5 minutes or every 30. Whatever says 'worse' first sends the version back.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, norm

from retrain_platform.release.live.bins import cell_end, cells_apart, latency_cell
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.stats.betting import log_pays
from retrain_platform.stats.slower import slow_calls
from retrain_platform.stats.two_arms import Arms, log_margin_ratios, log_odds_ratios

Floats = NDArray[np.float64]

BINS, A_MINUTE = 720, 6
OWN, OTHER = 20.0, 180.0
"""Mean calls of a bin of the canary and of the champion."""
ERRORS, MEDIAN, SIGMA, ACCURACY = 0.005, 88.0, 0.5, 0.82
CALLS_OF_ONE = 20
LABELLED, DISAGREE = 0.25, 0.08
CELLS = np.arange(latency_cell(15), latency_cell(900))
NEVER = BINS


class Kind(NamedTuple):
    """How the canary differs from the champion; `outage` minutes in which every tenth call of both sides fails.

    `alike`: each entity, of 20 calls, keeps its own rate of errors, with this intraclass correlation.
    """

    name: str
    errors: float = 1.0
    slower: float = 1.0
    accuracy: float = 0.0
    outage: int = 0
    alike: float = 0.0


KINDS = (
    Kind("equal"),
    Kind("equal, both have an outage of 3 minutes", outage=3),
    Kind("error rate x2", errors=2.0),
    Kind("latency x1.5", slower=1.5),
    Kind("accuracy -2 points", accuracy=-0.02),
    Kind("error rate x10", errors=10.0),
    Kind("equal, calls of an entity fail alike", alike=0.02),
)


class Road(NamedTuple):
    """One canary: counts by bin, of the canary and the champion."""

    errors: Floats
    calls: Floats
    other_errors: Floats
    other_calls: Floats
    cells: NDArray[np.int64]
    other_cells: NDArray[np.int64]
    pairs: NDArray[np.int64]
    right: Floats
    labels: Floats
    other_right: Floats
    other_labels: Floats
    met: Floats


def main() -> None:
    """Play all kinds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--roads", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    began, rows = time.process_time(), []
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng(number)
        found = judged([draw(rng, kind) for _ in range(asked.roads)])
        rows += [_line(kind, judge, ends) for judge, ends in found.items()]
        print(pd.DataFrame(rows[-len(found) :]).to_string(index=False), flush=True)
    print(f"{time.process_time() - began:.0f} CPU seconds")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _line(kind: Kind, judge: str, ends: Floats) -> dict[str, Any]:
    """How many ended, and when: minutes to the median and to the 90th percentile of all roads."""
    ended = ends < NEVER
    minutes = np.where(ended, (ends + 1) / A_MINUTE, math.inf)
    share = float(ended.mean())
    return {
        "canary": kind.name,
        "judge": judge,
        "share": f"{share:.1%}",
        "error of it": f"{math.sqrt(share * (1 - share) / len(ends)):.1%}",
        "median minutes": _told(float(np.quantile(minutes, 0.5, method="higher"))),
        "90% by minute": _told(float(np.quantile(minutes, 0.9, method="higher"))),
    }


def _told(minutes: float) -> str:
    return f"{minutes:.1f}" if math.isfinite(minutes) else "-"


def draw(rng: np.random.Generator, kind: Kind) -> Road:
    """One road; what happens to both sides at once is drawn once."""
    hour = np.sin(2 * np.pi * (np.arange(BINS) / BINS + rng.random()))
    failing = ERRORS * np.exp(0.4 * hour)
    if kind.outage:
        start = rng.integers(60, BINS - 60)
        failing[start : start + kind.outage * A_MINUTE] += 0.1
    cells = _cells(rng, OWN, MEDIAN * kind.slower * np.exp(0.1 * hour))
    other_cells = _cells(rng, OTHER, MEDIAN * np.exp(0.1 * hour))
    calls, other_calls = cells.sum(axis=1), other_cells.sum(axis=1)
    pairs, sides = _labels(rng, calls, other_calls, kind.accuracy)
    return Road(
        rng.binomial(calls, np.minimum(failing * kind.errors * _own_rate(rng, kind, OWN), 1)).astype(np.float64),
        calls.astype(np.float64),
        rng.binomial(other_calls, np.minimum(failing * _own_rate(rng, kind, OTHER), 1)).astype(np.float64),
        other_calls.astype(np.float64),
        cells,
        other_cells,
        pairs,
        *sides,
        _met(calls + other_calls),
    )


def _own_rate(rng: np.random.Generator, kind: Kind, calls: float) -> float:
    """By how much the entities of a side fail more than all: the mean of what each draws once."""
    if not kind.alike:
        return 1.0
    both = 1 / kind.alike - 1
    drawn = rng.beta(ERRORS * both, (1 - ERRORS) * both, round(calls * BINS / CALLS_OF_ONE))
    return float(drawn.mean() / ERRORS)


def _met(calls: NDArray[np.int64]) -> Floats:
    """How many entities were met by each bin's end, where calls come from them all alike."""
    entities = calls.sum() / CALLS_OF_ONE
    met: Floats = entities * -np.expm1(-np.cumsum(calls) / entities)
    return met


def _cells(rng: np.random.Generator, calls: float, median: Floats) -> NDArray[np.int64]:
    """Poisson counts by cell of lognormal latencies; what lies outside of the cells goes to their ends."""
    edges = np.log([cell_end(int(cell)) for cell in CELLS[:-1]])
    below = norm.cdf((edges[None, :] - np.log(median)[:, None]) / SIGMA)
    shares = np.diff(np.concatenate([np.zeros((BINS, 1)), below, np.ones((BINS, 1))], axis=1), axis=1)
    return rng.poisson(calls * shares)


def _labels(
    rng: np.random.Generator, calls: NDArray[np.int64], other: NDArray[np.int64], gain: float
) -> tuple[NDArray[np.int64], list[Floats]]:
    """Rows by who was right where only one was (the champion, none or both, the canary), and each side's own labels."""
    chances = [(DISAGREE - gain) / 2, 1 - DISAGREE, (DISAGREE + gain) / 2]
    labelled = [rng.binomial(each, LABELLED) for each in (calls, other)]
    pairs = sum(rng.multinomial(each, chances) for each in labelled)
    sides = []
    for each, right in zip(labelled, (ACCURACY + gain, ACCURACY), strict=True):
        sides += [rng.binomial(each, right).astype(np.float64), each.astype(np.float64)]
    return pairs, sides


def judged(roads: list[Road]) -> dict[str, Floats]:
    """The bin in which each judge ends each road, `NEVER` where it does not; and in which ours would let it go up."""
    plan = LivePlan()
    paths = [_evidence(road) for road in roads]
    worse, alike = (np.array([path[side] for path in paths]) for side in (0, 2))
    return {
        "e-values, level 5%": _first(worse >= -math.log(plan.level)),
        "e-values as shipped": _first(alike >= math.log(4 / plan.level)),
        "fixed limits": np.array([_limits(road) for road in roads]),
        "Mann-Whitney every 5 minutes": _ranks(roads, 5),
        "Mann-Whitney every 30 minutes": _ranks(roads, 30),
        "(as shipped: goes up)": _up(alike, np.array([path[1] for path in paths]), plan),
    }


def _up(worse: Floats, shown: Floats, plan: LivePlan) -> Floats:
    """The bin in which all is shown, after the hold and before the shipped level sends it back."""
    held = round(plan.rollout.hold.total_seconds() / 60) * A_MINUTE
    shown[:, : held - 1] = 0.0
    up = _first(shown >= -math.log(1 - plan.confidence))
    return np.where(up < _first(worse >= math.log(4 / plan.level)), up, NEVER)


def _evidence(road: Road) -> tuple[Floats, Floats, Floats]:
    """Logarithms by bin: the mean of the measures' e-values of 'worse' where one is beyond its margin; the least of
    'not worse' of errors and latency, which go up on; the first once more with the plan's design effect, as both are.
    """
    plan = LivePlan()
    errors, latency, labels = plan.measures
    arms = Arms(road.errors, road.calls, road.other_errors, road.other_calls)
    shift = cells_apart(1 + latency.not_slower_by)
    plain, divided = (slow_calls(road.cells, road.other_cells, 0.95, by) for by in (0, shift))
    pairs = np.cumsum(road.pairs, axis=0)
    grown = np.cumsum(road.calls + road.other_calls) / road.met
    effect = 1 + np.maximum(grown - 1, 0) * plan.alike
    capital = [
        np.cumsum(log_odds_ratios(arms), axis=0),
        np.cumsum(log_odds_ratios(plain), axis=0),
        pairs @ log_pays(np.array([1.0, 0.0, -1.0]), 0.0).T,
    ]
    worse = np.array([_mixed(each) for each in capital])
    alike = np.array([_mixed(each / effect[:, None]) for each in capital])
    gap = np.cumsum(road.errors) / np.cumsum(road.calls) - np.cumsum(road.other_errors) / np.cumsum(road.other_calls)
    p95 = [_quantile(np.cumsum(each, axis=0)) for each in (road.cells, road.other_cells)]
    loss = (pairs[:, 0] - pairs[:, 2]) / np.maximum(pairs.sum(axis=1), 1)
    beyond = np.array([gap > errors.not_worse_by, p95[0] - p95[1] > shift, loss > labels.not_worse_by])
    beyond &= np.cumsum(road.calls) >= plan.traffic.calls
    shown = np.minimum(
        np.cumsum(log_margin_ratios(arms, errors.not_worse_by)) / effect,
        _mixed(np.cumsum(log_odds_ratios(divided.mirrored()), axis=0) / effect[:, None]),
    )
    return _sure(worse, beyond), shown, _sure(alike, beyond)


def _sure(worse: Floats, beyond: NDArray[np.bool_]) -> Floats:
    """The mean of the e-values where the largest is of a measure beyond its margin."""
    top = np.argmax(worse, axis=0)
    return np.where(np.take_along_axis(beyond, top[None], axis=0)[0], _mixed(worse.T), -math.inf)


def _mixed(paths: Floats) -> Floats:
    top = paths.max(axis=1)
    return top + np.log(np.exp(paths - top[:, None]).mean(axis=1))


def _quantile(counts: NDArray[np.int64], share: float = 0.95) -> NDArray[np.int64]:
    reached = np.cumsum(counts, axis=1)
    return (reached < share * reached[:, -1:]).sum(axis=1)


def _first(said: NDArray[np.bool_]) -> Floats:
    return np.where(said.any(axis=1), said.argmax(axis=1), NEVER).astype(np.float64)


def _limits(road: Road) -> float:
    """The first bin whose window passes a limit."""
    over = [_window(road.errors, 10) > 0.01 * _window(road.calls, 10)]
    cells = np.apply_along_axis(lambda column: _window(column, 10), 0, road.cells.astype(np.float64))
    p95 = np.array([cell_end(int(cell)) for cell in CELLS])[_quantile(cells)]
    over.append((p95 > 300) & np.isfinite(_window(road.calls, 10)))
    over.append(_window(road.right, 30) < 0.80 * _window(road.labels, 30))
    return float(_first(np.any(over, axis=0)[None])[0])


def _window(values: Floats, minutes: int) -> Floats:
    """The sum over the last minutes; nan before there are so many, which passes nothing."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    size = minutes * A_MINUTE
    return np.concatenate([np.full(size - 1, np.nan), total[size:] - total[:-size]])


def _ranks(roads: list[Road], every: int) -> Floats:
    """The first look at which the minutes' values of a measure differ for the worse."""
    measures: list[tuple[Callable[[Road], Floats], Callable[[Road], Floats]]] = [
        (lambda road: _rate(road.errors, road.calls), lambda road: _rate(road.other_errors, road.other_calls)),
        (lambda road: _p95(road.cells), lambda road: _p95(road.other_cells)),
        (
            lambda road: -_rate(road.right, road.labels),
            lambda road: -_rate(road.other_right, road.other_labels),
        ),
    ]
    ends = np.full(len(roads), float(NEVER))
    for own, other in measures:
        values = [np.array([side(road) for road in roads]) for side in (own, other)]
        for minute in range(every, BINS // A_MINUTE + 1, every):
            found = mannwhitneyu(values[0][:, :minute], values[1][:, :minute], alternative="greater", axis=1,
                                 method="asymptotic")  # fmt: skip
            ends = np.minimum(ends, np.where(found.pvalue < 0.01, minute * A_MINUTE - 1, NEVER))
    return ends


def _rate(hits: Floats, n: Floats) -> Floats:
    minutes = (each.reshape(-1, A_MINUTE).sum(axis=1) for each in (hits, n))
    top, bottom = minutes
    return top / np.maximum(bottom, 1)


def _p95(cells: NDArray[np.int64]) -> Floats:
    return _quantile(cells.reshape(-1, A_MINUTE, cells.shape[1]).sum(axis=1)).astype(np.float64)


if __name__ == "__main__":
    main()
