"""Distances of two samples from their values themselves, for what no cells can tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from retrain_platform.stats.grid import Floats

_CUTS = 4096
"""So many values of a reference cut it into cells."""


class Exact(NamedTuple):
    """Kolmogorov-Smirnov, and Wasserstein in the values' own unit; nan where a side has no number."""

    ks: float
    wasserstein: float


def exact_distances(reference: Floats, current: Floats) -> Exact:
    """Of two samples, of shapes (n,) and (m,): nan is left out, infinities count for KS only."""
    sides = [np.sort(side[~np.isnan(side)]) for side in (reference, current)]
    if not all(len(side) for side in sides):
        return Exact(float("nan"), float("nan"))
    finite = [side[np.isfinite(side)] for side in sides]
    at = np.union1d(*sides)
    ks = float(np.abs(_reached(sides[1], at) - _reached(sides[0], at)).max())
    if not all(len(side) for side in finite):
        return Exact(ks, float("nan"))
    at = np.union1d(*finite)
    lead = np.abs(_reached(finite[1], at) - _reached(finite[0], at))
    return Exact(ks, float((lead[:-1] * np.diff(at)).sum()))


def value_cuts(reference: Floats) -> Floats:
    """Values of a sample, sorted and distinct, so many that between two of them lies a little of it."""
    ordered = np.sort(reference[np.isfinite(reference)])
    taken = ordered[:: max(1, len(ordered) // _CUTS)]
    return taken[np.flatnonzero(np.diff(taken, prepend=np.nan))]


def cells_by_value(values: Floats, cuts: Floats) -> Floats:
    """The place of each value among `cuts`, in its order: 2 k + 1 at the k-th of them, even between two.

    What is not finite stays as it is.

    >>> cells_by_value(np.array([0.5, 1.0, 1.5, 9.0, np.nan]), np.array([1.0, 2.0])).tolist()
    [0.0, 1.0, 2.0, 4.0, nan]
    """
    places = np.searchsorted(cuts, values, side="left") + np.searchsorted(cuts, values, side="right")
    return np.where(np.isfinite(values), places.astype(np.float64), values)


def _reached(ordered: Floats, at: Floats) -> Floats:
    """The share of the sorted values that is at or under each of `at`."""
    share: Floats = np.searchsorted(ordered, at, side="right") / len(ordered)
    return share
