"""Declared versions of what makes the rows (encoder, tokenizer, labels, features): since when they are as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from retrain_platform.dataset.record import Record

FEATURES = "features"
"""The version that stands for the schema: raised, it declares a change of columns or of their logic."""


def _as_text(value: object) -> object:
    """YAML reads 7 as a number and is meant; 1.10 it reads as 1.1, which is not."""
    if isinstance(value, float):
        raise ValueError(f"version == {value}, must be in quotes: YAML drops zeros at the end of a number")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


VersionName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
Versions = dict[VersionName, Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]]
"""Free names, each with its version as a text."""


class Change(NamedTuple):
    """A version that is another than before."""

    name: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.name} from {self.before} to {self.now}"


class Made(NamedTuple):
    """How the rows of one period were made: `versions` declared when it was watched.

    `declared` are the changes of its columns that a raised version of the features declared.
    """

    key: str
    start: datetime
    versions: Mapping[str, str]
    declared: tuple[str, ...] = ()


class World(Record):
    """The rows made as the newest ones are: they begin with the period that starts at `since`.

    `changed` says which versions changed there, `declared` which columns. `labelled` rows of `periods`
    ripe and sound periods belong to it.
    """

    since: datetime
    changed: tuple[str, ...]
    declared: tuple[str, ...] = ()
    labelled: int = 0
    periods: int = 0


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """The names that both declare, each with another version, in the order of `now`."""
    return tuple(
        Change(name, before[name], version)
        for name, version in now.items()
        if name in before and before[name] != version
    )


def newest_world(made: Sequence[Made]) -> World | None:
    """The world of the last of `made` (oldest first); None where all were made alike.

    A name that one of two periods does not declare tells nothing, unless the columns changed where
    it was declared first.
    """
    versions: dict[str, str] = {}
    for earlier, later in reversed(list(pairwise(made))):
        versions = {**later.versions, **versions}
        changed = changes(earlier.versions, versions)
        if changed or later.declared:
            texts = tuple(map(str, changed)) or (f"{FEATURES} first declared as {later.versions.get(FEATURES, '')}",)
            return World(since=later.start, changed=texts, declared=later.declared)
    return None
