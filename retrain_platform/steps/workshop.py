"""Everything that a step of one model needs, joined by `resources.py` or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from retrain_platform.dataset.checks import ChecksSpec, GateReport
from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.stores import Lake, Values
from retrain_platform.release.base import Entry, Ledger, ReleaseState
from retrain_platform.release.fold import fold
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import on_calendar
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Fitted, Learner, Registry

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from retrain_platform.monitoring.drift import Reference


class CannotLoad(RuntimeError):
    """A registered version cannot be loaded."""


class Reader(Protocol):
    """Reads the model's source."""

    def read(self, period: Period) -> pd.DataFrame:
        """The rows of the period as the source has them now."""

    def watermark(self) -> datetime | None:
        """The newest event time that the source has; None for an empty source."""


class MeasuresUnreadable(RuntimeError):
    """A table of operations measures is not there or cannot be read."""


def _no_measures(table: MeasureTable, period: Period) -> pd.DataFrame:
    """For a workshop that was given no reader of measures."""
    raise MeasuresUnreadable(f"{table.kind} == no reader, must be read by one: measures of {period.key}")


class DataGate(Protocol):
    """Runs the checks of a training dataset."""

    def __call__(
        self,
        frame: pd.DataFrame,
        spec: ChecksSpec,
        *,
        snapshot_id: str,
        features: Mapping[str, str],
        label: str,
        task: str,
        as_of: datetime,
        newest: datetime,
        total_rows: int,
    ) -> GateReport:
        """Judge `frame` (features, '_label', '_event_time'); never raises for bad data."""


@dataclass(frozen=True)
class Workshop:
    """One model's spec and the places that its steps read and write."""

    spec: ModelSpec
    lake: Lake
    values: Values
    ledger: Ledger
    registry: Registry
    reader: Reader
    teach: Callable[[LearnerSpec], Learner]
    gate: DataGate
    keep: Callable[[Fitted, Path], None]
    load: Callable[[Path], Fitted]
    now: Callable[[], datetime]
    code: str = ""
    measures: Callable[[MeasureTable, Period], pd.DataFrame] = _no_measures
    control: Callable[[], pd.DataFrame] | None = None
    detect: Callable[[str, Mapping[str, float], NDArray[np.float64]], Sequence[int]] | None = None
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    loaded: dict[str, Fitted] = field(default_factory=dict)
    references: dict[tuple[str, ...], Reference | None] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.spec.name

    @cached_property
    def events(self) -> str:
        """The lake's table of events."""
        return f"{self.model}/events"

    @cached_property
    def predictions(self) -> str:
        """The lake's table of predictions."""
        return f"{self.model}/predictions"

    def entries(self, before: datetime | None = None) -> list[Entry]:
        """The ledger's entries, on the model's calendar; with `before`, those of strictly earlier data time."""
        found = on_calendar(self.spec.period, self.ledger.entries(self.model))
        return found if before is None else [entry for entry in found if entry.as_of < before]

    def state(self, before: datetime | None = None) -> ReleaseState:
        """The release as the ledger tells it, all of it or as it stood before a moment of data time."""
        return fold(self.entries(before))

    def fitted(self, version: str) -> Fitted:
        """The registered model, kept loaded while the process lives.

        Raises:
            CannotLoad: its package is gone or cannot be read; what to do about it.
        """
        if version not in self.loaded:
            try:
                self.loaded[version] = self.load(self.registry.package(self.model, version))
            except (LookupError, ValueError, OSError) as error:
                why = str(error).removeprefix(f"version == {version!r} of model {self.model!r}, ")
                raise CannotLoad(
                    f"version == {version!r} of model {self.model!r}, must be loadable: {why}; put its package back, "
                    f"or: retrain release rollback {self.model} --why '...' (reject, while it does not answer)"
                ) from error
        return self.loaded[version]
