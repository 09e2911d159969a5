"""What every learner asks of its labels and weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.classes import class_names, class_places
from retrain_platform.training.base import Fitted, OneClass, Rows, Task
from retrain_platform.training.incremental import CannotContinue


def weighed(rows: Rows) -> Rows:
    """The rows without those that weigh nothing: learners count rows, too, and such a row is not to be counted.

    Raises:
        ValueError: another number of weights than rows, one that is negative or not finite, or all are 0.
    """
    weights, count = rows.weights, len(rows.frame)
    if weights is None:
        return rows
    if len(weights) != count:
        raise ValueError(f"len(weights) == {len(weights)} for {count} rows, must be the same")
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        raise ValueError(f"weights == {weights[wrong][0]:g} in places, must be finite and at least 0")
    if not weights.any():
        raise ValueError(f"weights == 0 for all {count} rows, must be more for some")
    kept = weights > 0
    return rows if kept.all() else rows.of(kept)


class Numbered(NamedTuple):
    """Rows with labels as numbers; of several classes their places among `classes`, else those are empty."""

    rows: Rows
    classes: tuple[str, ...]


def numbered(rows: Rows, task: Task) -> Numbered:
    """The rows as a learner takes them: those that weigh something, their labels as numbers.

    Raises:
        As `weighed` and `check_labels`.
    """
    rows = weighed(rows)
    check_labels(rows, task)
    if task != "multiclass":
        return Numbered(rows, ())
    classes = class_names(rows.labels)
    return Numbered(rows._replace(labels=class_places(rows.labels, classes)), classes)


def numbered_as(base: Fitted, rows: Rows, task: Task) -> Rows:
    """As `numbered`, for a model that goes on from `base`.

    Raises:
        As `numbered`.
        CannotContinue: a label is of a class that `base` does not know.
    """
    known, classes = numbered(rows, task)
    own = base.report.classes
    strange = [name for name in classes if name not in own]
    if strange:
        raise CannotContinue(f"classes == {', '.join(strange)} in places, must be among {', '.join(own)}")
    if not classes:
        return known
    places = class_places(np.array(classes, dtype=object), own)
    return known._replace(labels=places[known.labels.astype(np.intp)])


def of_known_classes(valid: Rows, classes: Sequence[str]) -> Rows:
    """The rows that stop a fit, their labels as numbers, without those of a class that it never saw.

    No round could help them. `classes` are those of the fit's own rows; empty where the task has none.
    """
    if not classes:
        return valid
    places = class_places(valid.labels, classes)
    return valid._replace(labels=places).of(~np.isnan(places))


def named(fingerprint: str, classes: Sequence[str]) -> str:
    """The fingerprint of what was fitted together with the names of its classes: the same trees may mean others."""
    return hashlib.sha256("\n".join((fingerprint, *classes)).encode()).hexdigest() if classes else fingerprint


def check_labels(rows: Rows, task: Task) -> None:
    """Refuse labels that cannot be learned from.

    Raises:
        OneClass: a label of classes with one class only, or relevance that is the same of all rows.
        ValueError: no rows, another number of labels or queries than rows, a label that is missing or infinite,
            for a binary task neither 0 nor 1, for ranking negative; ranking without queries.
    """
    labels, count = rows.labels, len(rows.frame)
    if not count or len(labels) != count:
        raise ValueError(f"len(labels) == {len(labels)} for {count} rows, must be the same and at least 1")
    if task == "multiclass":
        _check_classes(labels)
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
            raise OneClass(f"labels == {classes[0]:g} in all {count} rows, must have both classes to learn from")
    if task == "ranking":
        _check_relevance(labels, rows.queries)


def _check_classes(labels: NDArray[Any]) -> None:
    import pandas as pd

    missing = pd.isna(np.asarray(labels, dtype=object))
    if missing.any():
        raise ValueError(f"labels == None in {int(missing.sum())} places, must be known")
    classes = class_names(labels)
    if len(classes) == 1:
        raise OneClass(
            f"labels == {classes[0]!r} in all {len(labels)} rows, must have at least two classes to learn from"
        )


def _check_relevance(labels: NDArray[np.float64], queries: NDArray[np.integer] | None) -> None:
    if queries is None or len(queries) != len(labels):
        given = "none" if queries is None else len(queries)
        raise ValueError(f"queries == {given} for {len(labels)} rows, must be one a row where task == 'ranking'")
    if labels.min() < 0:
        raise ValueError(f"labels == {labels.min():g}, must be >= 0 where task == 'ranking'")
    if labels.min() == labels.max():
        raise OneClass(f"labels == {labels[0]:g} in all {len(labels)} rows, must differ in relevance to learn from")
