"""How long a fit or a search may take: the machine's time, where everything else counts the data's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_PATTERN = re.compile(r"^(\d+)\s*([smh])$")


def parse_limit(value: object) -> timedelta:
    """Read '90s', '30m' or '2h'.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_limit("30m")
    datetime.timedelta(seconds=1800)
    """
    if isinstance(value, timedelta):
        return value
    match = _PATTERN.match(value.strip()) if isinstance(value, str) else None
    if match is None or not int(match.group(1)):
        raise ValueError(
            f"time_limit == {value!r}, must be a whole number >= 1 and s, m or h, as in '90s', '30m', '2h'"
        )
    return int(match.group(1)) * _UNITS[match.group(2)]


def limit_text(value: timedelta) -> str:
    """The shortest text that `parse_limit` reads back.

    >>> limit_text(timedelta(minutes=30))
    '30m'
    """
    seconds = round(value.total_seconds())
    for letter, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


TimeLimit = Annotated[timedelta, BeforeValidator(parse_limit), PlainSerializer(limit_text, return_type=str)]
"""A span of the machine's time that a spec writes as '90s', '30m' or '2h'."""
