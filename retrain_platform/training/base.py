"""What a learner and a registry are, and the candidate that passes between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "Candidate",
    "FitReport",
    "Fitted",
    "Learner",
    "MissingColumns",
    "ModelVersion",
    "OneClass",
    "PluginFailed",
    "Registry",
    "Task",
    "UnknownVersion",
]

Task = Literal["binary", "regression"]


class FitReport(Record):
    """What a fit says of itself. `curves`: metric name by split name, one number a round."""

    rounds: int
    features: tuple[str, ...]
    importance: dict[str, float]
    curves: dict[str, tuple[float, ...]] = {}


class Fitted(Protocol):
    """A fitted model and its preparation, inseparable."""

    report: FitReport

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row: P(label = 1) for binary, the prediction for regression.

        Raises:
            MissingColumns: when `frame` lacks a column that the preparation was fitted on.
        """

    def save(self, folder: Path) -> None:
        """Write everything that `load` of the same learner needs into the empty `folder`."""

    def fingerprint(self) -> str:
        """Equal for equal models: of the trees or coefficients, not of times and paths."""


class Learner(Protocol):
    """Fits one family's models. `rounds` fixes the round count; else `valid` stops it early."""

    def fit(
        self,
        train: pd.DataFrame,
        labels: NDArray[np.float64],
        *,
        valid: pd.DataFrame | None = None,
        valid_labels: NDArray[np.float64] | None = None,
        rounds: int | None = None,
    ) -> Fitted:
        """Fit on `train` (feature columns only) in its row order; same input, same model.

        Raises:
            OneClass: a binary label with one class only.
        """

    def load(self, folder: Path) -> Fitted:
        """What `save` wrote."""


class ModelVersion(Record):
    """One entry of the registry. `tags` are texts; 'decision_id' is always among them."""

    model: str
    version: str
    tags: dict[str, str]


class Registry(Protocol):
    """Versions and aliases of models; MLflow's by default."""

    def register(
        self, model: str, decision_id: str, package: Path, tags: Mapping[str, str], *, run_id: str | None = None
    ) -> ModelVersion:
        """Add a version from the folder `package`; the same `decision_id` again gives the same version.

        `run_id` is the tracked run that the version belongs to, where there is one.
        """

    def find(self, model: str, decision_id: str) -> ModelVersion | None:
        """The version registered for this decision."""

    def versions(self, model: str) -> list[ModelVersion]:
        """All versions, oldest first; empty for an unknown model."""

    def package(self, model: str, version: str) -> Path:
        """A local folder with what was registered.

        Raises:
            UnknownVersion: naming model, version and those that exist.
        """

    def aliases(self, model: str) -> dict[str, str]:
        """Alias name to version; empty for an unknown model."""

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
        """Point each alias at a version, or take it off (None); returns what it changed, from before."""


class Candidate(Record):
    """A fitted recipe before its exam. `seen_until`: no row at or after it was used, early stopping included.

    `code` is the fingerprint of what prepared and fitted it, where that is known.
    """

    decision_id: str
    snapshot_id: str
    learner: str
    seen_until: datetime
    training_rows: int
    model_fingerprint: str
    report: FitReport
    code: str = ""


class OneClass(ValueError):
    """The label has one class only: nothing can be learned from it."""


class PluginFailed(UnfitColumn):
    """The user's own function fitted no model of the rows, or its model gave no scores; its own error is named.

    It is met wherever a column that does not fit is: nobody is scored, and nothing is promoted, by it.
    """


class UnknownVersion(LookupError):
    """The registry has no such version."""
