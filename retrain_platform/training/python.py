"""The configuration of a learner of the user's own, and what its function and model must have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import field_validator

from retrain_platform.dataset.places import Call
from retrain_platform.training.recipe import Recipe
from retrain_platform.training.search import Found

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class OwnModel(Protocol):
    """What a function fits: anything with these, of a class that can be imported. Or an MLflow `PythonModel`.

    Optional beside them: `rounds` (a whole number, asked for again when the model is refitted), `importance` (by
    feature) and `fingerprint()` (equal for equal models; else the saved files are compared).
    """

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row, finite: P(label = 1) for binary, the prediction for regression, what orders a query.

        Of several classes P(class), shape (rows, classes), in the order of the `classes` that the fit was given.

        The columns are those of the fit; texts are Python's, a missing value may be in any of them.
        """

    def save(self, folder: Path) -> None:
        """Write all that `load` needs into the empty `folder`."""

    @classmethod
    def load(cls, folder: Path) -> OwnModel:
        """What `save` wrote."""


class OwnFit(Protocol):
    """A function that fits: it may leave out every argument after the first two."""

    def __call__(  # noqa: PLR0913 - a function takes of it what it needs
        self,
        train: pd.DataFrame,
        labels: NDArray[np.float64],
        *,
        task: str,
        seed: int,
        params: dict[str, Any],
        valid: pd.DataFrame | None,
        valid_labels: NDArray[np.float64] | None,
        rounds: int | None,
        weights: NDArray[np.float64] | None,
        valid_weights: NDArray[np.float64] | None,
        classes: tuple[str, ...],
        queries: NDArray[np.integer] | None,
        valid_queries: NDArray[np.integer] | None,
    ) -> OwnModel:
        """Fit on `train` (feature columns only) in its row order; same input, same model.

        Of several classes a label is the class's place in `classes`. `queries` number the lists that rows are ranked
        in; None for every other task.
        `weights`, one a row and over 0, come where the spec asks for them, which takes the parameter.
        """


class PythonLearner(Recipe):
    """A function that fits (`OwnFit`), named as 'package.module:function'; `params` are handed to it."""

    kind: Literal["python"] = "python"
    call: Call
    params: dict[str, Any] = {}

    @field_validator("incremental")
    @classmethod
    def _trained_anew(cls, value: object) -> object:
        if value is not None:
            raise ValueError("incremental == given, must be left out: a function of your own is trained anew each time")
        return value

    def own_params(self) -> Found:
        """The parameters as the recipe writes them."""
        return self.params

    def with_params(self, found: Found) -> PythonLearner:
        """The recipe that a search found: nothing more is searched."""
        return self.model_copy(update={"params": {**self.params, **found}, "search": None})
