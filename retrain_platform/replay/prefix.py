"""What a policy knew when it decided: the strict prefix of a road, as the `History` that decides live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from retrain_platform.monitoring.reports import PeriodPerformance, Reading, Role
from retrain_platform.policy.base import Action
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.gain import CostSpec, point
from retrain_platform.policy.history import Champion, History, Released, Retrained, RipePeriod
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.road import Retrain, Road, Way

LOSS = "of loss"
"""The currency of a replay: a retrain costs so much of the sum of the periods' losses."""


BESIDE = 10
"""For so many periods after its successor took over a model is scored beside it: it is paid for already."""


class Said(NamedTuple):
    """What a policy decided at the end of a period, and why. `failed`: the retrain that followed came to nothing."""

    period: str
    action: Action
    reason: str
    failed: bool = False


class Followed(NamedTuple):
    """A policy's way, and everything that it said on it, period by period."""

    way: Way
    said: tuple[Said, ...]


class Watched(Protocol):
    """What a spec's own history tells a policy beside what a table's does."""

    def told(self, policy: Policy, known: History, made: Mapping[str, Retrain]) -> History:
        """`known` with what the platform would have measured by then of what `policy` reads.

        `made` has the training behind each version. It must be a function of these and of what had come in by
        `known.as_of`, nothing later.
        """


class Setting(NamedTuple):
    """What all policies of a replay share: the road, what its losses are, and how long a period lasts."""

    road: Road
    loss: Loss
    length: timedelta
    model: str = "replay"
    watched: Watched | None = None


class _Model(NamedTuple):
    """A model that was trained on the road: its number among them, and the retrain and the decision that made it."""

    number: int
    made: Retrain
    decision_id: str


def follow(policy: Policy, setting: Setting, cost: float) -> Followed:
    """Walk the road by what `policy` decides, each time from what was known by then.

    At the end of a period it knows the losses, in the periods that they served, of the models that it had asked for
    itself; nothing of a model that it never paid for.
    """
    road, said = setting.road, []
    walk = _Walk(setting, cost)
    for at in road.decisions:
        decision = decide(policy, _as_watched(setting, policy, walk, at))
        failed = decision.action.retrains and not walk.retrain(at, decision.id)
        said.append(Said(_key(road, at), decision.action, decision.reason, failed))
    return Followed(road.way(walk.asked, cost), tuple(said))


def _as_watched(setting: Setting, policy: Policy, walk: _Walk, at: int) -> History:
    """What is known at the end of the period `at`; of a spec, with what is watched of its own."""
    known = walk.known(at)
    return known if setting.watched is None else setting.watched.told(policy, known, walk.made)


def _key(road: Road, at: int) -> str:
    return road.matrix.periods[at].period.key


class _Walk:
    """The road as far as it is walked; what was known is made anew for each period, and never changed."""

    def __init__(self, setting: Setting, cost: float) -> None:
        self._setting, self._road = setting, setting.road
        self._cost = _priced(setting.loss, cost)
        self._models = [_Model(1, Retrain(self._road.first, self._road.strategy), "first")]
        self._readings: list[PeriodPerformance] = []
        self._ended = [self._retrained(self._models[0].made, "first", "1")]
        self._ripe = [self._ripe_period(place) for place in range(len(self._road.matrix.periods))]
        self._counted = [each for each in range(len(self._ripe)) if self._ripe[each] is not None]
        self.asked: list[Retrain] = []

    @property
    def made(self) -> dict[str, Retrain]:
        """The training behind each version."""
        return {str(each.number): each.made for each in self._models}

    def known(self, at: int) -> History:
        """What is known at the end of the period `at`."""
        periods, delay = self._road.matrix.periods, self._road.delay
        champion = self._models[-1]
        if (ripened := at - delay) in self._road.scored:
            self._readings += self._reading(ripened, at)
        ripe = [found for found in self._ripe[: ripened + 1] if found is not None]
        seen = champion.made.at - delay
        return History(
            model=self._setting.model,
            as_of=periods[at].period.end,
            period=periods[at].period,
            number=at,
            period_length=self._setting.length,
            label_delay=delay * self._setting.length,
            champion=self._champion(champion),
            performance=tuple(self._readings),
            ripe=tuple(ripe),
            new_ripe_rows=sum(each.rows for each in periods[seen + 1 : ripened + 1]),
            retrained=tuple(self._ended),
            released=tuple(
                Released(version=str(each.number), as_of=self._end(each.made.at), how="release" if place else "first")
                for place, each in enumerate(self._models)
            ),
            cost=self._cost,
        )

    def retrain(self, at: int, decision_id: str) -> bool:
        """The retrain that was decided at the end of the period `at`; gives whether a model came of it."""
        asked = Retrain(at, self._road.strategy)
        self.asked.append(asked)
        came = self._road.trained(asked)
        version = str(len(self._models) + 1) if came else None
        self._ended.append(self._retrained(asked, decision_id, version))
        if came:
            self._models.append(_Model(len(self._models) + 1, asked, decision_id))
        return came

    def _champion(self, model: _Model) -> Champion:
        made = self._end(model.made.at)
        return Champion(
            version=str(model.number),
            decision_id=model.decision_id,
            trained_as_of=made,
            training_rows=self._rows(model.made),
            seen_until=self._end(model.made.at - self._road.delay),
            released_as_of=made,
        )

    def _retrained(self, made: Retrain, decision_id: str, version: str | None) -> Retrained:
        return Retrained(
            decision_id=decision_id,
            as_of=self._end(made.at),
            version=version,
            verdict="failed" if version is None else "passed",
            training_rows=self._rows(made),
            ripe_until=self._end(made.at - self._road.delay),
        )

    def _rows(self, made: Retrain) -> int:
        return int(self._road.matrix.rows[made.strategy, made.at - self._road.delay])

    def _end(self, at: int) -> datetime:
        return self._road.matrix.periods[at].period.end

    def _reading(self, place: int, at: int) -> list[PeriodPerformance]:
        """The loss of the model that served the period and of those that it replaced lately; nothing of a gap."""
        rows = self._road.matrix.periods[place].rows
        there = [each for each in self._models if each.made.at < place]
        found = []
        for each, successor in zip(there, [*there[1:], None], strict=True):
            if rows and (successor is None or place - successor.made.at <= BESIDE):
                found.append(self._performance(each, place, at, "champion" if successor is None else "previous"))
        return found

    def _performance(self, model: _Model, place: int, at: int, role: Role) -> PeriodPerformance:
        rows, name = self._road.matrix.periods[place].rows, self._setting.loss.metric
        loss = self._road.served(model.made)[place] if self._road.matrix.judged[place] else None
        value = None if loss is None else self._setting.loss.value(float(loss))
        why = "" if value is not None else "the metric is undefined there"
        return PeriodPerformance(
            period=_key(self._road, place),
            version=str(model.number),
            role=role,
            as_of=self._end(at),
            ripe=True,
            rows=rows,
            labelled=rows,
            metrics={name: Reading(value=value, rows=rows, days=1, why=why)},
        )

    def _ripe_period(self, place: int) -> RipePeriod | None:
        found = self._road.matrix.periods[place]
        if not found.rows:
            return None
        span = found.period
        return RipePeriod(period=span.key, start=span.start, end=span.end, rows=found.rows, labelled=found.rows)


def _priced(loss: Loss, cost: float) -> CostSpec:
    """The cost as a spec says it: what a point of the metric is worth, and a retrain, both in losses."""
    return CostSpec(currency=LOSS.replace(" ", "_"), retrain=cost, per_point=point(loss.metric) / loss.scale)
