"""What a learner and a registry are, and the candidate that passes between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from retrain_platform.dataset.label import Task
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Depth
from retrain_platform.training.search import Found

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "AliasTaken",
    "Candidate",
    "Continuing",
    "FitReport",
    "Fitted",
    "Learner",
    "MissingColumns",
    "ModelVersion",
    "OneClass",
    "PluginFailed",
    "Registry",
    "Rows",
    "Task",
    "UnknownVersion",
]


class Rows(NamedTuple):
    """Rows to learn from, or to stop a fit by: feature columns only, and what is told of each row.

    `labels` are float64; of several classes the names, as texts. `weights`, one a row, finite and at least 0, say how
    much each row counts, 2 as much as two such rows; rows that weigh 0 are as good as not there; None: all rows alike.
    `queries` number, for ranking, the lists that rows are ranked in; None for every other task.
    """

    frame: pd.DataFrame
    labels: NDArray[Any]
    weights: NDArray[np.float64] | None = None
    queries: NDArray[np.integer] | None = None

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.integer] | slice) -> Rows:
        """The rows that are chosen, by a mask or a slice, or by their places in the order that is wanted."""
        weights = None if self.weights is None else self.weights[chosen]
        queries = None if self.queries is None else self.queries[chosen]
        return Rows(self.frame.iloc[chosen], self.labels[chosen], weights, queries)


class FitReport(Record):
    """What a fit says of itself. `curves`: metric name by split name, one number a round.

    `classes` are those of a multi-class label, in the order of the scores; empty for every other task. Of a model
    that went on from another one `rounds` counts both's, `taken_over` the other's. `stopped` says what ended the fit
    before its time, in words; `notes` what else a person should know of it, a sentence each.
    """

    rounds: int
    features: tuple[str, ...]
    importance: dict[str, float]
    curves: dict[str, tuple[float, ...]] = {}
    classes: tuple[str, ...] = ()
    taken_over: int = 0
    stopped: str = ""
    notes: tuple[str, ...] = ()


class Fitted(Protocol):
    """A fitted model and its preparation, inseparable."""

    report: FitReport

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row: P(label = 1) for binary, the prediction for regression, what orders a query for ranking.

        Of several classes P(class), shape (rows, classes), in the order of `report.classes`.

        Raises:
            MissingColumns: when `frame` lacks a column that the preparation was fitted on.
        """

    def save(self, folder: Path) -> None:
        """Write everything that `load` of the same learner needs into the empty `folder`."""

    def fingerprint(self) -> str:
        """Equal for equal models: of the trees or coefficients, not of times and paths."""


class Learner(Protocol):
    """Fits one family's models. `rounds` fixes the round count; else `valid` stops it early."""

    def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> Fitted:
        """Fit on `train` in its row order; same input, same model. Its labels' classes are those that the model knows.

        Raises:
            OneClass: a label of classes with one class only, or relevance that is the same of all rows.
            ValueError: weights that are none, or that this learner cannot take.
        """

    def load(self, folder: Path) -> Fitted:
        """What `save` wrote."""


@runtime_checkable
class Continuing(Protocol):
    """A learner whose models can go on learning: from one that it fitted, on newer rows."""

    def continue_from(
        self, base: Fitted, train: Rows, *, valid: Rows | None = None, rounds: int | None = None
    ) -> Fitted:
        """A new model that begins as `base`, whose preparation it keeps.

        `rounds` fixes how many are added; else `valid` stops them early. `base` stays as it is.

        Raises:
            CannotContinue: `base` is no model of this learner, has come to its most rounds, or met labels that it
                does not know.
        """


class ModelVersion(Record):
    """One entry of the registry. `tags` are texts; 'decision_id' is among those of every version of our own."""

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

        Raises:
            ValueError: a tag's name has a sign that registries refuse (`names.recorded_name`).
        """

    def find(self, model: str, decision_id: str) -> ModelVersion | None:
        """The version registered for this decision."""

    def versions(self, model: str) -> list[ModelVersion]:
        """All versions, oldest first; empty for an unknown model."""

    def tag(self, model: str, version: str, tags: Mapping[str, str | None]) -> None:
        """Set tags of a version, or take them off (None); again, it changes nothing.

        Raises:
            UnknownVersion: naming those that exist.
            ValueError: as `register`.
        """

    def package(self, model: str, version: str) -> Path:
        """A local folder with what was registered.

        Raises:
            UnknownVersion: naming model, version and those that exist.
        """

    def aliases(self, model: str) -> dict[str, str]:
        """Alias name to version; empty for an unknown model."""

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
        """Point each alias at a version, or take it off (None); returns what it changed, from before.

        An alias on a version that carries no 'decision_id' is somebody else's: it stays.

        Raises:
            UnknownVersion: nothing was changed.
            AliasTaken: what could be changed was.
        """


class Candidate(Record):
    """A fitted recipe before its exam. `seen_until`: no row at or after it was used, early stopping included.

    `code` is the fingerprint of what prepared and fitted it, where that is known; `package_digest` that of the
    bytes it was kept in (`training.artefact`). `depth` is how deep the retrain went, `found` are the parameters of a
    search, this one's or the last one's. `continued_from` is the version that it goes on from, where it does, by rows
    from `continued_since` on. `notes` are sentences for people.
    """

    decision_id: str
    snapshot_id: str
    learner: str
    seen_until: datetime
    training_rows: int
    model_fingerprint: str
    report: FitReport
    code: str = ""
    package_digest: str = ""
    depth: Depth = "full"
    found: Found = {}
    continued_from: str = ""
    continued_since: datetime | None = None
    notes: tuple[str, ...] = ()


class OneClass(ValueError):
    """The label has one class only: nothing can be learned from it."""


class PluginFailed(UnfitColumn):
    """The user's own function fitted no model of the rows, or its model gave no scores; its own error is named.

    It is met wherever a column that does not fit is: nobody is scored, and nothing is promoted, by it.
    """


class AliasTaken(RuntimeError):
    """An alias that is asked for stands on a version that the platform did not register."""


class UnknownVersion(LookupError):
    """The registry has no such version."""
