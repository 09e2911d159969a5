"""What every learner asks of its labels and weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.classes import class_names, class_places
from retrain_platform.training.base import OneClass, Task

if TYPE_CHECKING:
    import pandas as pd


class Weighed(NamedTuple):
    """Rows to learn from, with their labels, weights where not all count alike, and queries where they are ranked."""

    train: pd.DataFrame
    labels: NDArray[Any]
    weights: NDArray[np.float64] | None
    queries: NDArray[np.integer] | None


def weighed(
    train: pd.DataFrame,
    labels: NDArray[Any],
    weights: NDArray[np.float64] | None,
    queries: NDArray[np.integer] | None = None,
) -> Weighed:
    """The rows without those that weigh nothing: learners count rows, too, and such a row is not to be counted.

    Raises:
        ValueError: another number of weights than rows, one that is negative or not finite, or all are 0.
    """
    if weights is None:
        return Weighed(train, labels, None, queries)
    if len(weights) != len(train):
        raise ValueError(f"len(weights) == {len(weights)} for {len(train)} rows, must be the same")
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        raise ValueError(f"weights == {weights[wrong][0]:g} in places, must be finite and at least 0")
    if not weights.any():
        raise ValueError(f"weights == 0 for all {len(train)} rows, must be more for some")
    kept = weights > 0
    if kept.all():
        return Weighed(train, labels, weights, queries)
    return Weighed(train[kept], labels[kept], weights[kept], None if queries is None else queries[kept])


class Numbered(NamedTuple):
    """Labels as numbers, shape (rows,); of several classes their places among `classes`, else those are empty."""

    labels: NDArray[np.float64]
    classes: tuple[str, ...]


def numbered(labels: NDArray[Any], rows: int, task: Task, queries: NDArray[np.integer] | None = None) -> Numbered:
    """The labels as a learner takes them.

    Raises:
        As `check_labels`.
    """
    check_labels(labels, rows, task, queries)
    if task != "multiclass":
        return Numbered(labels, ())
    classes = class_names(labels)
    return Numbered(class_places(labels, classes), classes)


def of_known_classes(
    valid: pd.DataFrame, labels: NDArray[Any], weights: NDArray[np.float64] | None, classes: Sequence[str]
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.float64] | None]:
    """The rows that stop a fit, without those of a class that it never saw: no round could help them."""
    places = class_places(labels, classes)
    known = ~np.isnan(places)
    return valid[known], places[known], None if weights is None else weights[known]


def named(fingerprint: str, classes: Sequence[str]) -> str:
    """The fingerprint of what was fitted together with the names of its classes: the same trees may mean others."""
    return hashlib.sha256("\n".join((fingerprint, *classes)).encode()).hexdigest() if classes else fingerprint


def check_labels(labels: NDArray[Any], rows: int, task: Task, queries: NDArray[np.integer] | None = None) -> None:
    """Refuse labels that cannot be learned from.

    Raises:
        OneClass: a label of classes with one class only, or relevance that is the same of all rows.
        ValueError: no rows, another number of labels or queries than rows, a label that is missing or infinite,
            for a binary task neither 0 nor 1, for ranking negative; ranking without queries.
    """
    if not rows or len(labels) != rows:
        raise ValueError(f"len(labels) == {len(labels)} for {rows} rows, must be the same and at least 1")
    if task == "multiclass":
        _check_classes(labels, rows)
        return
    if not np.isfinite(labels).all():
        raise ValueError(f"labels == {labels[~np.isfinite(labels)][0]} in places, must be known and finite")
    if task == "binary":
        classes = np.unique(labels)
        if not np.isin(classes, (0, 1)).all():
            raise ValueError(
                f"labels == {classes[~np.isin(classes, (0, 1))][0]:g}, must be 0 or 1 where task == 'binary'"
            )
        if len(classes) == 1:
            raise OneClass(f"labels == {classes[0]:g} in all {rows} rows, must have both classes to learn from")
    if task == "ranking":
        _check_relevance(labels, rows, queries)


def _check_classes(labels: NDArray[Any], rows: int) -> None:
    import pandas as pd

    missing = pd.isna(np.asarray(labels, dtype=object))
    if missing.any():
        raise ValueError(f"labels == None in {int(missing.sum())} places, must be known")
    classes = class_names(labels)
    if len(classes) == 1:
        raise OneClass(f"labels == {classes[0]!r} in all {rows} rows, must have at least two classes to learn from")


def _check_relevance(labels: NDArray[np.float64], rows: int, queries: NDArray[np.integer] | None) -> None:
    if queries is None or len(queries) != rows:
        given = "none" if queries is None else len(queries)
        raise ValueError(f"queries == {given} for {rows} rows, must be one a row where task == 'ranking'")
    if labels.min() < 0:
        raise ValueError(f"labels == {labels.min():g}, must be >= 0 where task == 'ranking'")
    if labels.min() == labels.max():
        raise OneClass(f"labels == {labels[0]:g} in all {rows} rows, must differ in relevance to learn from")
