"""The road through a matrix: which model serves when, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np

from retrain_platform.replay.course import released
from retrain_platform.replay.matrix import Matrix
from retrain_platform.replay.rules import UNSEEN, Beside, Course, Floats, Outcome, Rules, Ruling


class TooShort(ValueError):
    """The history is too short to replay anything; the message counts what is there and what is needed."""


class Retrain(NamedTuple):
    """A retrain decided at the end of the period `at`, by the strategy with this number."""

    at: int
    strategy: int = 0


class Challenge(NamedTuple):
    """A model that is only measured, fitted at the end of the period `at`, for such a `share` of a retrain's cost."""

    at: int
    share: float


class Way(NamedTuple):
    """What a sequence of retrains came to. `losses`, shape (periods,), are nan where nothing is judged.

    `outcomes` says of each retrain what became of it, `begun` of which strategy the first model is, and `challenges`
    what was fitted only to be measured.
    """

    retrains: tuple[Retrain, ...]
    losses: Floats
    cost: float
    outcomes: tuple[Outcome, ...] = ()
    begun: int = 0
    challenges: tuple[Challenge, ...] = ()

    @property
    def loss(self) -> float:
        """The sum over the judged periods."""
        return float(np.nansum(self.losses))

    @property
    def total(self) -> float:
        """Loss and costs together."""
        return self.loss + self.cost * (len(self.retrains) + sum(each.share for each in self.challenges))

    @property
    def spent(self) -> Floats:
        """What each period came to, shape (periods,): its loss, and what was trained at its end."""
        found = np.nan_to_num(self.losses)
        for each in self.retrains:
            found[each.at] += self.cost
        for tried in self.challenges:
            found[tried.at] += self.cost * tried.share
        return found

    @property
    def failed(self) -> tuple[Retrain, ...]:
        """Those of the retrains of which no model came, so that the one before stayed."""
        pairs = zip(self.retrains, self.outcomes, strict=True)
        return tuple(each for each, outcome in pairs if outcome == "failed")


class Road(NamedTuple):
    """A matrix, and when what is known on it.

    The labels of a period are in `delay` whole periods after its end. The first model takes the first `start` periods
    and is free; it is there from the period after its decision, whatever the `rules`. A retrain decided at the end of
    period t takes labels up to period t - delay; what the rules leave out of the way, it serves from t + 1. None is
    decided that could answer nothing any more. One release is open at a time: the next retrain comes when it is closed,
    or, before its model answers all, takes its place.
    """

    matrix: Matrix
    start: int = 1
    delay: int = 0
    strategy: int = 0
    rules: Rules = Rules()

    @property
    def first(self) -> int:
        """The period at whose end the first model is made."""
        return self.start - 1 + self.delay

    @property
    def last(self) -> int:
        """The last period of all."""
        return len(self.matrix.periods) - 1

    @property
    def scored(self) -> range:
        """The periods that models serve."""
        return range(self.first + 1, len(self.matrix.periods))

    @property
    def middle(self) -> int:
        """The first period of the second half of those that models serve: what is tuned is tuned before it."""
        return self.scored.start + len(self.scored) // 2

    @property
    def decisions(self) -> range:
        """The periods at whose end a retrain can be decided."""
        return range(self.first + 1, self.last - self.lasting.silent)

    @property
    def lasting(self) -> Rules:
        """The rules with each step as long as it lasts here."""
        return self.rules.with_labels(self.delay)

    def served(self, model: Retrain) -> Floats:
        """What a model would have lost in every period, shape (periods,): 0 where nothing is judged."""
        losses = self.matrix.loss[model.strategy, model.at - self.delay]
        return np.where(self.matrix.judged, losses, 0.0)

    def trained(self, model: Retrain) -> bool:
        """Whether a model came of the retrain."""
        return bool(self.matrix.trained[model.strategy, model.at - self.delay])

    def course(self, champion: Retrain, candidate: Retrain) -> Course:
        """What becomes of a candidate beside this champion, if nothing newer takes its place."""
        ended, cut = candidate.at + self.rules.takes, candidate.at - self.delay
        if not self.trained(candidate):
            return Course(
                "failed", ended, (), None, self.matrix.why.get((candidate.strategy, cut), "it was not trained")
            )
        gated = self._gated(champion, candidate)
        if gated.standing == "worse":
            return Course("refused", ended, (), None, gated.why)

        def look(since: int, at: int) -> Ruling:
            return self._watched(champion, candidate, range(since + 1, at - self.delay + 1))

        return released(self.rules, candidate.at, self.last, self.delay, look)

    def _gated(self, champion: Retrain, candidate: Retrain) -> Ruling:
        """What the gate says of the candidate, by the labels that were in at its decision."""
        if self.rules.gate is None:
            return UNSEEN
        cut = candidate.at - self.delay
        newest = (place for place in range(cut, -1, -1) if self.matrix.periods[place].rows)
        filled = sorted(islice(newest, self.rules.holdout))
        stand_in = Retrain(min(filled, default=0) - 1 + self.delay, candidate.strategy)
        if stand_in.at < self.delay or not self.trained(stand_in):
            return UNSEEN
        seen = [place for place in filled if place > champion.at - self.delay]
        beside = self._beside(champion, stand_in, seen)
        return self.rules.gate.ruling(beside) if beside.periods else UNSEEN

    def _watched(self, champion: Retrain, candidate: Retrain, places: Iterable[int]) -> Ruling:
        """What the watch says of the candidate in these periods."""
        if self.rules.watch is None:
            return Ruling("not worse")
        beside = self._beside(champion, candidate, places)
        return self.rules.watch.ruling(beside) if beside.periods else UNSEEN

    def _beside(self, champion: Retrain, candidate: Retrain, places: Iterable[int]) -> Beside:
        judged = tuple(place for place in places if self.matrix.judged[place])
        mine, other = ((each.strategy, each.at - self.delay) for each in (champion, candidate))
        theirs, own = (self.matrix.loss[each][list(judged)] for each in (mine, other))
        return Beside(theirs, own, judged, (mine, other))

    def way(self, retrains: Iterable[Retrain], cost: float, begun: int | None = None) -> Way:
        """What these retrains, in the order of time, would have come to; each costs, whatever became of it.

        The first model is of the strategy `begun`, the road's own where nothing is said. Where a model answers a
        share of the rows, the loss is that share of its own and the rest of the champion's.

        Raises:
            ValueError: one is decided while the model before it, which answers all already, is still watched.
        """
        asked, traffic = tuple(retrains), Traffic(self, begun)
        losses = self.served(traffic.champion)
        losses[: self.first + 1] = np.nan
        for each in asked:
            course = traffic.ask(each)
            if course.goes:
                self._lay(losses, traffic.champion, each, course)
        losses[~self.matrix.judged] = np.nan
        return Way(asked, losses, cost, tuple(traffic.outcomes), self.strategy if begun is None else begun)

    def _lay(self, losses: Floats, champion: Retrain, model: Retrain, course: Course) -> None:
        """Write into `losses` what comes of a course, from its decision to the end of all."""
        shares = np.full(self.last - model.at, float(course.stays))
        shares[: len(course.shares)] = course.shares[: len(shares)]
        own, other = self.served(model)[model.at + 1 :], self.served(champion)[model.at + 1 :]
        losses[model.at + 1 :] = np.where(shares == 1.0, own, other + shares * (own - other))

    def every(self, count: int, cost: float) -> Way:
        """A retrain whenever `count` periods have passed since the last one, and no release is open; 0: never."""
        retrains, due, traffic = list[Retrain](), self.first + count, Traffic(self)
        for at in self.decisions if count else ():
            if at >= due and not traffic.busy(at):
                retrains.append(Retrain(at, self.strategy))
                traffic.ask(retrains[-1])
                due = at + count
        return self.way(retrains, cost)


