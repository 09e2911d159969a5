"""Who answers on a road and what is under way, put on record as it is live."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from retrain_platform.monitoring.reports import Role
from retrain_platform.policy.history import Champion, Quarantine, Released, Retrained
from retrain_platform.replay.road import Retrain, Road
from retrain_platform.replay.rules import Course

BESIDE = 10
"""For so many periods after its successor took over a model is scored beside it: it is paid for already."""


class Model(NamedTuple):
    """A model that was trained on the road: its number among them, and the retrain and the decision that made it."""

    number: int
    made: Retrain
    decision_id: str

    @property
    def version(self) -> str:
        """Its number, as a registry says it."""
        return str(self.number)


class _Tenure(NamedTuple):
    """A model that answers all from the period after `since` on, and how it came to it."""

    model: Model
    since: int
    how: Literal["first", "release", "rollback"]


class _Open(NamedTuple):
    """What is under way: the candidate, its course, and the line that its training will leave."""

    model: Model
    course: Course
    line: Retrained


class Standing:
    """The road as far as it is gone: `come` to the end of each period, and `ask` for retrains there.

    `made` has the training behind each version, `retrained` the trainings that had ended, `quarantined` what versions
    that were rolled back had learned last; oldest first.
    """

    def __init__(self, road: Road) -> None:
        first = Model(1, Retrain(road.first, road.strategy), "first")
        self._road = road
        self._tenures = [_Tenure(first, road.first, "first")]
        self._open: _Open | None = None
        self._closed: list[tuple[_Open, int]] = []
        self.quarantined: list[Quarantine] = []
        self.made = {first.version: first.made}
        self.retrained = [self._line(first.made, "first", "1", ())]

    @property
    def open(self) -> str | None:
        """The version that is trained or on its way to all of the rows, or watched there."""
        return None if self._open is None else self._open.model.version

    @property
    def watched(self) -> bool:
        """Whether the newest model answers all and its release is still open: nothing can take its place."""
        return self._open is not None and self._tenures[-1].model is self._open.model

    @property
    def champion(self) -> Champion:
        """Who answers all."""
        model, since, _ = self._tenures[-1]
        return Champion(
            version=model.version,
            decision_id=model.decision_id,
            trained_as_of=self._end(model.made.at),
            training_rows=self._rows(model.made),
            seen_until=self._end(model.made.at - self._road.delay),
            released_as_of=self._end(since),
        )

    @property
    def learned_until(self) -> int:
        """The newest period that the champion has learned from."""
        return self._tenures[-1].model.made.at - self._road.delay

    @property
    def released(self) -> tuple[Released, ...]:
        """Every take-over, oldest first."""
        return tuple(
            Released(version=each.model.version, as_of=self._end(each.since), how=each.how) for each in self._tenures
        )

    def ask(self, made: Retrain, decision_id: str, triggers: tuple[str, ...] = ()) -> bool:
        """A retrain that was decided at the end of its period; gives whether a candidate goes on its way.

        It takes the place of the one under way, which must not be `watched`; one that is turned away leaves it there.
        """
        course = self._road.course(self._tenures[-1].model.made, made)
        model = Model(len(self.made) + 1, made, decision_id)
        line = self._line(made, decision_id, model.version if course.goes else None, triggers)
        if not course.goes and self._open is not None:
            self.retrained.append(line)
            return False
        if course.goes:
            self.made[model.version] = made
        self._close(made.at)
        self._open = _Open(model, course, line)
        self.come(made.at)
        return course.goes

    def come(self, at: int) -> None:
        """Put on record what happened to the candidate by the end of the period `at`."""
        if self._open is None:
            return
        model, course, line = self._open
        if at >= model.made.at + self._road.rules.takes and line not in self.retrained:
            self.retrained.append(line)
        if course.promoted is not None and at >= course.promoted and self._tenures[-1].model is not model:
            self._tenures.append(_Tenure(model, course.promoted, "release"))
        if at < course.end:
            return
        if course.outcome == "rolled back":
            self._roll_back(model, self._tenures[-2].model, course.end)
        self._close(course.end)

    def _roll_back(self, model: Model, to: Model, at: int) -> None:
        """The one before answers again; what it had not seen and the other learned last is held back, where it is."""
        self._tenures.append(_Tenure(to, at, "rollback"))
        if self._road.rules.quarantine:
            newest = self._road.matrix.periods[model.made.at - self._road.delay].period
            since = min(self._end(to.made.at - self._road.delay), newest.start)
            rows = self._rows(model.made)
            version, as_of = model.version, self._end(at)
            self.quarantined.append(
                Quarantine(version=version, as_of=as_of, since=since, until=newest.end, training_rows=rows)
            )

    def _close(self, at: int) -> None:
        """What is under way, if anything, ends at the end of the period `at`."""
        if self._open is not None:
            self._closed.append((self._open, at))
        self._open = None

    def roles(self, place: int) -> dict[Model, Role]:
        """Who scored the whole of a period that has passed, and as what, in the order of their numbers."""
        roles = {**self._shadows(place), **self._answered(place)}
        return {each: roles[each] for each in sorted(roles, key=lambda one: one.number)}

    def _answered(self, place: int) -> dict[Model, Role]:
        """Who answered the period, and who had done so lately."""
        there = [each for each in self._tenures if each.since < place]
        roles: dict[Model, Role] = {}
        for each, successor in zip(there, [*there[1:], None], strict=True):
            if successor is None:
                roles[each.model] = "champion"
            elif place - successor.since <= BESIDE:
                roles[each.model] = "previous"
        return roles

    def _shadows(self, place: int) -> dict[Model, Role]:
        """The candidates that were in shadow in the period: they scored all of it and answered nothing."""
        under = [*self._closed, *([] if self._open is None else [(self._open, place)])]
        found: dict[Model, Role] = {}
        for (model, course, _), closed in under:
            since = model.made.at + 1
            shares = course.shares[: max(0, closed - since + 1)]
            if self._road.rules.takes <= place - since < len(shares) and not shares[place - since]:
                found[model] = "shadow"
        return found

    def _line(self, made: Retrain, decision_id: str, version: str | None, triggers: tuple[str, ...]) -> Retrained:
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
