"""Two tables compared without a spec: every column that both have, each value read once.

Columns that the first rows did not foretell well (sorted files, narrow modes) are counted once more
on cells chosen from a sample of all rows; what even those cells crowd is sorted, or its bound stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.arrow_blocks import ArrowReader, choose_grid, sort_of
from retrain_platform.monitoring.blocks import Texts, Values
from retrain_platform.monitoring.drift import compare
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.profiler import Profiler
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.stats.choosing import SAMPLE, choose_numbers
from retrain_platform.stats.exact import exact_distances
from retrain_platform.stats.grid import Floats, Grid

TOLERANCE = 0.002
"""A bound of KS over this is not left standing while anything can be done."""

SORTED_AT_MOST = 8_000_000
"""Rows of both sides: with more, a column is not sorted, for memory would grow with them."""

MOST_SEGMENTS = 1000

_PERIOD = "current"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]
"""Told of every block how many rows it had."""


class TooManySegments(ValueError):
    """The column to split by has more values than can be compared one by one."""


class Table(Protocol):
    """Rows that can be read again and again, block after block."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def types(self) -> Mapping[str, Any]:
        """Each column's Arrow type, in the table's order."""

    @property
    def unlike(self) -> Mapping[str, str]:
        """Columns that are of several sorts within the table, with where; they cannot be compared."""

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """These columns' `pyarrow.RecordBatch`es; a batch may lack some of them."""


@dataclass(frozen=True)
class Compared:
    """Both profiles on the same grids, and what was measured between them."""

    reference: DatasetProfile
    current: DatasetProfile
    report: DriftReport

    def corrected(self, better: Compared) -> Compared:
        """With the columns that `better` has, as they are there; their correlations stand."""
        segments = {
            segment: {
                value: _replaced(features, better.report.segments.get(segment, {}).get(value, ()))
                for value, features in values.items()
            }
            for segment, values in self.report.segments.items()
        }
        update = {"features": _replaced(self.report.features, better.report.features), "segments": segments}
        return Compared(
            replace(self.reference, columns=self.reference.columns | better.reference.columns),
            replace(self.current, columns=self.current.columns | better.current.columns),
            self.report.model_copy(update=update),
        )


def compare_tables(
    reference: Table,
    current: Table,
    columns: Sequence[str],
    segment: str | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress = lambda rows: None,
) -> Compared:
    """Measure `columns`, which both tables have, of one sort each; `segment` names the column to split by.

    Raises:
        TooManySegments: it has more than `MOST_SEGMENTS` values.
    """
    grids, batches = _begun(columns, segment, reference, current)
    past = _Count(batches, grids, segment, progress)
    now = _Count(current.batches(_with(columns, segment)), grids, segment, progress)
    found = _measured(past.profile, now.profile)
    wide = _wide(found.report, tolerance)
    if wide:
        again = {n: choose_numbers(np.concatenate([past.sample(n), now.sample(n)]), whole=False) for n in wide}
        both = [_Count(t.batches(_with(wide, segment)), again, segment, progress) for t in (reference, current)]
        found = found.corrected(_measured(both[0].profile, both[1].profile))
    for name in _wide(found.report, tolerance):
        if past.profile.rows + now.profile.rows <= SORTED_AT_MOST:
            found = found.corrected(_sorted(found, name, reference, current))
    return found


class _Count:
    """One pass over a table: its profile, and a sample of its numeric columns."""

    def __init__(
        self, batches: Iterator[Any], grids: Mapping[str, Grid], segment: str | None, progress: Progress
    ) -> None:
        self._grids = grids
        self._samples = {name: _Sample() for name, grid in grids.items() if grid.kind == "numeric"}
        self._counted, self._reader, self._segment = Profiler(grids), ArrowReader(), segment
        self._found: set[str] = set()
        for rows in map(self._block, batches):  # so that no block is held while the next is read
            progress(rows)
        self.profile = self._counted.profile()
        del self._counted

    def sample(self, name: str) -> Floats:
        """Values from all over the column, nan where missing."""
        return self._samples[name].values()

    def _block(self, batch: Any) -> int:
        held, segment = batch.schema.names, self._segment
        values = {name: self._reader.values(name, batch.column(name)) for name in self._grids if name in held}
        parts = {}
        if segment is not None and segment in held and batch.num_rows:
            parts[segment] = self._reader.groups(segment, batch.column(segment))
            self._found.update(parts[segment][1])
            if len(self._found) > MOST_SEGMENTS:
                raise TooManySegments(f"segment == {segment!r}, must have at most {MOST_SEGMENTS:,} values")
        self._counted.add(values, batch.num_rows, parts)
        self._keep(values)
        return int(batch.num_rows)

    def _keep(self, values: Mapping[str, Values]) -> None:
        for name, sample in self._samples.items():
            found = values.get(name)
            if found is not None and not isinstance(found, Texts):
                sample.add(found.values)


