"""The section `operation`: how runs are asked for, and what they need of a machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from retrain_platform.dataset.duration import shortest, span_of
from retrain_platform.dataset.record import Record

_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1)}


def parse_wait(value: object) -> timedelta:
    """Read '10m' or '2h'; '0m' is no wait.

    Raises:
        ValueError: naming the value and the form that is asked for.

    >>> parse_wait("10m")
    datetime.timedelta(seconds=600)
    """
    if isinstance(value, timedelta):
        return value
    span = span_of(value, _UNITS)
    if span is None:
        raise ValueError(f"retry_wait == {value!r}, must be a whole number and m or h, as in '10m', '1h'")
    return span


def wait_text(value: timedelta) -> str:
    """The shortest text that `parse_wait` reads back.

    >>> wait_text(timedelta(minutes=90))
    '90m'
    """
    return shortest(value, _UNITS)


Wait = Annotated[timedelta, BeforeValidator(parse_wait), PlainSerializer(wait_text, return_type=str)]
"""A span of the wall clock that a spec writes as '10m' or '2h'."""


class Operation(Record):
    """How runs are asked for. `attempts`: how often the sensors ask for one that failed, `retry_wait` after each time.

    `retry_after`: after a candidate was turned away, or a search failed, the same triggers wait until as many rows
    became ripe, as a share of those it was made of; 0 does not wait.
    """

    attempts: int = Field(default=3, ge=1, le=20)
    retry_wait: Wait = timedelta(minutes=10)
    retry_after: float = Field(default=0.1, ge=0, le=1)
