"""When a spec's labels are in on a walk: as they came, or at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from retrain_platform.policy.history import RipePeriod
from retrain_platform.replay.ground import Ground


@dataclass(frozen=True)
class Ripening:
    """The ripe periods of a ground; `at_once` is as if every label that ever came were there when its period ends."""

    ground: Ground
    at_once: bool = False

    def known(self, as_of: datetime) -> tuple[RipePeriod, ...]:
        """What was ripe by then, oldest first."""
        found = [(place, each) for place, each in self._ripe.items() if self.when(place) <= as_of]
        return tuple(each for _, each in sorted(found, key=lambda one: one[0]))

    def holds(self, place: int) -> bool:
        """Whether the period ever becomes ripe."""
        return place in self._ripe

    def when(self, place: int) -> datetime:
        """When the period became ripe."""
        period = self.ground.periods[place]
        return period.end if self.at_once else self.ground.ripe[period.key].as_of

    def labels(self, place: int) -> datetime:
        """The labels that count there are those that had come by then."""
        return self.ground.until if self.at_once else self.when(place)

    @cached_property
    def _ripe(self) -> dict[int, RipePeriod]:
        ground = self.ground
        if not self.at_once:
            return {ground.place[key]: each.period for key, each in ground.ripe.items()}
        return {ground.place[key]: self._in_the_end(key, labelled) for key, labelled in ground.judged.items()}

    def _in_the_end(self, key: str, labelled: int) -> RipePeriod:
        period, taken = self.ground.periods[self.ground.place[key]], self.ground.taken[key]
        return RipePeriod(
            period=key,
            start=period.start,
            end=period.end,
            rows=taken.rows,
            labelled=labelled,
            sound=not taken.problems,
            problem="; ".join(taken.problems),
        )
