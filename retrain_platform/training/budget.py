"""How long a fit or a search may take: the machine's time, where everything else counts the data's."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from retrain_platform.dataset.duration import parse_span, shortest

_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


def parse_limit(value: object) -> timedelta:
    """Read '90s', '30m' or '2h'.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_limit("30m")
    datetime.timedelta(seconds=1800)
    """
    must = "a whole number >= 1 and s, m or h, as in '90s', '30m', '2h'"
    return parse_span(value, _UNITS, "time_limit", must, zero=False)


def limit_text(value: timedelta) -> str:
    """The shortest text that `parse_limit` reads back.

    >>> limit_text(timedelta(minutes=30))
    '30m'
    """
    return shortest(timedelta(seconds=round(value.total_seconds())), _UNITS)


TimeLimit = Annotated[timedelta, BeforeValidator(parse_limit), PlainSerializer(limit_text, return_type=str)]
"""A span of the machine's time that a spec writes as '90s', '30m' or '2h'."""
