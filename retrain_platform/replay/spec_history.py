"""What a spec's own history tells a policy on a walk: what it would have had on record live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from retrain_platform.monitoring.error_reports import PeriodEstimate
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.history import Champion, History, Incident, Retrained, RipePeriod
from retrain_platform.policy.reads import reads, segments_read
from retrain_platform.replay.challenges import challenges
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Challenge, Retrain
from retrain_platform.replay.spec_drift import champions, only
from retrain_platform.replay.spec_errors import Answered
from retrain_platform.replay.spec_estimates import Champion as Estimable
from retrain_platform.replay.spec_lens import SpecLens
from retrain_platform.replay.trainings import Trainings
from retrain_platform.steps.policy.detecting import with_detected

TrainingsAt = Callable[[int], Trainings]
"""The trainings by how many periods late labels are on the road."""


class SpecWatched:
    """`Watched` of a spec's ground. Everything is measured as its own steps do, when a policy first reads it.

    `bake` are the periods in which a champion's predecessor is scored beside it, as the spec's release says.
    """

    def __init__(self, ground: Ground, trainings: TrainingsAt, bake: int, kept: Measured) -> None:
        self._ground, self._trainings, self._bake, self._kept = ground, trainings, bake, kept
        self._lenses: dict[int, SpecLens] = {}

    def told(self, policy: Policy, known: History, made: Mapping[str, Retrain]) -> History:
        """`known` with what the platform would have had on record of this spec by then."""
        walk = _Seen(self._lens(known), policy, known, made, self._bake)
        told = known.model_copy(update={**walk.standing(), **walk.measured(), **self._of_rows(known)})
        shop = replace(self._ground.shop, spec=self._ground.shop.spec.model_copy(update={"policy": policy}))
        return with_detected(shop, told)

    def challenges(self, told: History) -> tuple[Challenge, ...]:
        """What the models behind the gaps cost; nothing where the spec asks for none, or nobody read them."""
        spec = self._ground.shop.spec
        asked = spec.monitoring.challenger
        return () if asked is None else challenges(told.gaps, self._ground.place, spec.training, asked, spec.cost)

    def _lens(self, known: History) -> SpecLens:
        delay = round(known.label_delay / known.period_length)
        if delay not in self._lenses:
            ripening = Ripening(self._ground, at_once=delay < self._ground.delay)
            self._lenses[delay] = SpecLens(ripening, self._trainings(delay), self._kept)
        return self._lenses[delay]

    def _of_rows(self, known: History) -> dict[str, Any]:
        """What the spec says of itself, and what is on record of the period's own rows."""
        ground, spec = self._ground, self._ground.shop.spec
        return {
            "timezone": spec.period.timezone,
            "rows_needed": ground.needed.rows_needed,
            "periods_needed": ground.needed.periods_needed,
            "unexplored": spec.label.unexplored,
            "retry_after": spec.operation.retry_after,
            "reading_confidence": spec.monitoring.confidence,
            "problem": self._problem(known.period.key),
            "incidents": (*known.incidents, *self._incidents(known)),
            "measures": tuple(each for each in ground.needed.measures if each.as_of <= known.as_of),
        }

    def _problem(self, key: str) -> str:
        taken = self._ground.taken.get(key)
        return "the period has no rows" if taken is None else "; ".join(taken.problems)

    def _incidents(self, known: History) -> list[Incident]:
        """The broken periods before this one: the period's own decision puts its incident on record."""
        found = []
        for period in self._ground.periods[: self._ground.place[known.period.key]]:
            if why := self._problem(period.key):
                found.append(Incident(kind="data", as_of=period.end, why=why))
        return found


