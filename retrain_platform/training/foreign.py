"""A model that was registered elsewhere, as it is read to be adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from retrain_platform.dataset.label import Task
from retrain_platform.training.base import Fitted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class CannotAdopt(ValueError):
    """The model cannot become one of ours: what stands in the way, and the cure."""


class Foreign(NamedTuple):
    """Version `version` of the registered model `name`, read without running anybody's code.

    `signature` are the columns that it declares with their types, None where it declares none. `facts` are what is
    known of how it was made, `missing` what nobody said, a sentence each.
    """

    name: str
    version: str
    alias: str
    flavour: str
    fitted: Fitted
    signature: tuple[tuple[str, str], ...] | None
    facts: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def uri(self) -> str:
        """Where it is registered, for good: an alias may move."""
        return f"models:/{self.name}/{self.version}"


class ForeignModels(Protocol):
    """Where models are that others registered."""

    def read(self, uri: str, task: Task) -> Foreign:
        """The model at `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

        Raises:
            CannotAdopt: there is none, its format could run code when it is loaded, or it does not fit the task.
        """

    def native(self, foreign: Foreign, frame: pd.DataFrame) -> NDArray[np.float64]:
        """What its own library answers, to hold the copy against; shape as `Fitted.score` has it."""


class NoForeignModels:
    """`ForeignModels` of a workshop that reaches no registry of others."""

    def read(self, uri: str, task: Task) -> Foreign:
        """Nothing is there."""
        raise CannotAdopt(f"MODEL_URI == {uri!r}, must be in a registry that this workshop reaches: it reaches none")

    def native(self, foreign: Foreign, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Never asked."""
        raise CannotAdopt(f"MODEL_URI == {foreign.uri!r}, must be in a registry that this workshop reaches")
