"""A row as a fitted preparation makes it, without pandas: the numbers that `Preparation.transform` gives for it."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from retrain_platform.dataset.cleaning import Limits
from retrain_platform.dataset.preparation import Preparation
from retrain_platform.dataset.texts import shown, value_text

_NAN = math.nan


class Unreadable(ValueError):
    """A version cannot read this row: a feature that it was fitted on is not there, or is of another type."""


class Encoder:
    """Turns a row's fields into the float64 numbers of a model, packed as bytes; `limits` are clipped to."""

    def __init__(self, preparation: Preparation, limits: Limits) -> None:
        features = preparation.features
        self._features = features
        self._pick = picker(features)
        self._pack = struct.Struct(f"{len(features)}d").pack
        place = {name: position for position, name in enumerate(features)}
        self._codes = [
            (place[name], {text: float(code) for code, text in enumerate(known)})
            for name, known in preparation.categories.items()
        ]
        self._limits = [
            (place[name], low, high)
            for name, (low, high) in limits.items()
            if name in place and name not in preparation.categories
        ]

    def encode(self, fields: Mapping[str, Any]) -> bytes:
        """The row's numbers: of a category its place among the known ones, nan for missing and unknown ones.

        Raises:
            Unreadable: naming the features.
        """
        try:
            values = list(self._pick(fields))
            for position, codes in self._codes:
                values[position] = _code(values[position], codes)
            for position, low, high in self._limits:
                if (value := values[position]) is not None and not low <= value <= high:
                    values[position] = _clipped(value, low, high)
            return self._pack(*[_NAN if value is None else value for value in values])
        except (KeyError, TypeError, struct.error, OverflowError):
            raise Unreadable(self._problem(fields)) from None

    def _problem(self, fields: Mapping[str, Any]) -> str:
        lacking = [name for name in self._features if name not in fields]
        if lacking:
            return f"{', '.join(lacking)} == nothing, must be there: this version was fitted on it"
        known = {self._features[position] for position, _ in self._codes}
        wrong = (name for name in self._features if name not in known and not _is_number(fields[name]))
        name = next(wrong, None)
        said = "its numbers" if name is None else f"{name} == {shown(fields[name])}"
        return f"{said}, must be a number or null: this version was fitted on numbers"


def picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """The values of the names, in order; a KeyError where one is not there."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda fields: tuple(fields[name] for name in names)


def _code(value: object, codes: dict[str, float]) -> float:
    if isinstance(value, str):
        return codes.get(value, _NAN)
    return _NAN if value is None else codes.get(value_text(value), _NAN)


def _clipped(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)
