"""What a person is told of a column's drift."""

from __future__ import annotations

from retrain_platform.monitoring.table_report import ColumnDrift

_NAMED = 3


def words(column: ColumnDrift) -> str:
    """One line: how much the distribution moved, where most, what is missing or new."""
    if column.psi is None:
        return column.note or "nothing to compare"
    said = [_moved(column), _where(column), _missing(column), _new(column), column.note]
    return "; ".join(each for each in said if each)


def _moved(column: ColumnDrift) -> str:
    psi, noise = column.psi or 0.0, column.noise or 0.0
    if psi <= noise:
        return "as chance gives"
    if column.severity == "none":
        return f"PSI {psi:.2g}: more than chance gives, too little to matter"
    return f"PSI {psi:.3f}" + (f", {psi / noise:,.0f} times what chance gives" if noise else "")


def _where(column: ColumnDrift) -> str:
    """The bin whose share changed most, where it changed by a point of a hundred."""
    if column.bins is None or column.severity == "none":
        return ""
    before, now = (tuple(rows / max(sum(side), 1) for rows in side) for side in _sides(column))
    at = max(range(len(now)), key=lambda place: abs(now[place] - before[place]))
    if abs(now[at] - before[at]) < 0.01:
        return ""
    if column.bins.labels[at] in ("missing", "others"):  # told by the missing and the new
        return ""
    return f"{column.bins.labels[at]}: {before[at]:.1%} before, {now[at]:.1%} now"


def _sides(column: ColumnDrift) -> tuple[tuple[int, ...], tuple[int, ...]]:
    assert column.bins is not None
    return column.bins.reference, column.bins.current


def _missing(column: ColumnDrift) -> str:
    before, now = column.missing_reference or 0.0, column.missing_current or 0.0
    if abs(now - before) <= max(column.noises.get("missing_share") or 0.0, 0.001):
        return ""
    return f"missing {before:.1%} before, {now:.1%} now"


def _new(column: ColumnDrift) -> str:
    share = column.new_category_share or 0.0
    if share <= max(column.noises.get("new_category_share") or 0.0, 0.0):
        return ""
    more = len(column.new_categories) - _NAMED
    named = ", ".join(column.new_categories[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{share:.1%} new categories ({named})"
