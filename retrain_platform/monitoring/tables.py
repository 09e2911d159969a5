"""Two tables compared without a spec: every column that both have, each value read once.

Columns that the first rows did not foretell well (sorted files, narrow modes) are counted once more
on cells chosen from a sample of all rows; what even those cells crowd is sorted, or its bound stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from retrain_platform.monitoring.arrow_blocks import ArrowReader, choose_grid, sort_of
from retrain_platform.monitoring.blocks import Texts
from retrain_platform.monitoring.drift import compare
from retrain_platform.monitoring.one_pass import OnePass, Progress, Table
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.column import ColumnProfile, all_missing, combine
from retrain_platform.stats.counters import WholeCounter
from retrain_platform.stats.exact import cells_by_value, exact_distances, value_cuts
from retrain_platform.stats.grid import Floats, Grid

TOLERANCE = 0.002
"""A bound of KS over this is not left standing while anything can be done."""

SORTED_AT_MOST = 8_000_000
"""Rows of both sides: with more, a column is not sorted, for memory would grow with them."""

_PERIOD = "current"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Compared:
    """Both profiles on the same grids, and what was measured between them.

    `cuts`: of a column that was sorted, whose cells are places among these values (see `cells_by_value`).
    """

    reference: DatasetProfile
    current: DatasetProfile
    report: DriftReport
    cuts: Mapping[str, Floats] = field(default_factory=dict)

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
            {**self.cuts, **better.cuts},
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
    grids = _grids(columns, reference, current)
    past, now = (OnePass(table, grids, segment, progress) for table in (reference, current))
    found = _measured(past.profile, now.profile)
    wide = _wide(found.report, tolerance)
    if wide:
        again = {n: choose_numbers(np.concatenate([past.sample(n), now.sample(n)]), whole=False) for n in wide}
        both = [OnePass(table, again, segment, progress) for table in (reference, current)]
        found = found.corrected(_measured(both[0].profile, both[1].profile))
    for name in _wide(found.report, tolerance):
        if past.profile.rows + now.profile.rows <= SORTED_AT_MOST:
            found = found.corrected(_sorted(found, name, reference, current))
    return found


def _grids(columns: Sequence[str], reference: Table, current: Table) -> dict[str, Grid]:
    """From the reference's first rows, which can be read only until the next are asked for."""
    for block in reference.batches(columns, first=True):
        if block.num_rows:
            return {name: _grid(block, name, reference, current) for name in columns}
    return {name: _grid(None, name, reference, current) for name in columns}


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
    """One feature alone, from the sorted values of all rows: KS and Wasserstein, and bins that part any crowd."""
    values = _column(reference, name), _column(current, name)
    exact, cuts = exact_distances(*values), value_cuts(values[0])
    sides = [
        _by_value(column, each, cuts)
        for column, each in zip((found.reference.columns[name], found.current.columns[name]), values, strict=True)
    ]
    measured = _measured(*(DatasetProfile({name: side}, side.rows) for side in sides))
    moved = None if np.isnan(exact.wasserstein) else exact.wasserstein
    deviation = sides[0].moments.deviation
    in_deviations = moved / deviation if moved is not None and 0 < deviation < np.inf else None
    (feature,) = (each for each in found.report.features if each.feature == name)
    (binned,) = measured.report.features
    update = {
        "kind": feature.kind,
        "scores": binned.scores | {"ks": exact.ks, "wasserstein": in_deviations},
        "sampling": binned.sampling | {"wasserstein": feature.sampling["wasserstein"]},
        "ks_bound": 0.0,
        "moved": moved,
    }
    report = measured.report.model_copy(update={"features": (binned.model_copy(update=update),)})
    return replace(measured, report=report, cuts={name: cuts})


def _by_value(column: ColumnProfile, values: Floats, cuts: Floats) -> ColumnProfile:
    """The profile of a column in cells between `cuts`; its moments are the values' own."""
    counter = WholeCounter(Grid("integer"))
    counter.add(cells_by_value(values, cuts))
    absent = all_missing(Grid("integer"), column.rows - len(values))
    return replace(combine([counter.profile(), absent]), moments=column.moments)


def _column(table: Table, name: str) -> Floats:
    """The numbers of a column, all rows of it."""
    reader = ArrowReader()
    parts = [reader.values(name, batch.column(name)) for batch in table.batches([name]) if name in batch.schema.names]
    return np.concatenate([np.asarray(part.values) for part in parts if not isinstance(part, Texts)])
