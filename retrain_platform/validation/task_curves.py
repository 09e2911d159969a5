"""What the exam's plots need of a label of several classes, and of a ranking: calls by class, lists by size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.performance import POOL
from retrain_platform.stats.metrics import Metric
from retrain_platform.validation.curves import ListsOfSize, ModelCurves, roc
from retrain_platform.validation.worst import by_query

Floats = NDArray[np.float64]
SHOWN_CLASSES = 5
"""How many classes are shown by name, those with most rows; the rest are pooled."""


def class_curves(labels: Floats, scores: Floats, classes: Sequence[str]) -> ModelCurves:
    """What was called what, and the ROC of each of the largest classes against the rest.

    `labels` are places among `classes`, shape (rows,), `scores` chances of shape (rows, classes). A row with a score
    that is not finite does not count; empty where no row is left.
    """
    known = np.isfinite(labels) & np.isfinite(scores).all(axis=1)
    truth, scores = labels[known].astype(np.intp), scores[known]
    if not len(truth):
        return ModelCurves()
    counts = np.bincount(labels[np.isfinite(labels)].astype(np.intp), minlength=len(classes))
    shown = np.sort(np.argsort(-counts, kind="stable")[:SHOWN_CLASSES])  # of all rows: the same for both models
    place = np.full(len(classes), len(shown))
    place[shown] = np.arange(len(shown))
    names = [classes[one] for one in shown]
    pooled = [] if len(shown) == len(classes) else [POOL if POOL not in names else f"{POOL} (pooled)"]
    width = len(shown) + len(pooled)
    cells = np.bincount(place[truth] * width + place[scores.argmax(axis=1)], minlength=width**2)
    return ModelCurves(
        classes=(*names, *pooled),
        confusion=tuple(tuple(int(count) for count in row) for row in cells.reshape(width, width)),
        rocs=tuple(roc((truth == one).astype(np.float64), scores[:, one]) for one in shown),
    )


def list_curves(labels: Floats, scores: Floats, queries: NDArray[np.integer], metric: Metric) -> ModelCurves:
    """The mean of a ranking's metric by the size of its lists: of 1, 2, 3 to 4, 5 to 8 rows and so on.

    Arrays of shape (rows,). A list with a label or score that is not finite, or without a relevant row, does not count.
    """
    places = np.unique(queries, return_inverse=True)[1].astype(np.intp)
    broken = np.bincount(places, ~(np.isfinite(labels) & np.isfinite(scores))) > 0
    whole = ~broken[places]
    if not whole.any():
        return ModelCurves()
    kept = np.unique(places[whole], return_inverse=True)[1].astype(np.intp)
    values, sizes = by_query(metric, labels[whole], scores[whole], kept), np.bincount(kept)
    values, sizes = values[~np.isnan(values)], sizes[~np.isnan(values)]
    steps = np.ceil(np.log2(sizes)).astype(int)
    found = (
        ListsOfSize(
            least=int(sizes[steps == step].min()),
            most=int(sizes[steps == step].max()),
            lists=int((steps == step).sum()),
            value=round(float(values[steps == step].mean()), 6),
        )
        for step in np.unique(steps)
    )
    return ModelCurves(metric=metric.name, lists=tuple(found))
