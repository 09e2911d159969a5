"""A fitted model as it is asked: numbers clipped as for its fit, scores put back to the classes' true shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.dataset.cleaning import Limits, clipped
from retrain_platform.dataset.record import Record, fingerprint
from retrain_platform.dataset.weights import Factors, corrected
from retrain_platform.training.base import Fitted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_FILE = "adjustment.json"


class Adjustment(Record):
    """What was done to the rows of the fit that every later score must know of.

    Numbers were moved into `limits`; each class counted by its factor more than it does.
    """

    limits: Limits = {}
    factors: Factors = {}


class Adjusted:
    """A `Fitted` around another one, whoever fitted that; the adjustment is kept in its package."""

    def __init__(self, inner: Fitted, adjustment: Adjustment) -> None:
        self.inner, self.adjustment, self.report = inner, adjustment, inner.report

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """As the model within scores the clipped rows, under the true shares of the classes."""
        scores = self.inner.score(clipped(frame, self.adjustment.limits))
        factors = self.adjustment.factors
        if not factors or not len(scores):
            return scores
        names = ("0", "1") if scores.ndim == 1 else self.report.classes
        return corrected(scores, [factors.get(name, 1.0) for name in names])

    def save(self, folder: Path) -> None:
        """Write the model within and the adjustment into the empty `folder`."""
        (folder / _FILE).write_text(self.adjustment.model_dump_json(), encoding="utf-8")
        self.inner.save(folder)

    def fingerprint(self) -> str:
        """Equal for equal models with equal adjustments."""
        return fingerprint([self.inner.fingerprint(), self.adjustment.model_dump(mode="json")])


def adjusted(fitted: Fitted, adjustment: Adjustment) -> Fitted:
    """The model with its adjustment; itself where there is nothing to adjust."""
    return Adjusted(fitted, adjustment) if adjustment != Adjustment() else fitted


def within(fitted: Fitted) -> Fitted:
    """The model without its adjustment, as its learner fitted it."""
    return fitted.inner if isinstance(fitted, Adjusted) else fitted


def adjustment_of(fitted: Fitted) -> Adjustment:
    """How the model's rows were changed for its fit."""
    return fitted.adjustment if isinstance(fitted, Adjusted) else Adjustment()


def read_adjusted(folder: Path, fitted: Fitted) -> Fitted:
    """The model of the package `folder` with the adjustment that is kept there, if there is one."""
    return adjusted(fitted, adjustment_in(folder))


def adjustment_in(folder: Path) -> Adjustment:
    """The adjustment that the package `folder` keeps; none where it keeps none."""
    path = folder / _FILE
    if not path.exists():
        return Adjustment()
    return Adjustment.model_validate_json(path.read_text(encoding="utf-8"))
