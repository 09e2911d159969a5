"""What a person asked for and may not be, told by either door."""

from __future__ import annotations

from typing import NoReturn

from retrain_platform.cli.app import fail
from retrain_platform.steps.by_hand.acting import NotNow, WrongUse

_NAMED = {"kind": "KIND", "model": "MODEL"}
"""Fields that the command line takes as arguments; all others are options."""


def refuse(error: NotNow | WrongUse) -> NoReturn:
    """Say why it is not done, and leave: with 2 for wrong use, 1 where the answer is no."""
    if isinstance(error, WrongUse):
        fail(f"{_NAMED.get(error.field, f'--{error.field}')} == {error.value!r}, {error.must}")
    fail(str(error), 1)