class _Sample:
    """Every so many rows of a column, and ever fewer as it grows: at most twice `SAMPLE`, evenly from all of it."""

    def __init__(self) -> None:
        self._parts: list[Floats] = []
        self._step, self._next = 1, 0

    def add(self, block: NDArray[np.number]) -> None:
        """The next rows."""
        taken = np.array(block[self._next :: self._step], dtype=np.float64)  # a copy: a view would keep the block
        self._next += len(taken) * self._step - len(block)
        self._parts.append(taken)
        if sum(map(len, self._parts)) > 2 * SAMPLE:
            self._thin()

    def values(self) -> Floats:
        """Those kept, in their order."""
        return np.concatenate([np.empty(0), *self._parts])

    def _thin(self) -> None:
        kept = self.values()
        fewer = int(np.ceil(len(kept) / SAMPLE))
        last = (len(kept) - 1) // fewer * fewer
        self._next += (fewer - 1 - (len(kept) - 1 - last)) * self._step
        self._parts, self._step = [kept[::fewer]], self._step * fewer


def _begun(
    columns: Sequence[str], segment: str | None, reference: Table, current: Table
) -> tuple[dict[str, Grid], Iterator[Any]]:
    """The grids, from the reference's first rows, and all of its batches, those included."""
    batches = reference.batches(_with(columns, segment))
    passed: list[Any] = []
    for batch in batches:
        passed.append(batch)
        if batch.num_rows:
            break
    first = passed[-1] if passed else None
    grids = {name: _grid(first, name, reference, current) for name in columns}
    return grids, chain(_given_away(passed), batches)


def _given_away(passed: list[Any]) -> Iterator[Any]:
    """Each once, held no longer."""
    while passed:
        yield passed.pop(0)


def _grid(first: Any, name: str, reference: Table, current: Table) -> Grid:
    """From the first rows; whole numbers get cells of their own only where both sides have them."""
    import pyarrow as pa
    import pyarrow.types as of

    types = reference.types[name], current.types[name]
    if any(sort_of(kind) in ("text", "truth value") for kind in types):
        return Grid("category")
    if first is None or name not in first.schema.names:
        return Grid("numeric")
    column = first.column(name)
    if of.is_integer(column.type) and not all(of.is_integer(kind) for kind in types):
        column = column.cast(pa.float64(), safe=False)
    grid = choose_grid(column)
    return grid if grid.kind != "category" else Grid("numeric")


def _measured(past: DatasetProfile, now: DatasetProfile) -> Compared:
    return Compared(past, now, compare({"reference": past}, now, period=_PERIOD, as_of=_EPOCH))


def _wide(report: DriftReport, tolerance: float) -> list[str]:
    """The features of which cells do not tell enough: KS's bound is wide, or numbers are beyond the cells."""
    return [
        each.feature
        for each in report.features
        if each.ks_bound is not None and (each.ks_bound > tolerance or each.moved is None)
    ]


def _replaced(features: Sequence[FeatureDrift], better: Sequence[FeatureDrift]) -> tuple[FeatureDrift, ...]:
    known = {each.feature: each for each in better}
    kept = ("correlation", "correlated", "correlation_noise")
    return tuple(
        known[each.feature].model_copy(update={name: getattr(each, name) for name in kept})
        if each.feature in known
        else each
        for each in features
    )


def _sorted(found: Compared, name: str, reference: Table, current: Table) -> Compared:
    """One feature alone, its KS and Wasserstein from the sorted values of all rows."""
    exact = exact_distances(_column(reference, name), _column(current, name))
    moved = None if np.isnan(exact.wasserstein) else exact.wasserstein
    deviation = found.reference.columns[name].moments.deviation
    feature = next(each for each in found.report.features if each.feature == name)
    in_deviations = moved / deviation if moved is not None and 0 < deviation < np.inf else None
    scores = feature.scores | {"ks": exact.ks, "wasserstein": in_deviations}
    better = feature.model_copy(update={"scores": scores, "ks_bound": 0.0, "moved": moved})
    report = found.report.model_copy(update={"features": (better,), "segments": {}})
    return Compared(DatasetProfile({}, 0), DatasetProfile({}, 0), report)


def _column(table: Table, name: str) -> Floats:
    """The numbers of a column, all rows of it."""
    reader = ArrowReader()
    parts = [reader.values(name, batch.column(name)) for batch in table.batches([name]) if name in batch.schema.names]
    return np.concatenate([np.asarray(part.values) for part in parts if not isinstance(part, Texts)])


def _with(columns: Sequence[str], segment: str | None) -> list[str]:
    return list(columns) if segment is None or segment in columns else [*columns, segment]
