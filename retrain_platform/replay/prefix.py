"""What a policy knew when it decided: the strict prefix of a road, as the `History` that decides live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from retrain_platform.monitoring.reports import PeriodPerformance, Reading, Role
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.base import Action
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.gain import CostSpec, point
from retrain_platform.policy.history import Champion, History, Released, Retrained, RipePeriod
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.road import Retrain, Road, Way
from retrain_platform.replay.rules import Course

LOSS = "of loss"
"""The currency of a replay: a retrain costs so much of the sum of the periods' losses."""


BESIDE = 10
"""For so many periods after its successor took over a model is scored beside it: it is paid for already."""


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

    @property
    def version(self) -> str:
        return str(self.number)


class _Tenure(NamedTuple):
    """A model that answers all from the period after `since` on, and how it came to it."""

    model: _Model
    since: int
    how: Literal["first", "release", "rollback"]


class _Open(NamedTuple):
    """What is under way: the candidate, its course, and the line that its training will leave."""

    model: _Model
    course: Course
    line: Retrained


def follow(policy: Policy, setting: Setting, cost: float) -> Followed:
    """Walk the road by what `policy` decides, each time from what was known by then.

    At the end of a period it knows the losses, in the periods that they served, of the models that it had asked for
    itself; nothing of a model that it never paid for.
    """
    road, said = setting.road, []
    walk = _Walk(setting, cost)
    for at in road.decisions:
        decision = decide(policy, _as_watched(setting, policy, walk, at))
        asked = decision.action.retrains
        waits = asked and walk.watched(at)
        failed = asked and not waits and not walk.retrain(at, decision.id, triggers_of(decision.finding))
        said.append(Said(_key(road, at), decision.action, decision.reason, failed, waits))
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
        first = _Model(1, Retrain(self._road.first, self._road.strategy), "first")
        self._tenures = [_Tenure(first, self._road.first, "first")]
        self._open: _Open | None = None
        self._closed: list[tuple[_Open, int]] = []
        self._readings: list[PeriodPerformance] = []
        self._ended = [self._retrained(first.made, "first", "1")]
        self._ripe = [self._ripe_period(place) for place in range(len(self._road.matrix.periods))]
        self.asked: list[Retrain] = []
        self.made = {first.version: first.made}
        """The training behind each version."""

    def known(self, at: int) -> History:
        """What is known at the end of the period `at`."""
        self._come(at)
        periods, delay = self._road.matrix.periods, self._road.delay
        champion = self._tenures[-1]
        if (ripened := at - delay) in self._road.scored:
            self._readings += self._reading(ripened, at)
        ripe = [found for found in self._ripe[: ripened + 1] if found is not None]
        seen = champion.model.made.at - delay
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
                Released(version=each.model.version, as_of=self._end(each.since), how=each.how)
                for each in self._tenures
            ),
            release_open=None if self._open is None else self._open.model.version,
            cost=self._cost,
        )

    def watched(self, at: int) -> bool:
        """Whether the newest model answers all, and its release is still open: nothing can take its place."""
        return self._open is not None and self._tenures[-1].model is self._open.model

    def retrain(self, at: int, decision_id: str, triggers: tuple[str, ...] = ()) -> bool:
        """The retrain that was decided at the end of the period `at`; gives whether a candidate came of it."""
        made = Retrain(at, self._road.strategy)
        self.asked.append(made)
        course = self._road.course(self._tenures[-1].model.made, made)
        model = _Model(len(self.made) + 1, made, decision_id)
        line = self._retrained(made, decision_id, model.version if course.goes else None, triggers)
        if course.goes or self._open is None:
            if course.goes:
                self.made[model.version] = made
            self._close(at)
            self._open = _Open(model, course, line)
        else:  # what is under way goes on
            self._ended.append(line)
        self._come(at)
        return course.goes

    def _come(self, at: int) -> None:
        """Put on record what happened to the candidate by the end of the period `at`."""
        if self._open is None:
            return
        model, course, line = self._open
        if at >= model.made.at + self._road.rules.takes and line not in self._ended:
            self._ended.append(line)
        if course.promoted is not None and at >= course.promoted and self._tenures[-1].model is not model:
            self._tenures.append(_Tenure(model, course.promoted, "release"))
        if at < course.end:
            return
        if course.outcome == "rolled back":
            self._tenures.append(_Tenure(self._tenures[-2].model, course.end, "rollback"))
        self._close(course.end)

    def _close(self, at: int) -> None:
        """What is under way, if anything, ends at the end of the period `at`."""
        if self._open is not None:
            self._closed.append((self._open, at))
        self._open = None

    def _champion(self, tenure: _Tenure) -> Champion:
        model = tenure.model
        return Champion(
            version=model.version,
            decision_id=model.decision_id,
            trained_as_of=self._end(model.made.at),
            training_rows=self._rows(model.made),
            seen_until=self._end(model.made.at - self._road.delay),
            released_as_of=self._end(tenure.since),
        )

    def _retrained(
        self, made: Retrain, decision_id: str, version: str | None, triggers: tuple[str, ...] = ()
    ) -> Retrained:
        return Retrained(
            decision_id=decision_id,
            as_of=self._end(made.at),
            version=version,
            verdict="failed" if version is None else "passed",
            training_rows=self._rows(made),
            triggers=triggers,
            ripe_until=self._end(made.at - self._road.delay),
        )

    def _rows(self, made: Retrain) -> int:
        return int(self._road.matrix.rows[made.strategy, made.at - self._road.delay])

    def _end(self, at: int) -> datetime:
        return self._road.matrix.periods[at].period.end

    def _reading(self, place: int, at: int) -> list[PeriodPerformance]:
        """The loss of the model that answered the period and of those that it was scored beside; nothing of a gap."""
        if not self._road.matrix.periods[place].rows:
            return []
        roles = {**self._shadows(place), **self._answered(place)}
        return [self._performance(each, place, at, roles[each]) for each in sorted(roles, key=lambda one: one.number)]

    def _answered(self, place: int) -> dict[_Model, Role]:
        """Who answered the period, and who had done so lately, by what each was then."""
        there = [each for each in self._tenures if each.since < place]
        roles: dict[_Model, Role] = {}
        for each, successor in zip(there, [*there[1:], None], strict=True):
            if successor is None:
                roles[each.model] = "champion"
            elif place - successor.since <= BESIDE:
                roles[each.model] = "previous"
        return roles

    def _shadows(self, place: int) -> dict[_Model, Role]:
        """The candidates that were in shadow in the period: they scored all of it and answered nothing."""
        under = [*self._closed, *([] if self._open is None else [(self._open, place)])]
        found: dict[_Model, Role] = {}
        for (model, course, _), closed in under:
            since = model.made.at + 1
            shares = course.shares[: max(0, closed - since + 1)]
            if self._road.rules.takes <= place - since < len(shares) and not shares[place - since]:
                found[model] = "shadow"
        return found

    def _performance(self, model: _Model, place: int, at: int, role: Role) -> PeriodPerformance:
        rows, name = self._road.matrix.periods[place].rows, self._setting.loss.metric
        loss = self._road.served(model.made)[place] if self._road.matrix.judged[place] else None
        value = None if loss is None else self._setting.loss.value(float(loss))
        why = "" if value is not None else "the metric is undefined there"
        return PeriodPerformance(
            period=_key(self._road, place),
            version=model.version,
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
