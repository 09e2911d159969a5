"""Which expectations make up each check of the training gate, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.dataset.checks import CheckName, ChecksSpec, Expectation

if TYPE_CHECKING:
    import pandas as pd

_FINITE = (-1.7976931348623157e308, 1.7976931348623157e308)
_WIDTHS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_NUMBERS = ["bool", "int", "float", *_WIDTHS, "float32", "float64"]
_TYPES = {"numeric": _NUMBERS, "integer": _NUMBERS, "bool": _NUMBERS, "category": ["str", "bool"]}
_IN_WORDS = {"numeric": "numbers", "integer": "numbers", "bool": "truth values", "category": "texts"}

RAREST = "_rarest_class"
"""The column that is 1 for the rows of the rarest class and 0 for the others, added for a label of several classes."""

Result = Mapping[str, Any]
"""What Great Expectations found, in its SUMMARY format; empty where it kept nothing."""


class Asked(NamedTuple):
    """One expectation of a check: what to say when it holds or fails, and the number behind it where known."""

    check: CheckName
    expectation: Any
    fails: Callable[[Result], str]
    holds: str = ""
    value: float | None = None
    limit: float | None = None


def share_of(result: Result) -> float:
    """The share of values that break an expectation, 0 where it was not counted."""
    return float(result.get("unexpected_percent") or 0.0) / 100


def schema(gxe: Any, names: Sequence[str], rows: pd.DataFrame) -> list[Asked]:
    """Every column is there."""

    def fails(name: str) -> Callable[[Result], str]:
        return lambda _: f"column {name!r} == absent, must be there"

    holds = f"all {len(names)} columns are there"
    return [Asked("schema", gxe.ExpectColumnToExist(column=name), fails(name), holds) for name in names]


def types(gxe: Any, rows: pd.DataFrame, features: Mapping[str, str]) -> list[Asked]:
    """Numbers are numbers, texts are texts; kinds without a rule, and columns without a value, are left alone."""

    def fails(name: str, kind: str) -> Callable[[Result], str]:
        def said(result: Result) -> str:
            found = result.get("observed_value") or f"{result.get('unexpected_percent', 0):.1f}% others"
            return f"type of {name!r} == {found}, must be {_IN_WORDS[kind]}"

        return said

    return [
        Asked(
            "types",
            gxe.ExpectColumnValuesToBeInTypeList(column=name, type_list=_TYPES[kind]),
            fails(name, kind),
            f"all {len(features)} features have their type",
        )
        for name, kind in features.items()
        if kind in _TYPES and rows[name].notna().any()
    ]


def missing(gxe: Any, features: Mapping[str, str], limit: float) -> list[Asked]:
    """No feature misses more than the share `limit` of its values."""

    def fails(name: str) -> Callable[[Result], str]:
        return lambda result: f"missing share of {name!r} == {share_of(result):.3f}, must be <= {limit:g}"

    return [
        Asked(
            "missing",
            gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=1 - limit),
            fails(name),
            f"no feature misses more than {limit:g} of its values",
            limit=limit,
        )
        for name in features
    ]


def ranges(
    gxe: Any, rows: pd.DataFrame, features: Mapping[str, str], bounds: Mapping[str, tuple[float, float]]
) -> list[Asked]:
    """Numbers lie in their closed bounds, or are finite where they have none."""

    def fails(name: str) -> Callable[[Result], str]:
        low, high = bounds.get(name, _FINITE)
        must = f"{low:g} to {high:g}" if name in bounds else "finite"
        return lambda result: f"{result.get('unexpected_count')} values of {name!r} out of range, must be {must}"

    checked = [name for name in features if rows[name].dtype.kind in ("iuf" if name in bounds else "f")]
    return [
        Asked(
            "ranges",
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high),
            fails(name),
            f"all {len(checked)} columns of numbers are in range",
            limit=0.0,
        )
        for name in checked
        for low, high in [bounds.get(name, _FINITE)]
    ]


def freshness(gxe: Any, column: str, within: timedelta, as_of: datetime, newest: datetime) -> Asked:
    """The newest labelled row is at most `within` older than `as_of`, and none is later than it."""
    age, limit = (as_of - newest) / timedelta(days=1), within / timedelta(days=1)
    expectation = gxe.ExpectColumnMaxToBeBetween(column=column, min_value=as_of - within, max_value=as_of)
    said = f"age of the newest labelled row == {age:.1f} days"
    return Asked("freshness", expectation, lambda _: f"{said}, must be 0 to {limit:g}", said, age, limit)


def sizes(gxe: Any, spec: ChecksSpec, rows: int, total_rows: int) -> list[Asked]:
    """Enough labelled rows, and enough of all rows labelled."""
    share = rows / total_rows if total_rows else 0.0
    least = max(1, ceil(spec.min_label_share * total_rows))
    told = f"labelled share of {total_rows} rows == {share:.3f}"
    counted = f"labelled rows == {rows}"
    count = gxe.ExpectTableRowCountToBeBetween
    return [
        Asked(
            "label_availability",
            count(min_value=least),
            lambda _: f"{told}, must be >= {spec.min_label_share:g}",
            told,
            share,
            spec.min_label_share,
        ),
        Asked(
            "row_minimum",
            count(min_value=spec.min_rows),
            lambda _: f"{counted}, must be >= {spec.min_rows}",
            counted,
            rows,
            spec.min_rows,
        ),
    ]


def extents(gxe: Any, spec: ChecksSpec, rows: pd.DataFrame, entity: str, time: str, newest: datetime) -> list[Asked]:
    """Enough entities, and long enough a time, where the spec asks for them."""
    asked = []
    if spec.min_entities > 1:
        count = rows[entity].nunique() if entity in rows.columns else 0
        told = f"entities == {count}"
        expectation = gxe.ExpectColumnUniqueValueCountToBeBetween(column=entity, min_value=spec.min_entities)
        must = f"must be >= {spec.min_entities}"
        asked.append(
            Asked("row_minimum", expectation, lambda _: f"{told}, {must}", told, float(count), spec.min_entities)
        )
    if spec.min_span is not None:
        asked.append(_span(gxe, spec.min_span, rows[time].min() if len(rows) else newest, time, newest))
    return asked


def _span(gxe: Any, least: timedelta, oldest: datetime, time: str, newest: datetime) -> Asked:
    days, limit = (newest - oldest) / timedelta(days=1), least / timedelta(days=1)
    said = f"days from the first labelled row to the last == {days:.1f}"
    expectation = gxe.ExpectColumnMinToBeBetween(column=time, max_value=newest - least)
    return Asked("row_minimum", expectation, lambda _: f"{said}, must be >= {limit:g}", said, days, limit)


def classes(gxe: Any, rows: pd.DataFrame, label: str, task: str, least: float) -> list[Asked]:
    """Each class of a label of classes has at least the share `least`; one class alone never passes."""
    if task == "multiclass" and RAREST in rows.columns:
        return [_rarest(gxe, rows, label, least)]
    if task != "binary" or label not in rows.columns:
        return []
    value = float(rows[label].mean()) if rows[label].notna().any() else None
    told = f"share of label 1 == {'unknown' if value is None else f'{value:.4f}'}"
    alone = " (one class only)" if value in (0.0, 1.0) else ""
    # Strict, so that one class alone never passes, not even with a limit of 0.
    expectation = gxe.ExpectColumnMeanToBeBetween(
        column=label, min_value=least, max_value=1 - least, strict_min=least == 0, strict_max=least == 0
    )
    must = f"must be {least:g} to {1 - least:g}"
    return [Asked("class_balance", expectation, lambda _: f"{told}{alone}, {must}", told, value, least)]


def _rarest(gxe: Any, rows: pd.DataFrame, label: str, least: float) -> Asked:
    """The rarest of several classes has the share; `RAREST` marks its rows."""
    value = float(rows[RAREST].mean()) if len(rows) else 0.0
    name = str(rows.loc[rows[RAREST] == 1, label].iloc[0]) if value else "none"
    alone = " (one class only)" if value == 1 else ""
    told = f"share of the rarest of {rows[label].nunique()} classes, {name} == {value:.4f}{alone}"
    expectation = gxe.ExpectColumnMeanToBeBetween(column=RAREST, min_value=least, max_value=1, strict_max=True)
    must = f"must be at least {least:g}, and not the only one"
    return Asked("class_balance", expectation, lambda _: f"{told}, {must}", told, value, least)


def own(gxe: Any, given: Sequence[Expectation]) -> list[tuple[Asked, str]]:
    """The team's own expectations; beside each why it cannot be built, empty when it can."""

    def fails(one: Expectation) -> Callable[[Result], str]:
        def said(result: Result) -> str:
            seen = result.get("observed_value")
            found = f"{share_of(result):.3f} of values break it" if seen is None else f"observed {seen}"
            return f"{called(one)} == failed, must hold: {found}"

        return said

    holds = f"all {len(given)} expectations hold"
    made = [(one, *built(gxe, one)) for one in given]
    return [(Asked("expectations", expectation, fails(one), holds), problem) for one, expectation, problem in made]


