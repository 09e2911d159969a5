"""Everything that a step of one model needs, joined by `resources.py` or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from retrain_platform.dataset.checks import ChecksSpec, GateReport
from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.selection import Sample
from retrain_platform.dataset.stores import Lake, Values
from retrain_platform.release.base import Entry, Ledger, ReleaseState
from retrain_platform.release.fold import fold
from retrain_platform.release.live.bins import Bin, BinStore
from retrain_platform.release.split import Exporter, Split
from retrain_platform.release.splitting import split_of
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps import lines
from retrain_platform.training import LearnerSpec
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform.training.base import Fitted, Learner, Registry
from retrain_platform.training.foreign import ForeignModels, NoForeignModels
from retrain_platform.training.search import Tuner

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


class TableUnreadable(RuntimeError):
    """A table that the exam's suites name is not there or is none."""


class SuiteTable(NamedTuple):
    """A table that a suite names; `digest` tells one content from another.

    `lacks` are the columns that each row does not even name, by row; empty where every row has them all.
    """

    frame: pd.DataFrame
    digest: str
    lacks: Sequence[frozenset[str]] = ()


def _no_table(path: str) -> SuiteTable:
    """For a workshop that was given no reader of the suites' tables."""
    raise TableUnreadable(f"path == {path!r}, must be read by a reader: there is none")


class CleanAnswer(NamedTuple):
    """What a package answered in a process of its own; see `validation.suites.Answered` for `outcome`.

    `scores` are a number a row, or for several classes one list a row, in the order of `classes`, which are else
    empty. `peak_bytes` is the most that it held.
    """

    outcome: Literal["answered", "broke", "unknown"]
    scores: Sequence[Any] = ()
    peak_bytes: int | None = None
    said: str = ""
    classes: tuple[str, ...] = ()


def _no_process(package: Path, requests: Path, seconds: float) -> CleanAnswer:
    """For a workshop that starts no processes."""
    return CleanAnswer("unknown", said="this workshop starts no processes")


def _no_stopwatch() -> float:
    """For a workshop without one: all takes no time."""
    return 0.0


class Unpublished:
    """An `Exporter` for a model that nobody serves here."""

    def publish(self, split: Split) -> None:
        """Nothing is to be done."""


class NoBins:
    """A `BinStore` of a model that nobody serves here."""

    def bins(self, model: str, since: datetime, until: datetime, versions: Sequence[str] = ()) -> list[Bin]:
        """There are none."""
        return []

    def complete_until(self) -> datetime | None:
        """Nobody counts."""
        return None


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
    """One model's spec and the places that its steps read and write.

    With a `sample` its datasets are a part of the rows: for a recipe that is only tried, over stores that keep nothing.
    """

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
    recorded: Callable[[Period], pd.DataFrame] | None = None
    detect: Callable[[str, Mapping[str, float], NDArray[np.float64]], Sequence[int]] | None = None
    tuner: Tuner | None = None
    suite_table: Callable[[str], SuiteTable] = _no_table
    ask_cleanly: Callable[[Path, Path, float], CleanAnswer] = _no_process
    stopwatch: Callable[[], float] = _no_stopwatch
    sample: Sample | None = None
    exporter: Exporter = field(default_factory=Unpublished)
    bins: BinStore = field(default_factory=NoBins)
    foreign: ForeignModels = field(default_factory=NoForeignModels)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    loaded: dict[str, Fitted] = field(default_factory=dict)
    references: dict[tuple[str, ...], Reference | None] = field(default_factory=dict)
    folds: dict[tuple[int, str, datetime], ReleaseState] = field(default_factory=dict)

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
        found = lines.on_calendar(self.spec.period, self.ledger.entries(self.model))
        return found if before is None else [entry for entry in found if entry.as_of < before]

    def state(self, before: datetime | None = None) -> ReleaseState:
        """The release as the ledger tells it, all of it or as it stood before a moment of data time."""
        return self.folded(self.entries()) if before is None else fold(self.entries(before))

    def folded(self, entries: Sequence[Entry]) -> ReleaseState:
        """The release after `entries`, which are all of the model's: of a ledger that did not grow it is known."""
        if not entries:
            return ReleaseState()
        last = (entries[-1].seq, entries[-1].key, entries[-1].at)
        if (state := self.folds.get(last)) is None:
            state = fold(entries)
            self.folds.clear()
            self.folds[last] = state
        return state

    def split(self) -> Split:
        """Who gets which share of the requests, as the ledger tells it now."""
        elsewhere = None if self.spec.predictions is None else self.spec.predictions.model
        entries = self.entries()
        return split_of(self.model, entries, self.folded(entries), elsewhere=elsewhere)

    def frontier(self) -> str | None:
        """The newest period whose watch run ended: the ledger says so."""
        return lines.frontier_of(self.entries())

    def is_next(self, period: Period) -> bool:
        """Whether `period` is the one that the road has reached: only there does a release move."""
        return lines.is_next(self.spec.period, self.entries(), period)

    def tags(self, version: str) -> dict[str, str]:
        """What the registry says of the version; nothing of one that it does not have."""
        return next((made.tags for made in self.registry.versions(self.model) if made.version == version), {})

    def is_outside(self, version: str) -> bool:
        """Whether the version is the model that another system serves: known by its recorded predictions alone."""
        return self.spec.predictions is not None and version == self.spec.predictions.model

    def fitted(self, version: str) -> Fitted:
        """The registered model, kept loaded while the process lives.

        Raises:
            CannotLoad: its package is gone, cannot be read, or is not what was registered; what to do about it.
        """
        if self.is_outside(version):
            raise CannotLoad(f"{version} is served by another system: only its recorded predictions are known")
        if version not in self.loaded:
            try:
                package = self.registry.package(self.model, version)
                self._must_be_the_registered(version, package)  # before: a torn one may end the whole process
                self.loaded[version] = self.load(package)
            except (LookupError, ValueError, OSError) as error:
                why = str(error).removeprefix(f"version == {version!r} of model {self.model!r}, ")
                raise CannotLoad(
                    f"version == {version!r} of model {self.model!r}, must be loadable: {why}; put its package back, "
                    f"or: retrain release rollback {self.model} --why '...' (reject, while it does not answer)"
                ) from error
        return self.loaded[version]

    def _must_be_the_registered(self, version: str, package: Path) -> None:
        """Refuse a package whose bytes are not those that were registered; one without a digest is taken as it is.

        Raises:
            ValueError: with both digests.
        """
        kept = self.tags(version).get(PACKAGE_DIGEST)
        if kept is not None and (found := folder_digest(package)) != kept:
            raise ValueError(f"its package's bytes changed since it was registered ({found[:12]}, were {kept[:12]})")
