"""What staying with a model has cost: how fast the gap to a fresh one opens, and what is beyond that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALIKE = 10
"""In so many periods after its successor came is a model compared with it: later, both are old."""
PRIOR_SLOPE, PRIOR_GROWTH = 0.03, 0.1
"""What is expected before anything is seen, as shares of the loss: of a period's age, and of e times the rows."""
SLOPE_WEIGHT, GROWTH_WEIGHT = 5.0, 3.0
"""How much the expectations weigh, in squares of what they are of: five comparisons of models one period apart."""
OPTIMISM = 0.1
"""By this share is a fresh model taken to be better than the mean of those seen, less so the more were seen: a first
retrain shows what retrains are worth."""
ORDINARY = 0.5
"""So many standard deviations of a period's noise are no surprise."""
DISCOUNT = 3.0
"""A surprise counts a third: a model that is trained at once has learned little of what changed."""


class Seen(NamedTuple):
    """A model: `cut` is the number of the first period that it had not learned from, `rows` are those it learned from.

    `losses` are those of every period that it was scored in, by the period's number, `served` those that it answered.
    """

    cut: int
    rows: int
    losses: Mapping[int, float]
    served: tuple[int, ...]


class Staying(NamedTuple):
    """What could have been saved since the last model of all took over, in losses: expected, and beyond it.

    `slope` is by how much the loss rises in a period, `growth` by how much it falls where rows are e times as many.
    """

    expected: float
    beyond: float
    slope: float
    growth: float
    models: int

    @property
    def total(self) -> float:
        """Both."""
        return self.expected + self.beyond


def staying(seen: Sequence[Seen], periods: int, grown: float = 1.0) -> Staying:
    """What the last of `seen`, the oldest first, has cost in the `periods` since it took over.

    `grown`: how many times its rows a training now would have. The losses that it is judged by are those it served.
    A gap is taken to open evenly, and to grow evenly with the logarithm of the rows that are not learned from.
    """
    champion = seen[-1]
    mine = np.array([champion.losses[place] for place in champion.served])
    level = float(mine.mean())
    slope, growth = _opening(seen, level)

    def gaps(ages: Floats) -> Floats:
        return np.asarray(slope * ages + growth * np.log(1 + (grown - 1) * (ages + 1) / periods))

    surprise = _surprise(seen, mine - gaps(np.array(champion.served, dtype=float) - champion.served[0]))
    return Staying(float(gaps(np.arange(periods, dtype=float)).sum()), surprise / DISCOUNT, slope, growth, len(seen))


def _opening(seen: Sequence[Seen], level: float) -> tuple[float, float]:
    """How the gap opens with age and with rows: ridge regression of paired losses towards what is expected."""
    weights = np.diag([SLOPE_WEIGHT, GROWTH_WEIGHT])
    sums = weights @ (np.array([PRIOR_SLOPE, PRIOR_GROWTH]) * level)
    for old, new in pairwise(seen):
        both = [place for place in old.losses.keys() & new.losses.keys() if new.cut <= place < new.served[0] + ALIKE]
        apart = np.array([new.cut - old.cut, np.log(max(1, new.rows) / max(1, old.rows))])
        for place in both:
            weights = weights + np.outer(apart, apart)
            sums = sums + apart * (old.losses[place] - new.losses[place])
    slope, growth = np.maximum(np.linalg.solve(weights, sums), 0.0)
    return float(slope), float(growth)


def _surprise(seen: Sequence[Seen], mine: Floats) -> float:
    """The sum of the champion's losses, less the gap, over a fresh model's and the ordinary, since it was last none."""
    fresh = np.array([each.losses[each.served[0]] for each in seen])
    usual = float(fresh.mean()) * (1 - OPTIMISM / len(fresh)) + ORDINARY * _noise(seen)
    found = 0.0
    for loss in mine:
        found = max(0.0, found + float(loss) - usual)
    return found


def _noise(seen: Sequence[Seen]) -> float:
    """The standard deviation of a period's loss, by how far neighbours of one model are apart; 0 before there are two.

    The median of |x - y| of two normal variables is 0.954 of their standard deviation.
    """
    steps = [abs(each.losses[later] - each.losses[place]) for each in seen for place, later in pairwise(each.served)]
    return float(np.median(steps)) / 0.954 if steps else 0.0
