"""What a metric is: a name, a direction, a range, and how it is computed for each task that it suits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.counting import Groups

Floats = NDArray[np.float64]
MetricTask = Literal["binary", "multiclass", "regression", "ranking"]

Recount = Callable[[NDArray[np.integer]], Floats]
"""From how often each unit is drawn, shape (resamples, units), to the metric of each resample, (resamples,)."""


class Rows(NamedTuple):
    """Checked rows. `labels` of shape (rows,), `scores` (rows,) or (rows, classes); `queries` numbers
    each row's query from 0 without gaps, None but for ranking.
    """

    labels: Floats
    scores: Floats
    queries: NDArray[np.intp] | None = None


class Measure(Protocol):
    """How a metric is computed. Rows are checked, there is at least one, and groups and units are numbered from 0."""

    def value(self, rows: Rows, weights: Floats | None) -> float:
        """The metric of all rows."""

    def without_each(self, rows: Rows, groups: NDArray[np.intp], count: int) -> Floats:
        """The metric of the rows outside each group, shape (count,)."""

    def recounted(self, rows: Rows, units: NDArray[np.intp], count: int) -> Recount:
        """The metric as a function of how often each unit is drawn; what can be is worked out once, here."""

    def influence(self, rows: Rows) -> Floats:
        """Each row's first-order effect on the metric, shape (rows,); they sum to 0."""


@runtime_checkable
class InParts(Protocol):
    """A measure that is faster for all parts of the rows together than for one after the other."""

    def in_parts(
        self, rows: Rows, parts: NDArray[np.intp], places: int, groups: NDArray[np.intp], count: int
    ) -> tuple[Floats, Floats]:
        """`value` of each part's rows, shape (places,), and `without_each` of them, (places, count)."""


