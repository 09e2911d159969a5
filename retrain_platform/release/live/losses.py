"""What a row lost when its label came: one number in [0, 1], so that live tests of its mean hold whatever the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from retrain_platform.dataset.label import Task

_CALLED = ("accuracy", "precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1")
"""Metrics of the class that is called: what they see of a row is whether it was called right."""
_HALF = 0.5


class Told(NamedTuple):
    """What a version answered to a row: its score, for several classes the chances in the order of `classes`."""

    score: float | Sequence[float]
    classes: Sequence[str] = ()


def loss(task: Task, metric: str, label: float | str, told: Told) -> float | None:
    """The row's loss, 0 best and 1 worst; None where one row alone tells nothing.

    Of classes it is whether the call was wrong, where `metric` judges calls, so that 1 - mean is the accuracy; else
    the Brier score (halved for several classes, Brier 1950): proper, so the true chances lose least, and within [0, 1],
    which the log loss is not; and AUC is no mean of rows. A regression's error has no bound of its own: only pairs
    are judged (`lost_less`). A ranked list is judged whole, not by row.

    Raises:
        ValueError: a label that is none of the task's.

    >>> loss("binary", "auc", 1, Told(0.8)), loss("binary", "accuracy", 0, Told(0.8))
    (0.04, 1.0)
    >>> loss("multiclass", "accuracy", "late", Told([0.2, 0.8], ["early", "late"]))
    0.0
    """
    if task == "binary":
        return round(_binary(metric, label, told), 12)
    if task == "multiclass":
        return round(_several(metric, str(label), told), 12)
    return None


def lost_less(task: Task, metric: str, label: float | str, mine: Told, other: Told) -> float | None:
    """By how much less `mine` lost than `other` on the same row, in [-1, 1]; None where rows cannot be compared.

    Of a regression it is 1 where `mine` was nearer, -1 where `other` was, 0 where both were as near: the sign test's
    datum, which needs no scale and no bound, and which no single huge error decides.

    >>> lost_less("regression", "rmse", 10, Told(9.0), Told(14.0))
    1.0
    """
    if task == "regression":
        actual = float(label)
        near = abs(_one(other) - actual) - abs(_one(mine) - actual)
        return float((near > 0) - (near < 0))
    ours, theirs = loss(task, metric, label, mine), loss(task, metric, label, other)
    return None if ours is None or theirs is None else theirs - ours


def _binary(metric: str, label: float | str, told: Told) -> float:
    actual, score = float(label), _one(told)
    if actual not in (0.0, 1.0):
        raise ValueError(f"label == {label!r}, must be 0 or 1")
    if metric in _CALLED:
        return float((score >= _HALF) != (actual == 1.0))
    return float(min(1.0, (actual - score) ** 2))


def _several(metric: str, label: str, told: Told) -> float:
    chances = told.score if not isinstance(told.score, float | int) else ()
    if not told.classes or len(chances) != len(told.classes):
        raise ValueError(f"chances == {len(chances)}, must be one for each of {len(told.classes)} classes")
    place = told.classes.index(label) if label in told.classes else None
    if metric in _CALLED:
        return float(place is None or chances[place] < max(chances))
    squares = sum((chance - (position == place)) ** 2 for position, chance in enumerate(chances))
    return float(min(1.0, (squares + (place is None)) / 2))


def _one(told: Told) -> float:
    if not isinstance(told.score, float | int):
        raise ValueError(f"score == {len(told.score)} chances, must be one number")
    return float(told.score)