class _Seen:
    """What a walk knew at the end of one period, by the spec's own measures."""

    def __init__(self, lens: SpecLens, policy: Policy, known: History, made: Mapping[str, Retrain], bake: int) -> None:
        self._lens, self._policy, self._known, self._made, self._bake = lens, policy, known, made, bake
        self._ground = lens.ripening.ground
        self._ripe = lens.ripening.known(known.as_of)
        self._place = self._ground.place[known.period.key]

    def standing(self) -> dict[str, Any]:
        """Who answers, and what there is to learn from."""
        champion = None if self._known.champion is None else self._champion(self._known.champion)
        late = not self._lens.ripening.at_once
        return {
            "label_delay": self._ground.shop.spec.label.delay if late else self._known.label_delay,
            "champion": champion,
            "ripe": self._ripe,
            "new_ripe_rows": sum(each.labelled for each in self._ripe if self._new(each, champion)),
            "retrained": tuple(map(self._retrained, self._known.retrained)),
        }

    def measured(self) -> dict[str, Any]:
        """What was measured, as far as the policy reads it."""
        performance = self._performance()
        drift = self._drift() if reads(self._policy, "drift") else ()
        return {
            "performance": performance,
            "drift": tuple(each.model_copy(update={"segments": {}}) for each in drift),
            "segment_drift": self._segments(drift),
            "concept": self._lens.errors.concepts(self._answered(performance))
            if reads(self._policy, "concept")
            else (),
            "estimated": self._estimated() if reads(self._policy, "estimated") else (),
            "gaps": self._gaps() if reads(self._policy, "gaps") else (),
        }

    def _champion(self, champion: Champion) -> Champion:
        found = self._lens.trainings.made(self._made[champion.version])
        seen = min(found.seen_until, champion.trained_as_of)
        return champion.model_copy(update={"training_rows": found.snapshot.rows, "seen_until": seen})

    def _new(self, period: RipePeriod, champion: Champion | None) -> bool:
        """Whether there is something to learn from the period that the champion has not seen."""
        seen = champion is not None and period.start < champion.seen_until
        return not seen and not any(each.holds(period.start) for each in self._known.quarantined)

    def _retrained(self, ended: Retrained) -> Retrained:
        if ended.version is None or ended.version not in self._made:
            return ended
        rows = self._lens.trainings.made(self._made[ended.version]).snapshot.rows
        return ended.model_copy(update={"training_rows": rows})

    def _performance(self) -> tuple[PeriodPerformance, ...]:
        """The walk's readings, each as the spec's own measures and intervals have it.

        Those not ripe yet are left out, and those of a predecessor after the bake: nothing scores it any more.
        """
        there, found = {each.period for each in self._ripe}, []
        for each in self._known.performance:
            place = self._ground.place[each.period]
            if each.period not in there or (each.role == "previous" and not self._baking(place)):
                continue
            read = self._lens.reading(self._made[each.version], place)
            if read is not None:
                told = {"version": each.version, "role": each.role, "as_of": max(each.as_of, read.as_of)}
                found.append(read.model_copy(update=told))
        return tuple(found)

    def _baking(self, place: int) -> bool:
        """Whether the champion of the period was new enough for its predecessor to be scored beside it."""
        start = self._ground.periods[place].start
        newest = max((each.as_of for each in self._known.released if each.as_of <= start), default=None)
        return newest is not None and (start - newest) / self._known.period_length < self._bake - 0.5

    def _drift(self) -> tuple[DriftReport, ...]:
        """Of each period that a champion answered, with the segments."""
        found = []
        for place, version in champions(self._known.released, self._ground, self._place).items():
            told = self._lens.drift(self._policy, self._made[version], version, place)
            if told is not None:
                found.append(told)
        return tuple(found)

    def _segments(self, drift: tuple[DriftReport, ...]) -> tuple[DriftReport, ...]:
        """The newest reports of the segments that the policy reads, as many as its longest dwell."""
        columns = segments_read(self._policy)
        count = max((self._known.periods_in(span) for span in columns.values()), default=0)
        keys = {each.key for each in self._ground.periods[max(0, self._place - count + 1) : self._place + 1]}
        return tuple(only(each, columns) for each in drift if each.period in keys) if columns else ()

    def _answered(self, performance: tuple[PeriodPerformance, ...]) -> list[Answered]:
        """The ripe, sound periods that champions answered, oldest first."""
        sound, first, found = {each.period for each in self._ripe if each.sound}, dict[str, int](), list[Answered]()
        for each in sorted(performance, key=lambda one: self._ground.place[one.period]):
            place = self._ground.place[each.period]
            first.setdefault(each.version, place)
            if each.role == "champion" and each.period in sound:
                found.append(Answered(place, each.version, self._made[each.version], first[each.version]))
        return found

    def _estimated(self) -> tuple[PeriodEstimate, ...]:
        """What was estimated of the periods that were not ripe, at the end of each so far."""
        who = champions(self._known.released, self._ground, self._place)
        scored = {version: self._scored(version, who) for version in dict.fromkeys(who.values())}
        found = {place: Estimable(version, self._made[version], scored[version]) for place, version in who.items()}
        return self._lens.estimates.known(found, self._place)

    def _scored(self, version: str, who: Mapping[int, str]) -> tuple[int, ...]:
        """The periods that a champion scored: from its training on, and beside its successor while that was new."""
        answered = [place for place, name in who.items() if name == version]
        beside = (
            self._ground.place[each.period]
            for each in self._known.performance
            if (each.version, each.role) == (version, "previous")
        )
        tried = range(self._made[version].at + 1, answered[0])
        return tuple(sorted({*tried, *answered, *(place for place in beside if self._baking(place))}))

    def _gaps(self) -> tuple[GapReading, ...]:
        """What challengers said at the end of every period that a champion answered, where the spec asks for them."""
        found = []
        for place, version in champions(self._known.released, self._ground, self._place).items():
            told = self._lens.gap(self._policy, self._made[version], version, place)
            if told is not None:
                found.append(told)
        return tuple(found)
