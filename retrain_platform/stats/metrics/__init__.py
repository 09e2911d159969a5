"""The metrics by name: how good scores are against labels, whole, without each group of rows, and drawn again.

`base` says what a metric is, `sums` how most are computed; the others hold the metrics of a task.
"""

from __future__ import annotations

from retrain_platform.stats.metrics.base import Floats, Measure, Metric, MetricTask, Recount
from retrain_platform.stats.metrics.binary import BINARY
from retrain_platform.stats.metrics.multiclass import MULTICLASS
from retrain_platform.stats.metrics.ranking import RANKING
from retrain_platform.stats.metrics.regression import REGRESSION

__all__ = ["DEFAULT_METRICS", "METRICS", "Floats", "Measure", "Metric", "MetricTask", "Recount", "metric"]

METRICS: dict[str, Metric] = {known.name: known for known in (*BINARY, *MULTICLASS, *REGRESSION, *RANKING)}
"""Every metric by its name. Accuracy, precision, recall and f1 call a score of .5 or more positive."""

DEFAULT_METRICS: dict[MetricTask, tuple[str, ...]] = {
    "binary": ("auc", "log_loss"),
    "multiclass": ("log_loss", "macro_f1"),
    "regression": ("rmse", "mae"),
    "ranking": ("ndcg@10", "mrr"),
}
"""What is measured of a task where the spec names nothing; the first is the one that gates judge."""


def metric(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        ValueError: naming those that there are.
    """
    if name not in METRICS:
        raise ValueError(f"metric == {name!r}, must be one of {', '.join(METRICS)}")
    return METRICS[name]
