"""How the numeric features move together now, beside how they did in the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.stats.comoments import CoMoments
from retrain_platform.stats.grid import Floats
from retrain_platform.stats.noise import of_correlation


def with_correlations(
    features: Sequence[FeatureDrift], reference: CoMoments | None, current: CoMoments | None
) -> tuple[FeatureDrift, ...]:
    """The features, each with the largest change of its correlation with another that chance does not explain.

    Chance: what two samples of these sizes differ by 95 times in 100. The largest within it is given where
    none is over it. Features stay as they are where the two sides did not count the same columns.
    """
    if reference is None or current is None or not reference.comparable(current) or len(reference.names) < 2:
        return tuple(features)
    change, excess = _changes(reference, current)
    places = {name: place for place, name in enumerate(reference.names)}
    return tuple(
        feature.model_copy(update=_largest(reference.names, change[at], excess[at]))
        if (at := places.get(feature.feature)) is not None
        else feature
        for feature in features
    )


def _changes(reference: CoMoments, current: CoMoments) -> tuple[Floats, Floats]:
    """The absolute change of each correlation, and by how much it is over chance; nan on the diagonal."""
    before, now = reference.correlations(), current.correlations()
    change = np.abs(now - before)
    np.fill_diagonal(change, np.nan)
    smaller = np.where(np.abs(before) < np.abs(now), before, now)  # the nearer to 0 of both: its noise is the larger
    return change, change - of_correlation(reference.rows, current.rows, smaller)


def _largest(names: Sequence[str], change: Floats, excess: Floats) -> dict[str, object]:
    if np.isnan(excess).all():
        return {}
    clear = np.where(excess > 0, change, np.nan)
    at = int(np.nanargmax(change if np.isnan(clear).all() else clear))
    return {"correlation": float(change[at]), "correlated": names[at]}
