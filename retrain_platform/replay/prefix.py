"""What a policy knew when it decided: the strict prefix of a road, as the `History` that decides live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from math import inf
from typing import NamedTuple, Protocol

from retrain_platform.monitoring.reports import PeriodPerformance, Reading, Role
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.base import Action, ChosenWindow
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.gain import CostSpec, point
from retrain_platform.policy.history import History, Quarantine, RipePeriod
from retrain_platform.replay.entities import Entities
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import PastPeriod
from retrain_platform.replay.money import Money
from retrain_platform.replay.road import Challenge, Retrain, Road, Way
from retrain_platform.replay.standing import Model, Standing
from retrain_platform.stats.loss_alarms import Detector

LOSS = "of loss"
"""The currency of a replay: a retrain costs so much of the sum of the periods' losses."""


class Asked(NamedTuple):
    """What is asked for at the end of a period, why, by which decision, and by which of its triggers."""

    action: Action
    reason: str
    id: str
    triggers: tuple[str, ...] = ()
    window: ChosenWindow | None = None


class Said(NamedTuple):
    """What a policy decided at the end of a period, and why. `failed`: the retrain that followed came to nothing.

    `waits`: what it asked for was not begun, for a model that answers all already was still watched.
    """

    period: str
    action: Action
    reason: str
    failed: bool = False
    waits: bool = False


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

    def challenges(self, told: History) -> tuple[Challenge, ...]:
        """What the models cost that said how far champions were behind, of all that was `told` at the end of a walk."""


class Setting(NamedTuple):
    """What all policies of a replay share: the road, what its losses are, and how long a period lasts.

    `detectors` are walked beside the policies, for these to be held against.
    `entities` tell how sure a difference is, `money` what a loss costs; of a bare table there are none.
    """

    road: Road
    loss: Loss
    length: timedelta
    model: str = "replay"
    watched: Watched | None = None
    detectors: tuple[Detector, ...] = ()
    entities: Entities | None = None
    money: Money | None = None


def follow(policy: Policy, setting: Setting, cost: float) -> Followed:
    """Walk the road by what `policy` decides, each time from what was known by then.

    At the end of a period it knows the losses, in the periods that they served, of the models that it had asked for
    itself; nothing of a model that it never paid for.
    """

    watched, last = setting.watched, list[History]()

    def asked(known: History, made: Mapping[str, Retrain]) -> Asked:
        told = known if watched is None else watched.told(policy, known, made)
        last[:] = [told]
        decision = decide(policy, told)
        asked_by = triggers_of(decision.finding)
        return Asked(decision.action, decision.reason, decision.id, asked_by, decision.window)

    found = follow_by(asked, setting, cost)
    challenges = watched.challenges(last[0]) if watched is not None and last else ()
    return found._replace(way=found.way._replace(challenges=challenges))


def follow_by(asks: Callable[[History, Mapping[str, Retrain]], Asked], setting: Setting, cost: float) -> Followed:
    """Walk the road by what is asked for at the end of each period: of what was known by then, and of who made whom."""
    road, said = setting.road, []
    walk = _Walk(setting, cost)
    for at in road.decisions:
        asked = asks(walk.known(at), walk.standing.made)
        waits = asked.action.retrains and walk.standing.watched
        failed = asked.action.retrains and not waits and not walk.retrain(at, asked.id, asked.triggers, asked.window)
        said.append(Said(_key(road, at), asked.action, asked.reason, failed, waits))
    return Followed(road.way(walk.asked, cost), tuple(said))


def _key(road: Road, at: int) -> str:
    return road.matrix.periods[at].period.key


class _Walk:
    """The road as far as it is walked; what was known is made anew for each period, and never changed."""

    def __init__(self, setting: Setting, cost: float) -> None:
        self._setting, self._road = setting, setting.road
        self._cost = _priced(setting, cost)
        self.standing = Standing(setting.road)
        self._readings: list[PeriodPerformance] = []
        self._ripe = [self._ripe_period(place) for place in range(len(self._road.matrix.periods))]
        self.asked: list[Retrain] = []

    def known(self, at: int) -> History:
        """What is known at the end of the period `at`."""
        self.standing.come(at)
        periods, delay = self._road.matrix.periods, self._road.delay
        if (ripened := at - delay) in self._road.scored:
            self._readings += self._reading(ripened, at)
        ripe = [found for found in self._ripe[: ripened + 1] if found is not None]
        seen, held = self.standing.learned_until, tuple(self.standing.quarantined)
        return History(
            model=self._setting.model,
            as_of=periods[at].period.end,
            period=periods[at].period,
            number=at,
            period_length=self._setting.length,
            label_delay=delay * self._setting.length,
            champion=self.standing.champion,
            performance=tuple(self._readings),
            ripe=tuple(ripe),
            new_ripe_rows=sum(each.rows for each in periods[seen + 1 : ripened + 1] if not _held(each, held)),
            retrained=tuple(self.standing.retrained),
            released=self.standing.released,
            quarantined=held,
            release_open=self.standing.open,
            cost=self._cost,
        )

    def retrain(
        self, at: int, decision_id: str, triggers: tuple[str, ...] = (), window: ChosenWindow | None = None
    ) -> bool:
        """The retrain that was decided at the end of the period `at`; gives whether a candidate came of it."""
        self.asked.append(Retrain(at, self._strategy(window)))
        return self.standing.ask(self.asked[-1], decision_id, triggers)

    def _strategy(self, chosen: ChosenWindow | None) -> int:
        """The number of the strategy whose window is nearest to the chosen one; the road's own where none was chosen.

        A window reaches back from the decision, and its newest periods have no labels yet.
        """
        if chosen is None:
            return self._road.strategy
        wanted = inf if chosen == "all" else chosen / self._setting.length - self._road.delay
        windows = [inf if each.window is None else each.window for each in self._road.matrix.strategies]
        apart = [0.0 if each == wanted else abs(each - wanted) for each in windows]
        return apart.index(min(apart))

    def _reading(self, place: int, at: int) -> list[PeriodPerformance]:
        """The losses of the model that answered the period and of those that scored it beside it; none of a gap."""
        if not self._road.matrix.periods[place].rows:
            return []
        return [self._performance(each, place, at, role) for each, role in self.standing.roles(place).items()]

    def _performance(self, model: Model, place: int, at: int, role: Role) -> PeriodPerformance:
        rows, name = self._road.matrix.periods[place].rows, self._setting.loss.metric
        loss = self._road.served(model.made)[place] if self._road.matrix.judged[place] else None
        value = None if loss is None else self._setting.loss.value(float(loss))
        why = "" if value is not None else "the metric is undefined there"
        return PeriodPerformance(
            period=_key(self._road, place),
            version=model.version,
            role=role,
            as_of=self._road.matrix.periods[at].period.end,
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


def _held(period: PastPeriod, held: Iterable[Quarantine]) -> bool:
    return any(each.holds(period.period.start) for each in held)


def _priced(setting: Setting, cost: float) -> CostSpec:
    """The cost as a spec says it: what a point of the metric is worth, and a retrain; in losses unless it does."""
    if setting.money is not None:
        return setting.money.priced(cost)
    loss = setting.loss
    return CostSpec(currency=LOSS.replace(" ", "_"), retrain=cost, per_point=point(loss.metric) / loss.scale)
