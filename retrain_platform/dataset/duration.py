"""Durations as the spec writes them: a whole number and h, d or w."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1)}


def span_of(value: object, units: Mapping[str, timedelta]) -> timedelta | None:
    """A whole number and the letter of one of `units`; None where `value` is no such text."""
    match = re.fullmatch(rf"(\d+)\s*([{''.join(units)}])", value.strip()) if isinstance(value, str) else None
    return None if match is None else int(match[1]) * units[match[2]]


def parse_span(value: object, units: Mapping[str, timedelta], name: str, must: str, *, zero: bool = True) -> timedelta:
    """The span that `value` says, as `span_of`, or is; never one below nothing. `zero` takes none for an answer.

    Raises:
        ValueError: naming the value, and what it `must` be.
    """
    span = value if isinstance(value, timedelta) else span_of(value, units)
    if span is None or span < timedelta() or not (span or zero):
        raise ValueError(f"{name} == {value!r}, must be {must}")
    return span


def shortest(span: timedelta, units: Mapping[str, timedelta]) -> str:
    """The text that `span_of` reads back, in the first of `units` of which `span` is a whole number; else the last."""
    letter = next((each for each, unit in units.items() if span and not span % unit), list(units)[-1])
    return f"{span // units[letter]}{letter}"


def parse_duration(value: object) -> timedelta:
    """Read '36h', '2d' or '8w'.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_duration("8w")
    datetime.timedelta(days=56)
    """
    return parse_span(value, _UNITS, "duration", "a whole number and h, d or w, as in '36h', '2d', '8w'")


def duration_text(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back.

    >>> duration_text(timedelta(days=56))
    '8w'
    """
    if value % timedelta(hours=1):
        raise ValueError(f"duration == {value}, must be whole hours")
    return shortest(value, _UNITS)


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(duration_text, return_type=str)]
"""A `timedelta` that a spec writes as '36h', '2d' or '8w'."""


_CLOCK = {**_UNITS, "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


def parse_span_of_clock(value: object) -> timedelta:
    """Read '30s', '10m' or anything that `parse_duration` reads; '0s' is none.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_span_of_clock("10m")
    datetime.timedelta(seconds=600)
    """
    must = "a whole number and s, m, h, d or w, as in '30s', '10m', '2d'"
    return parse_span(value, _CLOCK, "duration", must)


def span_of_clock_text(value: timedelta) -> str:
    """The shortest text that `parse_span_of_clock` reads back.

    >>> span_of_clock_text(timedelta(minutes=90))
    '90m'
    """
    return shortest(value, _CLOCK)


ClockSpan = Annotated[
    timedelta, BeforeValidator(parse_span_of_clock), PlainSerializer(span_of_clock_text, return_type=str)
]
"""A `timedelta` of the wall clock that a spec writes as '30s', '10m', '2h' or '14d'."""
