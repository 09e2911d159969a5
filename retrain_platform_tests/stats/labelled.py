"""Labelled rows for every metric and task, with many ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from retrain_platform.stats.metrics import METRICS, Metric, MetricTask

CASES: list[tuple[str, MetricTask]] = [(name, task) for name, metric in METRICS.items() for task in metric.tasks]
"""Every metric with every task that it suits."""

ROWWISE = [case for case in CASES if case[1] != "ranking"]


LAWS = [*ROWWISE, *((name, task) for name, task in CASES if name in ("ndcg@3", "map@10", "recall@5", "mrr"))]
"""The same with one cut-off of each ranking metric: the others run the same code."""


class Labelled(NamedTuple):
    """Rows for a metric. `groups` are 0 to 4; a query lies within one group; `queries` is None but for ranking."""

    labels: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    queries: np.ndarray | None

    def where(self, rows: np.ndarray) -> Labelled:
        """Some of the rows, by mask or position."""
        return Labelled(*(part if part is None else part[rows] for part in self))

    def value(self, of: Metric, weights: np.ndarray | None = None) -> float:
        """The metric of these rows."""
        return of.compute(self.labels, self.scores, weights, self.queries)


def labelled(task: MetricTask, rows: int, seed: int) -> Labelled:
    """Scores that know something of the labels."""
    draw = np.random.default_rng(seed)
    scores = draw.integers(0, 11, rows) / 10
    weights, groups, queries = draw.random(rows), draw.integers(0, 5, rows), None
    if task == "binary":
        labels = (draw.random(rows) < 0.4 + 0.3 * scores).astype(float)
    elif task == "regression":
        labels = 30 + 5 * scores + draw.normal(size=rows)
    elif task == "ranking":
        labels = np.maximum(draw.integers(-3, 4, rows) * (draw.random(rows) < 0.4 + 0.3 * scores), 0).astype(float)
        queries = 17 * draw.integers(0, max(rows // 5, 1), rows)
        groups = queries % 5
    else:
        scores = draw.integers(1, 6, (rows, 4)).astype(float)
        scores /= scores.sum(axis=1, keepdims=True)
        labels = np.array([draw.choice(4, p=chances) for chances in scores], dtype=float)
    return Labelled(labels, scores, weights, groups, queries)
