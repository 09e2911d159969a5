"""Durations as the spec writes them: a whole number and h, d or w."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_PATTERN = re.compile(r"^(\d+)\s*([hdw])$")


def parse_duration(value: object) -> timedelta:
    """Read '36h', '2d' or '8w'.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_duration("8w")
    datetime.timedelta(days=56)
    """
    if isinstance(value, timedelta):
        return value
    match = _PATTERN.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"duration == {value!r}, must be a whole number and h, d or w, as in '36h', '2d', '8w'")
    return int(match.group(1)) * _UNITS[match.group(2)]


def duration_text(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back.

    >>> duration_text(timedelta(days=56))
    '8w'
    """
    hours, rest = divmod(value, timedelta(hours=1))
    if rest:
        raise ValueError(f"duration == {value}, must be whole hours")
    for letter, size in (("w", 168), ("d", 24)):
        if hours and hours % size == 0:
            return f"{hours // size}{letter}"
    return f"{hours}h"


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(duration_text, return_type=str)]
"""A `timedelta` that a spec writes as '36h', '2d' or '8w'."""
