"""Estimators of scikit-learn that learn a few rows at a time."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from retrain_platform.training.incremental import MorePasses

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def learn_more(
    estimator: Any, rows: Any, labels: NDArray[np.float64], weights: NDArray[np.float64] | None, how: MorePasses
) -> None:
    """Change the fitted `estimator` by the rows of a matrix (rows, columns), in their order, batch by batch."""
    weighs = weights is not None and "sample_weight" in inspect.signature(estimator.partial_fit).parameters
    for _ in range(how.passes):
        for start in range(0, len(labels), how.batch):
            part = slice(start, start + how.batch)
            told = {"sample_weight": weights[part]} if weighs and weights is not None else {}
            estimator.partial_fit(rows[part], labels[part], **told)


def learns_whole(kind: type, dotted: str) -> str:
    """What is wrong with an estimator that is to go on learning; empty where it can."""
    if hasattr(kind, "partial_fit"):
        return ""
    return (
        f"estimator == {dotted!r}, must have partial_fit beside incremental, as sklearn.linear_model.SGDClassifier has"
    )
