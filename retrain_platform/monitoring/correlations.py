"""How the numeric features move together now, beside how they did in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import sqrt
from typing import NamedTuple

import numpy as np

from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.stats.comoments import CoMoments
from retrain_platform.stats.grid import Floats
from retrain_platform.stats.noise import of_correlation
from retrain_platform.stats.tails import of_chance, of_periods

_CHANCE = 0.05
"""How often any of the changes passes its noise where nothing changed."""


class OrdinaryChanges(NamedTuple):
    """The most that each correlation of one of so many periods differed from that of the others, (columns, columns)."""

    most: Floats
    periods: int


def with_correlations(
    features: Sequence[FeatureDrift],
    reference: CoMoments | None,
    current: CoMoments | None,
    ordinary: OrdinaryChanges | None = None,
) -> tuple[FeatureDrift, ...]:
    """The features, each with the largest change of its correlation with another that its noise does not explain.

    The noise of a pair is the greater of what chance reaches between two samples of these sizes and
    of what ordinary periods do, both carried out so far that any of all pairs passes its own 5 times
    in 100. The change nearest to its noise is given where none is over it. Features stay as they are
    where the two sides did not count the same columns.
    """
    if reference is None or current is None or not reference.comparable(current) or len(reference.names) < 2:
        return tuple(features)
    change, noise = _changes(reference, current, ordinary)
    places = {name: place for place, name in enumerate(reference.names)}
    return tuple(
        feature.model_copy(update=_largest(reference.names, change[at], noise[at]))
        if (at := places.get(feature.feature)) is not None
        else feature
        for feature in features
    )


def ordinary_changes(periods: Sequence[CoMoments | None]) -> OrdinaryChanges | None:
    """What each correlation of one period differed from that of all the others.

    None with fewer than 2 periods, or where they did not count the same columns.
    """
    known = [each for each in periods if each is not None]
    if len(known) < max(2, len(periods)) or any(not each.comparable(known[0]) for each in known):
        return None
    total = reduce(CoMoments.__add__, known)
    changes = [np.abs(_others(total, each).correlations() - each.correlations()) for each in known]
    return OrdinaryChanges(np.fmax.reduce(changes), len(known))


def _others(total: CoMoments, one: CoMoments) -> CoMoments:
    arrays = (whole - part for whole, part in zip(total.arrays, one.arrays, strict=True))
    return CoMoments(total.names, total.grids, *arrays)


def _changes(reference: CoMoments, current: CoMoments, ordinary: OrdinaryChanges | None) -> tuple[Floats, Floats]:
    """The absolute change of each correlation, and its noise; nan on the diagonal."""
    before, now = reference.correlations(), current.correlations()
    change = np.abs(now - before)
    np.fill_diagonal(change, np.nan)
    smaller = np.where(np.abs(before) < np.abs(now), before, now)  # the nearer to 0 of both: its noise is the larger
    each = _CHANCE / max(1, int(np.isfinite(change).sum()) // 2)
    noise = of_correlation(reference.rows, current.rows, smaller) * sqrt(of_chance(each))
    if ordinary is not None and ordinary.most.shape == noise.shape:
        noise = np.fmax(noise, ordinary.most * sqrt(of_periods(ordinary.periods, each)))
    return change, noise


def _largest(names: Sequence[str], change: Floats, noise: Floats) -> dict[str, object]:
    excess = change - noise
    if np.isnan(excess).all():
        return {}
    clear = np.where(excess > 0, change, np.nan)
    at = int(np.nanargmax(excess if np.isnan(clear).all() else clear))
    return {"correlation": float(change[at]), "correlated": names[at], "correlation_noise": float(noise[at])}
