"""Features made from an entity's own past: configuration only; `histories` computes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.record import Record

Stat = Literal["mean", "std", "count", "share", "trend"]
"""What is computed of a window's values.

`mean`; `std` with n - 1; `count` of known values; `share` of those over 0; `trend`, the least-squares slope in units
a day. Missing where they cannot be told: of no value, of fewer than two, of two less than some minutes apart.
"""


class Rolling(Record):
    """Statistics of what was known of an event's group at the event's time, over windows that end there.

    For an event at t the rows of the windows [t - over, t) enter, and of those only values known by t. A label is
    known when it arrived (`label.arrival`), else after `label.delay`; `known_after` says how long after its event any
    other value is known (0h: at the event), and may make a label wait longer. `by` is the source's entity, or the
    columns whose equal values make a group; an event that misses one of them has no history.
    """

    of: tuple[str, ...] = Field(min_length=1)
    by: Literal["entity"] | tuple[str, ...] = "entity"
    over: tuple[Duration, ...] = Field(min_length=1)
    stats: tuple[Stat, ...] = Field(default=("mean", "count"), min_length=1)
    known_after: Duration | None = None

    @field_validator("of", "by", "over", "stats")
    @classmethod
    def _each_once(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, tuple):
            return value
        if not value:
            raise ValueError(f"{info.field_name} == [], must name at least one")
        if len(set(value)) < len(value):
            raise ValueError(f"{info.field_name} == {_listed(value)}, must name each once")
        return value

    @model_validator(mode="after")
    def _reaching_back(self) -> Rolling:
        late = self.known_after or timedelta()
        short = [span for span in self.over if span <= late]
        if short:
            beyond = f"known_after == {duration_text(late)}" if late else "nothing"
            raise ValueError(f"over == {_listed(short)}, must be longer than {beyond}: no value would be in it")
        return self

    def keys(self, entity: str) -> tuple[str, ...]:
        """The columns that make a group; `entity` is the source's."""
        return (entity,) if self.by == "entity" else tuple(self.by)

    def name(self, column: str, stat: Stat, span: timedelta) -> str:
        """What a feature is called, as in late_mean_28d or late_mean_36h_by_carrier: whole days in days."""
        group = "" if self.by == "entity" else "_by_" + "_".join(self.by)
        hours = span // timedelta(hours=1)
        return f"{column}_{stat}_{f'{hours}h' if hours % 24 else f'{hours // 24}d'}{group}"

    def features(self) -> Iterator[tuple[str, Stat, timedelta]]:
        """Column, statistic and window of each feature, in the order of the spec."""
        for column in self.of:
            for span in self.over:
                for stat in self.stats:
                    yield column, stat, span

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(self.name(*one) for one in self.features())


def rolled_names(rules: Sequence[Rolling]) -> tuple[str, ...]:
    """The names of all features that the rules make."""
    return tuple(name for rule in rules for name in rule.names)


def reach_of(rules: Sequence[Rolling]) -> timedelta:
    """How far back the longest window begins; 0 without rules."""
    return max((span for rule in rules for span in rule.over), default=timedelta())


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(duration_text(each) if isinstance(each, timedelta) else str(each) for each in values)
