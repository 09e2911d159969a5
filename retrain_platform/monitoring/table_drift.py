"""The report of two tables: which columns can be compared, what was measured, what was not and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from retrain_platform.monitoring.arrow_blocks import Sort, sort_of
from retrain_platform.monitoring.binned import Spell, binned, plainly
from retrain_platform.monitoring.one_pass import Progress, Table, TooManySegments, correlated_every
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.severity import Limits, Severity
from retrain_platform.monitoring.table_report import ColumnDrift, TableDrift, by_severity, column_drift
from retrain_platform.monitoring.tables import Compared, compare_tables
from retrain_platform.stats.bins import LEAST_ROWS
from retrain_platform.stats.grid import Floats


class NothingToCompare(ValueError):
    """Two tables without a column in common, without rows, or without the segment column that was asked for."""


class Plan(NamedTuple):
    """The columns that can be compared, and lines for those that cannot."""

    compared: tuple[str, ...]
    others: tuple[ColumnDrift, ...]


def table_drift(
    reference: Table,
    current: Table,
    *,
    segment: str | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda rows: None,
) -> TableDrift:
    """Compare every column that both tables have, whole and by each value of `segment`.

    Raises:
        NothingToCompare: no column in common, or a side has no rows, or lacks `segment`, or that cannot be split by.
    """
    chosen = limits or Limits()
    _check(reference, current, segment)
    plan = _plan(reference, current)
    try:
        found = compare_tables(reference, current, plan.compared, segment, progress=progress)
    except TooManySegments as error:
        raise NothingToCompare(f"--{error}") from error
    for table, side in ((reference, found.reference), (current, found.current)):
        if side.rows == 0:
            raise NothingToCompare(f"{table.name}: has no rows")
    return _told(reference, current, chosen, plan, found, _notes(found, segment))


def _told(
    reference: Table, current: Table, chosen: Limits, plan: Plan, found: Compared, notes: tuple[str, ...]
) -> TableDrift:
    """The report: what was measured in words, and a line for each column that was not."""
    rows = found.reference.rows, found.current.rows
    others = [each.model_copy(update={"rows_reference": rows[0], "rows_current": rows[1]}) for each in plan.others]
    measured = [_whole(each, found, chosen, sort_of(reference.types[each.feature])) for each in found.report.features]
    return TableDrift(
        reference=reference.name,
        current=current.name,
        rows_reference=rows[0],
        rows_current=rows[1],
        limits=chosen,
        columns=by_severity([*measured, *others]),
        segments={
            name: {value: by_severity([column_drift(each, chosen) for each in features])
                   for value, features in values.items()}
            for name, values in found.report.segments.items()
        },
        notes=notes,
    )  # fmt: skip


def _check(reference: Table, current: Table, segment: str | None) -> None:
    if not set(reference.types) & set(current.types):
        sides = (f"{table.name} has {', '.join(table.types) or 'no column'}" for table in (reference, current))
        raise NothingToCompare(f"no column in common: {'; '.join(sides)}")
    for table in (reference, current):
        if segment is not None and segment not in table.types:
            raise NothingToCompare(
                f"--segment == {segment!r}, must be a column of {table.name}, which has {', '.join(table.types)}"
            )
        if segment is not None and sort_of(table.types[segment]) is None:
            raise NothingToCompare(f"--segment == {segment!r}, must have texts or numbers, not {table.types[segment]}")


def _plan(reference: Table, current: Table) -> Plan:
    compared, others = [], []
    for name in [*reference.types, *(each for each in current.types if each not in reference.types)]:
        said = _against(name, reference, current)
        if said is None:
            compared.append(name)
        else:
            severity, note = said
            others.append(
                ColumnDrift(name=name, kind="", severity=severity, rows_reference=0, rows_current=0, note=note)
            )
    return Plan(tuple(compared), tuple(others))


def _against(name: str, reference: Table, current: Table) -> tuple[Severity, str] | None:
    """Why a column cannot be compared, and how severe that is; None where it can."""
    if name not in current.types:
        return "severe", "vanished: only the reference has it"
    if name not in reference.types:
        return "low", "new: only the current table has it"
    for table in (reference, current):
        if name in table.unlike:
            return "severe", f"not compared: in {table.name} it is {table.unlike[name]}"
    before, now = reference.types[name], current.types[name]
    sorts = sort_of(before), sort_of(now)
    for kind, sort in zip((before, now), sorts, strict=True):
        if sort is None:
            return "none", f"not compared: {kind} has no distribution here"
    if sorts[0] == sorts[1] or "nothing" in sorts:
        return None
    return "severe", f"changed its type: {sorts[0]} ({before}) before, {sorts[1]} ({now}) now"


def _whole(feature: FeatureDrift, found: Compared, limits: Limits, sort: Sort | None) -> ColumnDrift:
    """A column of all rows, with its bins and what a reader must know of it."""
    sides = [side.columns[feature.feature] for side in (found.reference, found.current)]
    spell = _SPELLED.get(sort or "nothing", plainly)
    cuts = found.cuts.get(feature.feature)
    bins = binned(sides[0], sides[1], spell if cuts is None else _of_cut(cuts, spell))
    return column_drift(feature, limits).model_copy(update={"bins": bins, "note": _note(feature, found)})


def _of_cut(cuts: Floats, spell: Spell) -> Spell:
    """Says the value at a place among `cuts`, or the next greater."""

    def said(place: float) -> str:
        known = len(cuts) > 0 and np.isfinite(place)
        return spell(float(cuts[min(int(place) // 2, len(cuts) - 1)]) if known else place)

    return said


def _moment(seconds: float) -> str:
    """A time, to the minute; to the day where it is midnight."""
    try:
        at = datetime.fromtimestamp(round(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return plainly(seconds)
    return f"{at:%Y-%m-%d}" if at.hour == at.minute == at.second == 0 else f"{at:%Y-%m-%d %H:%M}"


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))) if abs(seconds) < _LONGEST else plainly(seconds)


_LONGEST = 1e12
"""Seconds: well within what a timedelta holds."""
_SPELLED: Mapping[Sort, Spell] = {
    "time": _moment,
    "time without a zone": _moment,
    "time of day": _span,
    "duration": _span,
}


def _note(feature: FeatureDrift, found: Compared) -> str:
    """What a reader must know of the measures: what is missing, and what was done to too many categories."""
    shares = {"reference": feature.missing_reference, "current table": feature.missing_current}
    said = [f"no value at all in the {side}" for side, share in shares.items() if share == 1]
    grids = [side.columns[feature.feature].grid for side in (found.reference, found.current)]
    if any(grid.buckets for grid in grids):
        buckets = max(grid.buckets for grid in grids)
        said.append(f"too many categories: counted in {buckets:,} buckets by checksum, new ones cannot be told")
    if feature.kind == "category" and feature.scores["psi"] is None:
        said.append(f"not compared: no category has {LEAST_ROWS} rows, and 1 of 200, of the reference")
    elif feature.scores["psi"] is None:
        said.append(f"not compared: the reference has fewer than {LEAST_ROWS} rows")
    return "; ".join(said)


def _notes(found: Compared, segment: str | None) -> tuple[str, ...]:
    said = []
    drawn = {each.rows: correlated_every(each.rows) for each in (found.reference, found.current)}
    if any(every > 1 for every in drawn.values()) and any(
        each.correlation is not None for each in found.report.features
    ):
        rows = " and ".join(f"{rows // every:,}" for rows, every in drawn.items())
        said.append(f"correlations are of {rows} rows a side, evenly drawn: chance alone changes them by their noise")
    if segment is not None:
        before, now = (set(side.segments.get(segment, ())) for side in (found.reference, found.current))
        for side, values in (("reference", before - now), ("current table", now - before)):
            if values:
                said.append(f"only the {side} has {segment} {', '.join(sorted(values)[:10])}")
    return tuple(said)