def built(gxe: Any, given: Expectation) -> tuple[Any, str]:
    """The expectation, or why there is none."""
    known = [name for name in dir(gxe) if name.startswith("Expect") and name != "Expectation"]
    if given.type not in known:
        near = get_close_matches(given.type, known, n=3, cutoff=0.5)
        hint = f"closest: {', '.join(near)}" if near else f"one of {', '.join(known)}"
        return None, f"type == {given.type!r}, must be an expectation of Great Expectations, {hint}"
    try:
        return getattr(gxe, given.type)(**given.arguments), ""
    except (TypeError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        return None, f"arguments == {given.arguments}, must suit {given.type}: {_unsuited(error)}"


def _unsuited(error: ValueError | TypeError) -> str:
    """What does not suit, argument by argument, in plain words where Great Expectations speaks pydantic's."""
    details = getattr(error, "errors", None)
    if details is None:
        return str(error)
    plain = {"value_error.extra": "is no argument of it", "value_error.missing": "must be given"}
    told = ((".".join(map(str, each["loc"])), plain.get(each["type"], each["msg"])) for each in details())
    return "; ".join(said if name == "__root__" else f"{name} {said}" for name, said in told)


def called(given: Expectation) -> str:
    """The expectation as Python would call it."""
    return f"{given.type}({', '.join(f'{name}={value!r}' for name, value in given.arguments.items())})"
