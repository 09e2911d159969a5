"""Alarms on the losses of the model that answers, period after period: what a replay holds policies against."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

SLACK = 0.5
"""In standard deviations of a period: half of the rise that is to be found."""


class Watch(Protocol):
    """A detector at work."""

    def begin(self) -> None:
        """A new model answers from now on: what is known of the one before is no reason for an alarm."""

    def alarms(self, loss: float, rows: int) -> str:
        """Take the model's next period, its mean loss over so many rows; why it alarms, '' where it does not."""


class Detector(NamedTuple):
    """A detector by its name. `of_errors`: it takes single errors, so that a loss must be a share of wrong rows."""

    name: str
    watch: Callable[[], Watch]
    of_errors: bool = False

    def fits(self, metric: str) -> bool:
        """Whether it can be told the losses of this metric."""
        return not self.of_errors or metric == "accuracy"


class Cusum:
    """Alarms when the sum of what the losses are over the level is more than `limit` standard deviations of a period.

    The level is the mean of the first period of every model so far; the deviation is told by how far neighbours of one
    model are apart (the median of |x - y| of two normal variables is 0.954 of it), and nothing alarms before two are.
    E. Page, "Continuous inspection schemes", Biometrika 41 (1954).

    >>> watch = Cusum(limit=2.0)
    >>> watch.begin()
    >>> [bool(watch.alarms(loss, 100)) for loss in (0.2, 0.21, 0.19, 0.2, 0.3)]
    [False, False, False, False, True]
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._firsts: list[float] = []
        self._apart: list[float] = []
        self._sum, self._last = 0.0, float("nan")

    def begin(self) -> None:
        """A new model answers from now on."""
        self._sum, self._last = 0.0, float("nan")

    def alarms(self, loss: float, rows: int) -> str:
        """Take the model's next period."""
        if np.isnan(self._last):
            self._firsts.append(loss)
        else:
            self._apart.append(abs(loss - self._last))
        self._last = loss
        noise = float(np.median(self._apart)) / 0.954 if len(self._apart) > 1 else 0.0
        if not noise:
            return ""
        self._sum = max(0.0, self._sum + (loss - float(np.mean(self._firsts))) / noise - SLACK)
        if self._sum <= self._limit:
            return ""
        return f"the cumulative sum of its losses is {self._sum:.3g} deviations, limit {self._limit:g}"
