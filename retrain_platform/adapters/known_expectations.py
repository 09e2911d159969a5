"""Expectations that are known to suit Great Expectations, told without its import, which takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from math import isfinite
from typing import Any

from retrain_platform.dataset.checks import Expectation

RELEASE = "1.24"
"""The release of Great Expectations that the tables below were read from; of another they say nothing."""


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 1 and all(map(_text, value)) and _distinct(value)


def _values(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and (all(map(_text, value)) or all(map(_number, value)))


def _distinct(values: Iterable[Any]) -> bool:
    found = list(values)
    return len(set(found)) == len(found)


ARGUMENTS: Mapping[str, Callable[[Any], bool]] = {
    "column": _text,
    "column_A": _text,
    "column_B": _text,
    "column_list": _texts,
    "max_value": _number,
    "min_value": _number,
    "mostly": _share,
    "or_equal": _flag,
    "regex": _text,
    "strict_max": _flag,
    "strict_min": _flag,
    "type_": _text,
    "type_list": _texts,
    "value": _whole,
    "value_set": _values,
}
"""What each argument surely may be; Great Expectations takes more."""

_BOUNDS = "min_value? max_value? strict_min? strict_max?"
_KNOWN: Mapping[str, str] = {
    "ExpectColumnDistinctValuesToBeInSet": "column value_set",
    "ExpectColumnDistinctValuesToContainSet": "column value_set",
    "ExpectColumnDistinctValuesToEqualSet": "column value_set",
    "ExpectColumnMaxToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnMeanToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnMedianToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnMinToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnMostCommonValueToBeInSet": "column value_set",
    "ExpectColumnPairValuesAToBeGreaterThanB": "column_A column_B mostly? or_equal?",
    "ExpectColumnPairValuesToBeEqual": "column_A column_B mostly?",
    "ExpectColumnProportionOfNonNullValuesToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnProportionOfUniqueValuesToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnStdevToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnSumToBeBetween": f"column {_BOUNDS}",
    "ExpectColumnToExist": "column",
    "ExpectColumnValuesToBeBetween": f"column mostly? {_BOUNDS}",
    "ExpectColumnValuesToBeInSet": "column value_set mostly?",
    "ExpectColumnValuesToBeInTypeList": "column type_list mostly?",
    "ExpectColumnValuesToBeNull": "column mostly?",
    "ExpectColumnValuesToBeOfType": "column type_ mostly?",
    "ExpectColumnValuesToBeUnique": "column mostly?",
    "ExpectColumnValuesToMatchRegex": "column regex mostly?",
    "ExpectColumnValuesToNotBeInSet": "column value_set mostly?",
    "ExpectColumnValuesToNotBeNull": "column mostly?",
    "ExpectColumnValuesToNotMatchRegex": "column regex mostly?",
    "ExpectCompoundColumnsToBeUnique": "column_list mostly?",
    "ExpectTableColumnCountToEqual": "value",
    "ExpectTableRowCountToEqual": "value",
}
ASKED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (
        frozenset(each for each in said.split() if not each.endswith("?")),
        frozenset(each[:-1] for each in said.split() if each.endswith("?")),
    )
    for name, said in _KNOWN.items()
}
"""The arguments that an expectation must be given, and those that it may be given beside them."""


def surely_suits(given: Expectation) -> bool:
    """Whether Great Expectations takes it for certain; if not, it must be asked itself, and knows the words for why."""
    if given.type not in ASKED or not version("great_expectations").startswith(f"{RELEASE}."):
        return False
    needed, further = ASKED[given.type]
    arguments = given.arguments
    if not needed <= set(arguments) <= needed | further:
        return False
    return _bounded(further, arguments) and all(ARGUMENTS[name](value) for name, value in arguments.items())


def _bounded(further: frozenset[str], arguments: Mapping[str, Any]) -> bool:
    """Whether one that takes bounds has a sensible one: either alone, or the lower below the upper."""
    if "min_value" not in further:
        return True
    given = [arguments[name] for name in ("min_value", "max_value") if name in arguments]
    return all(map(_number, given)) and (len(given) == 1 or (len(given) == 2 and given[0] < given[1]))
