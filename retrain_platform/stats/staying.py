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
PRIOR_SLOPE, PRIOR_GROWTH = 0.003, 0.1
"""What is expected before anything is seen, as shares of the loss: of a period's age, and of e times the periods."""
SLOPE_WEIGHT, GROWTH_WEIGHT = 50.0, 0.3
"""How much the expectations weigh, in squares of what they are of: 50 comparisons of models one period apart."""
OPTIMISM = 0.2
"""By this share is a fresh model taken to be better than the mean of those seen, less so the more were seen: a first
retrain shows what retrains are worth."""
ORDINARY = 0.5
"""So many standard deviations of a period's noise are no surprise."""
AVOIDABLE = 0.65
"""The share of a surprise that a retrain is taken to spare where all that it learns from lies after the change."""
AT_ONCE = 0.5
"""The share of that where none does yet: change is seldom seen in the period in which it begins."""
DOUBT = 1.25
"""What could have been saved is divided by so much: it is what looked worst of much that is noisy."""


class Seen(NamedTuple):
    """A model: `cut` is the number of the first period that it had not learned from, `span` of how many it learned.

    `losses` are those of every period that it was scored in, by the period's number, `served` those that it answered.
    """

    cut: int
    span: float
    losses: Mapping[int, float]
    served: tuple[int, ...]

    @property
    def middle(self) -> float:
        """The time that it learned from, in the mean."""
        return self.cut - self.span / 2


class Past(NamedTuple):
    """What a training could take: the newest `windows` periods (None: all), back to the period numbered `first`."""

    first: int
    windows: tuple[float | None, ...] = (None,)

    def spans(self, cuts: Floats) -> Floats:
        """How many periods each window has before each of the `cuts`, at least 1; shape (cuts, windows)."""
        there = np.maximum(1.0, cuts - self.first)[:, None]
        return np.minimum(there, [np.inf if window is None else window for window in self.windows])


class Staying(NamedTuple):
    """What could have been saved since the last model of all took over, in losses.

    `expected` is by how gaps opened, of which `ahead` is by more rows or a better window, there from the beginning;
    `beyond` is by surprise. `slope` is by how much the loss rises where rows are a period older, `growth` by how much
    it falls where they are e times as many. The losses are too high by `excess` for `since` periods, 0 where they are
    not. `better` is by how much all of them together are below fresh models' first ones, 0 where they are above.
    `level` is the model's mean loss, `models` counts those seen.
    """

    expected: float
    ahead: float
    beyond: float
    slope: float
    growth: float
    excess: float
    since: int
    better: float
    level: float
    models: int

    @property
    def total(self) -> float:
        """What is expected and what is beyond, less what is doubted."""
        return (self.expected + self.beyond) / DOUBT

    def window(self, past: Past, cut: int) -> int:
        """The number of the window by which a training before `cut` is taken to lose least.

        Older rows are worth less by the slope, and what lies before a change teaches what was; more rows are worth
        more. The first of those that are alike.
        """
        spans = past.spans(np.array([float(cut)]))[0]
        stale = self.excess * np.maximum(0.0, 1 - self.since / spans)
        return int(np.argmin(stale + self.slope * spans / 2 - self.growth * np.log(spans)))


def staying(seen: Sequence[Seen], periods: int, past: Past) -> Staying:
    """What the last of `seen`, the oldest first, has cost in the `periods` since it took over.

    The losses that it is judged by are those it served. A loss is taken to rise evenly with the age of the rows that
    are learned from, and to fall evenly with the logarithm of how many they are.
    """
    champion = seen[-1]
    mine = np.array([champion.losses[place] for place in champion.served])
    level = float(mine.mean())
    slope, growth = _opening(seen, level)
    ages = np.arange(periods, dtype=float)
    gaps = _gaps(champion, past, ages, slope, growth)
    served = np.array(champion.served, dtype=float) - champion.served[0]
    fresh = np.array([each.losses[each.served[0]] for each in seen])
    beyond, excess, since = _surprise(seen, fresh, mine - _gaps(champion, past, served, slope, growth))
    ahead = float(np.maximum(gaps - slope * ages, 0.0).sum())
    return Staying(
        expected=float(gaps.sum()),
        ahead=ahead,
        beyond=AVOIDABLE * beyond,
        slope=slope,
        growth=growth,
        excess=excess,
        since=since,
        better=max(0.0, float((fresh.mean() - mine).sum())),
        level=level,
        models=len(seen),
    )


def _gaps(champion: Seen, past: Past, ages: Floats, slope: float, growth: float) -> Floats:
    """By how much the best of the trainings as many periods newer is expected to be better."""
    cuts = champion.cut + ages
    spans = past.spans(cuts)
    gained = slope * (cuts[:, None] - spans / 2 - champion.middle) + growth * np.log(spans / champion.span)
    return np.asarray(np.maximum(0.0, gained.max(axis=1)))


def _opening(seen: Sequence[Seen], level: float) -> tuple[float, float]:
    """How losses depend on the rows' age and number: ridge regression of paired losses towards what is expected."""
    weights = np.diag([SLOPE_WEIGHT, GROWTH_WEIGHT])
    sums = weights @ (np.array([PRIOR_SLOPE, PRIOR_GROWTH]) * level)
    for old, new in pairwise(seen):
        both = [place for place in old.losses.keys() & new.losses.keys() if new.cut <= place < new.served[0] + ALIKE]
        apart = np.array([new.middle - old.middle, np.log(new.span / old.span)])
        for place in both:
            weights = weights + np.outer(apart, apart)
            sums = sums + apart * (old.losses[place] - new.losses[place])
    slope, growth = np.maximum(np.linalg.solve(weights, sums), 0.0)
    return float(slope), float(growth)


def _surprise(seen: Sequence[Seen], fresh: Floats, mine: Floats) -> tuple[float, float, int]:
    """What losses less the gap were above a fresh model's and the ordinary since they last were not, and how sudden.

    Gives the sum of what a model of then could have spared (a model that is trained at once has learned little of
    what changed: the share rises until a change is as old as the champion's training is long), the mean excess, and
    for how many periods.
    """
    usual = float(fresh.mean()) * (1 - OPTIMISM / len(fresh)) + ORDINARY * _noise(seen)
    found, spared, since = 0.0, 0.0, 0
    for loss in mine:
        found += float(loss) - usual
        if found <= 0:
            found, spared, since = 0.0, 0.0, 0
            continue
        since += 1
        learned = AT_ONCE + (1 - AT_ONCE) * min(1.0, since / max(1.0, seen[-1].span))
        spared = max(0.0, spared + learned * (float(loss) - usual))
    return spared, found / max(1, since), since


def _noise(seen: Sequence[Seen]) -> float:
    """The standard deviation of a period's loss, by how far neighbours of one model are apart; 0 before there are two.

    The median of |x - y| of two normal variables is 0.954 of their standard deviation.
    """
    steps = [abs(each.losses[later] - each.losses[place]) for each in seen for place, later in pairwise(each.served)]
    return float(np.median(steps)) / 0.954 if steps else 0.0
