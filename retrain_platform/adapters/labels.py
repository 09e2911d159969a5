"""What every learner asks of its labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrain_platform.training.base import OneClass, Task


def check_labels(labels: NDArray[np.float64], rows: int, task: Task) -> None:
    """Refuse labels that cannot be learned from.

    Raises:
        OneClass: a binary label with one class only.
        ValueError: no rows, another number of labels than rows, a label that is missing, infinite
            or, for a binary task, neither 0 nor 1.
    """
    if not rows or len(labels) != rows:
        raise ValueError(f"len(labels) == {len(labels)} for {rows} rows, must be the same and at least 1")
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
