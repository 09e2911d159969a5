"""What a spec's own history tells a policy on a walk: the readings, limits and incidents that it would see live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retrain_platform.monitoring.performance import measure
from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.history import Champion, History, Incident, Retrained, RipePeriod
from retrain_platform.replay.cells import Made
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.steps.answers import columns_to_judge, judged
from retrain_platform.steps.known import days_of, segments_of


class Trainings:
    """The retrains of a walk as trainings of a past: what each was made of, and what it answers."""

    def __init__(self, past: SpecPast, strategies: tuple[Strategy, ...], delay: int) -> None:
        self._past, self._strategies, self._delay = past, strategies, delay
        self._made: dict[Retrain, Made] = {}

    def made(self, retrain: Retrain) -> Made:
        """What the retrain's model was made of."""
        if retrain not in self._made:
            self._made[retrain] = self._past.made(*self._span(retrain))
        return self._made[retrain]

    def answers(self, retrain: Retrain, place: int) -> Any:
        """What its model answers about the period's rows; None where it cannot read them."""
        return self._past.answers(*self._span(retrain), place)

    def _span(self, retrain: Retrain) -> tuple[int, int]:
        cut = retrain.at - self._delay
        return self._strategies[retrain.strategy].first(cut), cut


class SpecWatched:
    """`Watched` of a spec's ground. Everything is measured as its own steps do, once, when a policy first reads it."""

    def __init__(self, ground: Ground, trainings: Trainings) -> None:
        self._ground, self._trainings = ground, trainings
        self._read: dict[tuple[Retrain, int], PeriodPerformance | None] = {}

    def told(self, policy: Policy, known: History, made: Mapping[str, Retrain]) -> History:
        """`known` with what the platform would have had on record of this spec by then."""
        ground, spec = self._ground, self._ground.shop.spec
        ripe = tuple(each.period for each in ground.ripe.values() if each.as_of <= known.as_of)
        champion = known.champion and self._champion(known.champion, made)
        return known.model_copy(
            update={
                "timezone": spec.period.timezone,
                "label_delay": spec.label.delay,
                "champion": champion,
                "performance": self._performance(known, made, ripe),
                "ripe": ripe,
                "new_ripe_rows": sum(each.labelled for each in ripe if not _seen(each, champion)),
                "retrained": tuple(self._retrained(each, made) for each in known.retrained),
                "rows_needed": ground.needed.rows_needed,
                "periods_needed": ground.needed.periods_needed,
                "unexplored": spec.label.unexplored,
                "retry_after": spec.operation.retry_after,
                "reading_confidence": spec.monitoring.confidence,
                "problem": self._problem(known.period.key),
                "incidents": (*known.incidents, *self._incidents(known)),
                "measures": tuple(each for each in ground.needed.measures if each.as_of <= known.as_of),
            }
        )

    def _champion(self, champion: Champion, made: Mapping[str, Retrain]) -> Champion:
        found = self._trainings.made(made[champion.version])
        return champion.model_copy(
            update={"training_rows": found.snapshot.rows, "seen_until": min(found.seen_until, champion.trained_as_of)}
        )

    def _retrained(self, ended: Retrained, made: Mapping[str, Retrain]) -> Retrained:
        if ended.version is None or ended.version not in made:
            return ended
        rows = self._trainings.made(made[ended.version]).snapshot.rows
        return ended.model_copy(update={"training_rows": rows})

    def _performance(
        self, known: History, made: Mapping[str, Retrain], ripe: tuple[RipePeriod, ...]
    ) -> tuple[PeriodPerformance, ...]:
        """The walk's readings, each as the spec's own measures and intervals have it; those not ripe yet are left out.

        A period of which the walk has none for a version has none here.
        """
        there, found = {each.period for each in ripe}, []
        for each in known.performance:
            read = self.reading(made[each.version], self._ground.place[each.period]) if each.period in there else None
            if read is not None:
                told = {"version": each.version, "role": each.role, "as_of": max(each.as_of, read.as_of)}
                found.append(read.model_copy(update=told))
        return tuple(found)

    def reading(self, retrain: Retrain, place: int) -> PeriodPerformance | None:
        """How the retrain's model did in a ripe period, when that was ripe; None where it could not answer there."""
        if (retrain, place) not in self._read:
            self._read[retrain, place] = self._reading(retrain, place)
        return self._read[retrain, place]

    def _reading(self, retrain: Retrain, place: int) -> PeriodPerformance | None:
        answers = self._trainings.answers(retrain, place)
        if answers is None:
            return None
        shop, period = self._ground.shop, self._ground.periods[place]
        as_of = self._ground.ripe[period.key].as_of
        columns = dict.fromkeys(["_label", "_arrived", *columns_to_judge(shop.spec), *shop.spec.segments])
        frame = self._ground.rows_at(place, as_of, [name for name in columns if self._has(place, name)])
        there = frame["_label"].notna().to_numpy()
        labelled = frame[there]
        rows = judged(shop.spec, labelled, answers._replace(scores=answers.scores[there]))
        return measure(
            rows.labels,
            rows.scores[0],
            days_of(labelled, shop.spec.period.timezone),
            queries=rows.queries,
            period=period.key,
            version="",
            role="champion",
            as_of=as_of,
            metrics=shop.spec.metrics,
            rows=len(frame),
            segments=segments_of(shop, labelled),
            confidence=shop.spec.monitoring.confidence,
            min_segment=shop.spec.monitoring.min_segment,
        )

    def _has(self, place: int, name: str) -> bool:
        """Whether the source had the column then; the platform's own are always there."""
        return name.startswith("_") or name in self._ground.taken[self._ground.periods[place].key].shape.columns

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


def _seen(period: RipePeriod, champion: Champion | None) -> bool:
    return champion is not None and period.start < champion.seen_until
