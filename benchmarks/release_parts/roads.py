"""Simulated canaries: two hours of calls, errors, latencies and labels of a canary and its champion, by bin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from retrain_platform.release.live.bins import cell_end, latency_cell

Floats = NDArray[np.float64]

BINS, A_MINUTE = 720, 6
OWN, OTHER = 20.0, 180.0
"""Mean calls of a bin of the canary and of the champion."""
ERRORS, MEDIAN, SIGMA, ACCURACY = 0.005, 88.0, 0.5, 0.82
CALLS_OF_ONE = 20
LABELLED, DISAGREE = 0.25, 0.08
CELLS = np.arange(latency_cell(15), latency_cell(900))


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
