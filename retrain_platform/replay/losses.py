"""A metric as a loss: what a period costs, so that periods can be summed and weighed against trainings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.classes import among, class_names, class_places, ordered
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.stats.metrics import METRICS, Metric
from retrain_platform.steps.answers import Answers
from retrain_platform.training.base import Task

DEFAULTS: dict[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "regression": "mae"}
"""What is replayed by where nothing is said: the metrics that count errors."""


class Loss(NamedTuple):
    """A metric as a loss. One of which more is better loses what it lacks of `high`; an error in the label's own unit
    is divided by `scale`, so that a loss of 1 is that of calling every row by the first rows' median.
    """

    metric: str
    greater_is_better: bool
    high: float = 1.0
    scale: float = 1.0

    def of(self, value: float) -> float:
        """The loss where the metric is `value`.

        >>> Loss("accuracy", True).of(0.75)
        0.25
        """
        return (self.high - value) / self.scale if self.greater_is_better else value / self.scale

    def value(self, loss: float) -> float:
        """The metric where the loss is `loss`; of a mean loss, the mean metric."""
        return self.high - loss * self.scale if self.greater_is_better else loss * self.scale

    @property
    def said(self) -> str:
        """What the loss of a period is, in words."""
        if self.greater_is_better:
            return "its error rate" if self.metric == "accuracy" else f"1 - {self.metric}"
        return self.metric if self.scale == 1.0 else f"{self.metric} / {self.scale:.4g}"


def loss_of(name: str, task: Task, first: NDArray[np.float64]) -> Loss:
    """The loss by the metric `name`; `first` are the labels of the first training, which an error is scaled by.

    Raises:
        ValueError: no such metric, one of another task, or one that has no greatest value to lack something of.
    """
    fit = [each.name for each in METRICS.values() if task in each.tasks and _lacks(each)]
    known = METRICS.get(name)
    if known is None or task not in known.tasks:
        raise ValueError(f"metric == {name!r}, must be one for task {task}: {', '.join(fit)}{did_you_mean(name, fit)}")
    if known.greater_is_better:
        if not _lacks(known):
            raise ValueError(
                f"metric == {name!r}, must have a greatest value, from which a loss is counted: {', '.join(fit)}"
            )
        return Loss(name, True, known.high)
    if name not in ("mae", "rmse"):
        return Loss(name, False)
    spread = float(np.mean(np.abs(first - np.median(first)))) if len(first) else 0.0
    return Loss(name, False, scale=spread or 1.0)


def _lacks(known: Metric) -> bool:
    """Whether a metric has something to be a loss by: it counts errors, or lacks some of its greatest value."""
    return not known.greater_is_better or bool(np.isfinite(known.high))


def as_measured(answers: Answers, labels: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels and what a model answered about their rows, as metrics take them. Of several classes labels are names."""
    if not answers.classes:
        return labels.astype(np.float64), answers.scores
    classes = ordered((*answers.classes, *class_names(labels)))
    return class_places(labels, classes), among(answers.scores, answers.classes, classes)
