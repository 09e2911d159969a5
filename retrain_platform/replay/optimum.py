"""The cheapest way that there is through a matrix, by dynamic programming, exact whatever the road's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.replay.road import Retrain, Road, Way
from retrain_platform.replay.rules import Course, Floats

Codes = NDArray[np.int32]
_Place = tuple[slice, int, NDArray[np.intp] | slice | int]
_STAYED = -1
"""In place of a retrain: the champion went on."""


def oracle(road: Road, cost: float) -> Way:
    """The cheapest way there is.

    The state is who answers all, with no release open, at the end of a period. From there the champion goes on for a
    period, or a candidate's course is taken, to its end or until another takes its place: O((strategies x periods)^2).
    """
    search = _Search(known_courses(road._replace(strategy=0)), cost, layers=1, up=0)
    retrains, begun = search.best(0)
    return road.way(retrains, cost, begun)


def budgeted(road: Road, most: int) -> list[Way]:
    """The best loss with exactly 0, 1, ... up to `most` retrains that go on their way; fewer where fewer fit.

    Their costs are 0: what is best at a cost, or within a budget, is the least of these by total.
    """
    search = _Search(known_courses(road._replace(strategy=0)), 0.0, layers=most + 1, up=1)
    found = (search.best(layer) for layer in range(most + 1) if search.reached(layer))
    return [road.way(retrains, 0.0, begun) for retrains, begun in found]


class Courses(NamedTuple):
    """The one course of a candidate beside the champions with the numbers `who`, shape (champions,).

    `lost`, shape (champions, periods of the course), is what was lost since the decision by the end of each.
    """

    who: NDArray[np.intp]
    course: Course
    lost: Floats


class Known(NamedTuple):
    """Every model that could be made, in the order of time; the first `firsts` are first models, one a strategy.

    `served`, shape (models, periods), is what each loses where it answers all. `courses` are those of each model, with
    all that can be champion by its decision; of one that is turned away at once there are none.
    """

    road: Road
    made: tuple[Retrain, ...]
    firsts: int
    served: Floats
    courses: tuple[tuple[Courses, ...], ...]


@lru_cache(maxsize=8)
def known_courses(road: Road) -> Known:
    """What the search needs to know; no cost is in it, so that all costs share it."""
    strategies = range(len(road.matrix.strategies))
    made = tuple(
        model for at in (road.first, *road.decisions) for each in strategies if road.trained(model := Retrain(at, each))
    )
    served = np.array([road.served(model) for model in made])
    firsts = sum(model.at == road.first for model in made)
    ready, courses = [road.first] * firsts + [road.last] * (len(made) - firsts), list[tuple[Courses, ...]]()
    for number, candidate in enumerate(made):
        who = [place for place in range(number) if made[place].at < candidate.at and ready[place] <= candidate.at]
        courses.append(tuple(_courses(road, made, served, number, who)))
        ready[number] = min([ready[number], *(each.course.end for each in courses[number] if each.course.stays)])
    return Known(road, made, firsts, served, tuple(courses))


def _courses(
    road: Road, made: tuple[Retrain, ...], served: Floats, number: int, who: Sequence[int]
) -> Iterator[Courses]:
    """The courses of a candidate beside those that can be champion by then; a ruling may be dear."""
    candidate, alike = made[number], dict[Course, list[int]]()
    alone = road.rules.gate is None and road.rules.watch is None  # then nothing depends on the champion
    for place in who[:1] if alone else who:
        course = road.course(made[place], candidate)._replace(why="")
        if course.goes:
            alike.setdefault(course, []).extend(who if alone else [place])
    for course, champions in alike.items():
        span = slice(candidate.at + 1, min(course.end, road.last) + 1)
        shares = np.array(course.shares[: span.stop - span.start])
        own, others = served[number, span], served[champions, span]
        lost = np.where(shares == 1.0, own, others + shares * (own - others))
        yield Courses(np.array(champions, dtype=np.intp), course, np.cumsum(lost, axis=1))


class _Table(NamedTuple):
    """The least total by (layer, period, champion), and how it came there: `_STAYED`, or by which retrain.

    That is a code of the retrain, of the champion before it, and of whether its release was given up.
    """

    least: Floats
    came: Codes

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> _Table:
        """Nothing is reached yet."""
        return cls(np.full(shape, np.inf), np.full(shape, _STAYED, dtype=np.int32))

    @classmethod
    def never(cls, shape: tuple[int, int, int]) -> _Table:
        """Nothing ever is, and no memory is taken for it."""
        return cls(np.broadcast_to(np.inf, shape), np.broadcast_to(np.int32(_STAYED), shape))

    def put(self, at: _Place, totals: Floats, came: Codes | int) -> None:
        """Keep what is less than what was there."""
        better = totals < self.least[at]
        self.least[at] = np.where(better, totals, self.least[at])
        self.came[at] = np.where(better, came, self.came[at])


class _Search:
    """All of it, forward in time. A retrain leads from each layer to the one that lies `up` above it.

    `free` is where no release is open; `given_up` where one was, whose place another takes at once.
    """

    def __init__(self, known: Known, cost: float, *, layers: int, up: int) -> None:
        self._known, self._cost, self._up = known, cost, up
        self._from, self._to = slice(layers - up), slice(up, None)
        road, shape = known.road, (layers, known.road.last + 1, len(known.made))
        self._free = _Table.empty(shape)
        self._given_up = _Table.empty(shape) if road.rules.before > 0 else _Table.never(shape)
        self._free.least[0, road.first, : known.firsts] = 0.0
        decided: dict[int, list[int]] = {}
        for number, model in enumerate(known.made[known.firsts :], known.firsts):
            decided.setdefault(model.at, []).append(number)
        for at in range(road.first, road.last):
            self._decide(at, decided.get(at, []))
            self._go_on(at)

    def reached(self, layer: int) -> bool:
        """Whether any way has so many retrains."""
        return bool(np.isfinite(self._free.least[layer, -1]).any())

    def best(self, layer: int) -> tuple[list[Retrain], int]:
        """The retrains of the cheapest way that ends in the layer, and the strategy of its first model."""
        at, place = self._known.road.last, int(np.argmin(self._free.least[layer, -1]))
        table, found = self._free, list[Retrain]()
        while at > self._known.road.first:
            came = int(table.came[layer, at, place])
            if came == _STAYED:
                at -= 1
                continue
            number, rest = divmod(came, 2 * len(self._known.made))
            place, taken = divmod(rest, 2)
            table = self._given_up if taken else self._free
            found.append(self._known.made[number])
            at, layer = found[-1].at, layer - self._up
        return found[::-1], self._known.made[place].strategy

    def _go_on(self, at: int) -> None:
        """The champion goes on for a period."""
        totals = self._free.least[:, at] + self._known.served[:, at + 1]
        self._free.put((slice(None), at + 1, slice(None)), totals, _STAYED)

    def _decide(self, at: int, numbers: list[int]) -> None:
        """Take the course of each candidate that is decided at the end of the period."""
        free, given_up = self._free.least[self._from, at], self._given_up.least[self._from, at]
        start, taken = np.minimum(free, given_up) + self._cost, given_up < free
        for number in numbers:
            for each in self._known.courses[number]:
                codes = (2 * (number * len(self._known.made) + each.who) + taken[:, each.who]).astype(np.int32)
                self._take(number, each, start[:, each.who], codes)

    def _take(self, number: int, each: Courses, asked: Floats, codes: Codes) -> None:
        """`asked` and `codes` are of shape (layers, champions)."""
        at, course, last = self._known.made[number].at, each.course, self._known.road.last
        answers = course.end if course.promoted is None else course.promoted
        for later in range(at + 1, min(answers, last)):
            self._given_up.put((self._to, later, each.who), asked + each.lost[:, later - at - 1], codes)
        end = min(course.end, last)
        totals = asked + each.lost[:, -1] if end > at else asked
        if not course.stays:
            self._free.put((self._to, end, each.who), totals, codes)
            return
        best = np.argmin(totals, axis=1)
        layers = np.arange(len(totals))
        self._free.put((self._to, end, number), totals[layers, best], codes[layers, best])
