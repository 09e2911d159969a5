"""What a walk's champions probably did in periods whose labels were not in yet, as it is estimated live."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from retrain_platform.monitoring.error_reports import EstimateCheck, PeriodEstimate
from retrain_platform.monitoring.estimate import FEWEST, check, estimate, switched_off
from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_errors import Answered, SpecErrors
from retrain_platform.replay.trainings import Trainings
from retrain_platform.steps.monitoring.quality import SUMMED

Read = Callable[[Retrain, int], PeriodPerformance | None]
"""How a training did in a ripe period."""


class Champion(NamedTuple):
    """Who answered a period: the version, its training, and every period that it scored, in whatever role."""

    version: str
    made: Retrain
    scored: tuple[int, ...]


class _Facts(NamedTuple):
    """What was new at the end of a period: the periods that had just become ripe, and those that waited, oldest first.

    Of each champion only the scored periods stand there that were ripe by then.
    """

    fresh: tuple[tuple[int, Champion], ...]
    waiting: tuple[tuple[int, Champion], ...]


class _Tick(NamedTuple):
    """All that was estimated and checked up to the end of a period; `number` tells one such past from another."""

    number: int
    estimated: tuple[PeriodEstimate, ...]
    checked: tuple[EstimateCheck, ...]


class SpecEstimates:
    """What was estimated on a walk, each time once: walks that have the same past share it."""

    def __init__(self, ripening: Ripening, trainings: Trainings, errors: SpecErrors, read: Read) -> None:
        self._ripening, self._ground = ripening, ripening.ground
        self._trainings, self._errors, self._read = trainings, errors, read
        self._ticks: dict[tuple[int, int, _Facts], _Tick] = {}

    def known(self, champions: Mapping[int, Champion], until: int) -> tuple[PeriodEstimate, ...]:
        """Every estimate that had been made by the end of the period `until`, by event period.

        `champions` has who answered each period.
        """
        if self._ground.shop.spec.task not in SUMMED:
            return ()
        tick = _Tick(0, (), ())
        for at in range(min(champions, default=until + 1), until + 1):
            key = (tick.number, at, self._facts(champions, at))
            if key not in self._ticks:
                self._ticks[key] = self._next(tick, at, key[-1])
            tick = self._ticks[key]
        return tuple(sorted(tick.estimated, key=lambda each: each.period))

    def _facts(self, champions: Mapping[int, Champion], at: int) -> _Facts:
        there = [(place, who) for place, who in champions.items() if place <= at and self._taken(place)]
        return _Facts(
            tuple((place, self._then(who, at)) for place, who in there if self._ripe_at[place] == at),
            tuple((place, self._then(who, at)) for place, who in there if self._ripe_at[place] > at),
        )

    def _taken(self, place: int) -> int:
        return self._ground.taken[self._ground.periods[place].key].rows

    @cached_property
    def _ripe_at(self) -> tuple[int, ...]:
        """For each period the one at whose end it was ripe; later than all where it never was."""
        ends = [each.end for each in self._ground.periods]
        held, when = self._ripening.holds, self._ripening.when
        return tuple(bisect_left(ends, when(place)) if held(place) else len(ends) for place in range(len(ends)))

    def _then(self, who: Champion, at: int) -> Champion:
        return who._replace(scored=tuple(place for place in who.scored if self._ripe_at[place] <= at))

    def _next(self, before: _Tick, at: int, facts: _Facts) -> _Tick:
        as_of = self._ground.periods[at].end
        came = (check(read, before.estimated, as_of) for read in self._measured(facts.fresh))
        checked = (*before.checked, *(each for each in came if each is not None))
        told = {
            (each.period, each.version)
            for each in before.estimated
            if any(found.value is not None for found in each.metrics.values())
        }
        made = tuple(self._estimates(facts.waiting, told, checked, at))
        return _Tick(len(self._ticks) + 1, (*before.estimated, *made), checked)

    def _measured(self, fresh: Sequence[tuple[int, Champion]]) -> Iterator[PeriodPerformance]:
        for place, who in fresh:
            read = self._read(who.made, place)
            if read is not None:
                yield read.model_copy(update={"version": who.version})

    def _estimates(
        self,
        waiting: Sequence[tuple[int, Champion]],
        told: set[tuple[str, str]],
        checked: Sequence[EstimateCheck],
        at: int,
    ) -> Iterator[PeriodEstimate]:
        """Of each sound period that waits and was not told of yet; while too little is ripe of the newest alone."""
        for place, who in waiting:
            key = self._ground.periods[place].key
            if not self._ground.taken[key].problems and (key, who.version) not in told:
                made = self._estimate(place, who, checked, at, newest=place == waiting[-1][0])
                if made is not None:
                    yield made

    def _estimate(
        self, place: int, who: Champion, checked: Sequence[EstimateCheck], at: int, *, newest: bool
    ) -> PeriodEstimate | None:
        spec, first = self._ground.shop.spec, next(iter(who.scored), None)
        cells = None if first is None else self._errors.cells(who.made, first)
        if cells is None or first is None:
            return None
        sums = [self._errors.sums(Answered(each, who.version, who.made, first)) for each in self._sound(who)]
        behind, off = [each for each in sums if each is not None], switched_off(checked, who.version, self._confidence)
        possible = len(behind) >= FEWEST and not set(spec.metrics) <= set(off)
        answers = self._trainings.answers(who.made, place)
        if answers is None or not (possible or newest):
            return None
        return estimate(
            answers.scores if possible else answers.scores[:0],
            behind,
            cells.model_copy(update={"version": who.version}),
            spec.metrics,
            period=self._ground.periods[place].key,
            as_of=self._ground.periods[at].end,
            confidence=self._confidence,
            off=off,
        )

    def _sound(self, who: Champion) -> list[int]:
        return [place for place in who.scored if not self._ground.taken[self._ground.periods[place].key].problems]

    @property
    def _confidence(self) -> float:
        return self._ground.shop.spec.monitoring.confidence