@dataclass(frozen=True)
class Metric:
    """A metric, its direction, its least and greatest value, and a measure for each task that it suits.

    What labels and scores are, by task:

    - binary: 0 or 1, and P(label = 1), both of shape (rows,);
    - multiclass: the class as a whole number from 0, and P(class), of shape (rows, classes);
    - regression: any numbers, both of shape (rows,);
    - ranking: relevance of at least 0, and any score to order by, both of shape (rows,), with
      `queries`: any integer names of the lists that are ranked, shape (rows,).
    """

    name: str
    measures: Mapping[MetricTask, Measure]
    greater_is_better: bool
    low: float = 0.0
    high: float = 1.0

    @property
    def tasks(self) -> tuple[MetricTask, ...]:
        """The tasks that it suits."""
        return tuple(self.measures)

    def compute(
        self,
        labels: Floats,
        scores: Floats,
        weights: Floats | None = None,
        queries: NDArray[np.integer] | None = None,
    ) -> float:
        """The metric of the rows, each counting `weights` (1), shape (rows,). For ranking a query
        counts the mean weight of its rows.

        nan where undefined: no rows, one class (AUC), no positives (recall), constant labels (r2), no
        query with a relevant row (ranking), a nan label or score.

        Raises:
            ValueError: lengths differ, a label that is none of the task's, scores of another shape than
                the metric's, or ranking without queries.
        """
        measure, rows = self._checked(labels, scores, labels if weights is None else weights, queries)
        return float("nan") if rows is None else measure.value(rows, weights)

    def without_each(
        self,
        labels: Floats,
        scores: Floats,
        groups: NDArray[np.intp],
        count: int,
        queries: NDArray[np.integer] | None = None,
    ) -> Floats:
        """`compute` of the rows outside group 0, 1, ... `count` - 1, shape (count,), at about the cost of
        one (of ranking: where a query lies within one group).

        Raises:
            ValueError: as `compute`.
        """
        measure, rows = self._checked(labels, scores, groups, queries)
        return np.full(count, np.nan) if rows is None else measure.without_each(rows, groups, count)

    def in_parts(
        self,
        labels: Floats,
        scores: Floats,
        parts: NDArray[np.intp],
        places: int,
        groups: NDArray[np.intp],
        count: int,
        queries: NDArray[np.integer] | None = None,
    ) -> tuple[Floats, Floats]:
        """`compute` of the rows of each part 0, 1, ... `places` - 1, shape (places,), and of those without each group,
        (places, count); nan without a group that the part does not have.

        Raises:
            ValueError: as `compute`.
        """
        measure, rows = self._checked(labels, scores, groups, queries)
        values, without = np.full(places, np.nan), np.full((places, count), np.nan)
        if rows is not None and isinstance(measure, InParts):
            values, without = measure.in_parts(rows, parts, places, groups, count)
            held = np.bincount(parts * count + groups, minlength=places * count).reshape(places, count) > 0
            return values, np.where(held, without, np.nan)
        for place, own in enumerate(rows_of_each(parts, places)):
            within = None if queries is None else queries[own]
            names, local = np.unique(groups[own], return_inverse=True)
            values[place] = self.compute(labels[own], scores[own], queries=within)
            without[place, names] = self.without_each(labels[own], scores[own], local, len(names), within)
        return values, without

    def recounted(
        self,
        labels: Floats,
        scores: Floats,
        units: NDArray[np.intp],
        count: int,
        queries: NDArray[np.integer] | None = None,
    ) -> Recount:
        """`compute` as a function of how often each unit 0, 1, ... `count` - 1 is drawn with all its rows:
        draws of shape (resamples, count) to metrics of shape (resamples,).

        Raises:
            ValueError: as `compute`; for ranking also where a query lies in two units.
        """
        measure, rows = self._checked(labels, scores, units, queries)
        return _undefined if rows is None else measure.recounted(rows, units, count)

    def influence(self, labels: Floats, scores: Floats, queries: NDArray[np.integer] | None = None) -> Floats:
        """Each row's first-order effect on `compute`, shape (rows,): the metric of rows that count 1 + w_i is
        about the metric plus the sum of w_i times these. A query's stands on its first row. nan where undefined.

        Raises:
            ValueError: as `compute`.
        """
        measure, rows = self._checked(labels, scores, labels, queries)
        return np.full(len(labels), np.nan) if rows is None else measure.influence(rows)

    def _checked(
        self, labels: Floats, scores: Floats, third: NDArray[np.floating] | NDArray[np.integer],
        queries: NDArray[np.integer] | None,
    ) -> tuple[Measure, Rows | None]:  # fmt: skip
        """The measure for rows of this shape, and the rows; None where there are none or one is nan."""
        if not len(labels) == len(scores) == len(third):
            raise ValueError(f"lengths == {len(labels)}, {len(scores)}, {len(third)}, must be equal")
        task = self.task_of(scores)
        if len(labels) == 0 or np.isnan(labels).any() or np.isnan(scores).any():
            return self.measures[task], None
        if (strange := _strange(labels, scores, task)) is not None:
            raise ValueError(f"label == {strange[0]}, must be {strange[1]} for {self.name}")
        if task != "ranking":
            return self.measures[task], Rows(labels, scores)
        if queries is None or len(queries) != len(labels):
            raise ValueError(f"queries == {queries}, must name the query of each of {len(labels)} rows for {self.name}")
        numbered = np.unique(queries, return_inverse=True)[1].astype(np.intp)
        return self.measures[task], Rows(labels, scores, numbered)

    def task_of(self, scores: Floats) -> MetricTask:
        """The task that scores of this shape belong to.

        Raises:
            ValueError: the metric suits none of such a shape.
        """
        several = scores.ndim == 2
        for task in self.measures:
            if (task == "multiclass") == several:
                return task
        shape = "(rows,)" if several else "(rows, classes)"
        raise ValueError(f"scores' shape == {scores.shape}, must be {shape} for {self.name}")


def rows_of_each(parts: NDArray[np.intp], places: int) -> list[NDArray[np.intp]]:
    """The rows of each part 0, 1, ... `places` - 1 in their order, none of an empty one; `parts` of shape (rows,)."""
    groups = Groups(parts, places)
    return np.split(groups.order, groups.starts[1:])[:places]  # of no part there is one piece


def _strange(labels: Floats, scores: Floats, task: MetricTask) -> tuple[float, str] | None:
    """A label that is none of the task's, and what it must be."""
    wrong = np.zeros(len(labels), dtype=bool)
    must = ""
    if task == "binary":
        wrong, must = (labels != 0) & (labels != 1), "0 or 1"
    elif task == "multiclass":
        classes = scores.shape[1]
        wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= classes)
        must = f"a whole number from 0 to {classes - 1}"
    elif task == "ranking":
        wrong, must = labels < 0, ">= 0"
    return (float(labels[wrong][0]), must) if wrong.any() else None


def _undefined(draws: NDArray[np.integer]) -> Floats:
    return np.full(len(draws), np.nan)