class Under(NamedTuple):
    """A candidate whose release is open, and its number among the retrains."""

    model: Retrain
    course: Course
    number: int


class Traffic:
    """Who answers and what is under way on a road, moved on from retrain to retrain."""

    def __init__(self, road: Road, begun: int | None = None) -> None:
        self._road = road
        self._trains_until = road.first
        self.champion = Retrain(road.first, road.strategy if begun is None else begun)
        self.under: Under | None = None
        self.outcomes: list[Outcome] = []

    def come(self, at: int) -> None:
        """Go on to the end of the period `at`; a release that is closed by then has its champion."""
        if self.under is not None and at >= self.under.course.end:
            self.champion = self.under.model if self.under.course.stays else self.champion
            self.under = None

    def busy(self, at: int) -> bool:
        """Whether a training or a release is under way at the end of the period `at`."""
        self.come(at)
        return self.under is not None or at < self._trains_until

    def watched(self, at: int) -> bool:
        """Whether the model under way answers all already, so that nothing can take its place."""
        self.come(at)
        return self.under is not None and self.under.course.promoted is not None and at >= self.under.course.promoted

    def ask(self, asked: Retrain) -> Course:
        """Let a model be trained; one that goes on its way takes the place of the one under way.

        Raises:
            ValueError: the one under way is `watched`.
        """
        if self.watched(asked.at):
            raise ValueError(f"at == {asked.at}, must not be while the model before it is watched")
        course = self._road.course(self.champion, asked)
        self.outcomes.append(course.outcome)
        if not course.goes:
            self._trains_until = course.end
            return course
        if self.under is not None:
            self.outcomes[self.under.number] = "superseded"
        self.under = Under(asked, course, len(self.outcomes) - 1)
        return course


def road(matrix: Matrix, *, start: int = 1, delay: int = 0, strategy: int = 0, rules: Rules | None = None) -> Road:
    """The road, where there is one.

    Raises:
        TooShort: no period is left after the first model, or none of them is judged; or no first model could be made.
    """
    made = Road(matrix, start, delay, strategy, rules or Rules())
    count = len(matrix.periods)
    if not made.scored:
        needed = made.first + 2
        late = f"{delay} until labels are in, " if delay else ""
        raise TooShort(
            f"periods == {count}, must be at least {needed}: {start} to learn from first, {late}and one to be judged "
            "on; give more rows, or shorter periods"
        )
    if not made.trained(Retrain(made.first, strategy)):
        why = matrix.why.get((strategy, start - 1), "it was not trained")
        raise TooShort(
            f"no first model of the first {start} of {count} periods: {why}; let it learn from more periods (--start)"
        )
    if not matrix.judged[made.scored.start :].any():
        raise TooShort(f"the loss is undefined in each of the {len(made.scored)} periods after the first model")
    return made
