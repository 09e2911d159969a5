"""The rows that speak loudest against a candidate: where it misses by more than the champion, or by most, alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.metrics import Metric
from retrain_platform.stats.metrics.ranking import FromQueries
from retrain_platform.validation.base import WorstRow

Floats = NDArray[np.float64]
WORST = 5
"""How many rows are kept of those that speak against the candidate."""


def worst_rows(
    labels: Floats, candidate: Floats, champion: Floats | None, ids: NDArray[np.object_], classes: Sequence[str] = ()
) -> tuple[WorstRow, ...]:
    """The rows on which the candidate's absolute error exceeds the champion's by most, the worst first.

    Without a champion those on which its own is largest. Arrays are of shape (rows,). Where scores are of several
    classes, shape (rows, classes), a row's label is the name of its class, its scores are the chances that it was
    given, and the error is what they lack of 1.
    """
    if candidate.ndim == 2:
        rows, places = np.arange(len(labels)), labels.astype(np.intp)
        candidate = candidate[rows, places]
        champion = None if champion is None else champion[rows, places]
        harm = (1.0 if champion is None else champion) - candidate
    else:
        harm = np.abs(labels - candidate) - (0.0 if champion is None else np.abs(labels - champion))
    return tuple(
        WorstRow(
            id=str(ids[row]),
            label=classes[int(labels[row])] if classes else float(labels[row]),
            candidate=float(candidate[row]),
            champion=None if champion is None else float(champion[row]),
        )
        for row in _order(harm)
    )


def worst_queries(
    labels: Floats,
    candidate: Floats,
    champion: Floats | None,
    ids: NDArray[np.object_],
    queries: NDArray[np.integer],
    metric: Metric,
) -> tuple[WorstRow, ...]:
    """The queries by whose value of the ranking `metric` the champion exceeds the candidate by most, the worst first.

    Without a champion those whose value lacks most of 1. Each is named by its first row; the label is the greatest
    relevance in it, the scores are the metric's values.
    """
    names, first, places = np.unique(queries, return_index=True, return_inverse=True)
    mine = by_query(metric, labels, candidate, places.astype(np.intp))
    theirs = None if champion is None else by_query(metric, labels, champion, places.astype(np.intp))
    best = np.zeros(len(names))
    np.maximum.at(best, places, labels)
    return tuple(
        WorstRow(
            id=f"query of {ids[first[query]]}",
            label=float(best[query]),
            candidate=float(mine[query]),
            champion=None if theirs is None else float(theirs[query]),
        )
        for query in _order((1.0 if theirs is None else theirs) - mine)
    )


def by_query(metric: Metric, labels: Floats, scores: Floats, places: NDArray[np.intp]) -> Floats:
    """The metric of each query alone, nan where it has no relevant row; `places` number the queries without gaps.

    Raises:
        ValueError: the metric is none of ranking.
    """
    measure = metric.measures.get("ranking")
    if not isinstance(measure, FromQueries):
        raise ValueError(f"metric == {metric.name!r}, must be one of ranking")
    return measure.each(labels, scores, places)


def _order(harm: Floats) -> list[int]:
    order = np.argsort(-np.nan_to_num(harm), kind="stable")[:WORST]
    return [int(place) for place in order if harm[place] > 0]
