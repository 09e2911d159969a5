"""The road through a matrix: which model serves when, what that costs, and which way was best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.replay.matrix import Matrix

Floats = NDArray[np.float64]


class TooShort(ValueError):
    """The history is too short to replay anything; the message counts what is there and what is needed."""


class Retrain(NamedTuple):
    """A retrain decided at the end of the period `at`, by the strategy with this number."""

    at: int
    strategy: int = 0


class Way(NamedTuple):
    """What a sequence of retrains came to. `losses`, shape (periods,), are nan where nothing is judged.

    `failed`: those of the retrains of which no model came, so that the one before stayed.
    """

    retrains: tuple[Retrain, ...]
    losses: Floats
    cost: float
    failed: tuple[Retrain, ...] = ()

    @property
    def loss(self) -> float:
        """The sum over the judged periods."""
        return float(np.nansum(self.losses))

    @property
    def total(self) -> float:
        """Loss and costs together."""
        return self.loss + self.cost * len(self.retrains)


class Road(NamedTuple):
    """A matrix, and when what is known on it.

    The labels of a period are in `delay` whole periods after its end. The first model takes the first `start` periods
    and is free; it is there, as every later model, from the period after its decision. A retrain decided at the end
    of period t takes labels up to period t - delay, and serves from t + 1. None is decided at the end of the last.
    """

    matrix: Matrix
    start: int = 1
    delay: int = 0
    strategy: int = 0

    @property
    def first(self) -> int:
        """The period at whose end the first model is made."""
        return self.start - 1 + self.delay

    @property
    def scored(self) -> range:
        """The periods that models serve."""
        return range(self.first + 1, len(self.matrix.periods))

    @property
    def decisions(self) -> range:
        """The periods at whose end a retrain can be decided."""
        return range(self.first + 1, len(self.matrix.periods) - 1)

    def served(self, model: Retrain) -> Floats:
        """What a model would have lost in every period, shape (periods,): 0 where nothing is judged."""
        losses = self.matrix.loss[model.strategy, model.at - self.delay]
        return np.where(self.matrix.judged, losses, 0.0)

    def trained(self, model: Retrain) -> bool:
        """Whether a model came of the retrain."""
        return bool(self.matrix.trained[model.strategy, model.at - self.delay])

    def way(self, retrains: Iterable[Retrain], cost: float, begun: int | None = None) -> Way:
        """What these retrains, in the order of time, would have come to; one that fails costs all the same.

        The first model is of the strategy `begun`, the road's own where nothing is said.
        """
        asked = tuple(retrains)
        failed = tuple(each for each in asked if not self.trained(each))
        models = [Retrain(self.first, self.strategy if begun is None else begun)]
        models += [each for each in asked if each not in failed]
        ends = [*(each.at for each in models[1:]), len(self.matrix.periods) - 1]
        losses = np.full(len(self.matrix.periods), np.nan)
        for model, end in zip(models, ends, strict=True):
            losses[model.at + 1 : end + 1] = self.served(model)[model.at + 1 : end + 1]
        losses[~self.matrix.judged] = np.nan
        return Way(asked, losses, cost, failed)

    def every(self, count: int, cost: float) -> Way:
        """A retrain whenever `count` periods have passed since the last one; 0 never retrains."""
        at = range(self.first + count, self.decisions.stop, count) if count else ()
        return self.way((Retrain(each, self.strategy) for each in at), cost)


def road(matrix: Matrix, *, start: int = 1, delay: int = 0, strategy: int = 0) -> Road:
    """The road, where there is one.

    Raises:
        TooShort: no period is left after the first model, or none of them is judged; or no first model could be made.
    """
    made = Road(matrix, start, delay, strategy)
    count = len(matrix.periods)
    if not made.scored:
        needed = made.first + 2
        raise TooShort(
            f"periods == {count}, must be at least {needed}: {start} to learn from first, {delay} until labels are in, "
            "and one to be judged on"
        )
    if not made.trained(Retrain(made.first, strategy)):
        why = matrix.why.get((strategy, start - 1), "it was not trained")
        raise TooShort(
            f"no first model of the first {start} of {count} periods: {why}; let it learn from more periods (start)"
        )
    if not matrix.judged[made.scored.start :].any():
        raise TooShort(f"the loss is undefined in each of the {len(made.scored)} periods after the first model")
    return made


def oracle(road: Road, cost: float) -> Way:
    """The cheapest way there is, by dynamic programming over which model serves from when.

    The state is the decision that made the serving model: O((strategies x periods)^2).
    """
    known = _known(road)
    best, before = known.begun(), np.zeros(len(known.made), dtype=np.intp)
    for place in range(known.firsts, len(known.made)):
        totals = best + known.stretches[:, place] + cost
        before[place] = np.argmin(totals)
        best[place] = totals[before[place]]
    place, found = int(np.argmin(best + known.to_the_end)), []
    while place >= known.firsts:
        found.append(known.made[place])
        place = int(before[place])
    return road.way(found[::-1], cost, known.made[place].strategy)


def budgeted(road: Road, most: int) -> list[Way]:
    """The best loss with exactly 0, 1, ... up to `most` retrains, by one more layer each; fewer where fewer fit.

    Their costs are 0: what is best at a cost, or within a budget, is the least of these by total.
    """
    known = _known(road)
    best = known.begun()
    layers: list[NDArray[np.intp]] = []
    ways = [_through(road, known, layers, best)]
    for _ in range(most):
        totals = best[:, None] + known.stretches
        layers.append(np.argmin(totals, axis=0))
        best = np.min(totals, axis=0)
        if not np.isfinite(best).any():
            break
        ways.append(_through(road, known, layers, best))
    return ways


class _Known(NamedTuple):
    """Every model that could be made, in the order of time; the first `firsts` are first models, one a strategy.

    `stretches`, shape (models, models): what one loses from its first period until another takes over, infinite where
    that one is not later. `to_the_end`, shape (models,): what each loses from its first period to the last of all.
    """

    made: list[Retrain]
    firsts: int
    stretches: Floats
    to_the_end: Floats

    def begun(self) -> Floats:
        """The least loss until each model takes over, before any retrain: only first models are there."""
        return np.where(np.arange(len(self.made)) < self.firsts, 0.0, np.inf)


def _known(road: Road) -> _Known:
    count = len(road.matrix.strategies)
    made = [
        model
        for at in (road.first, *road.decisions)
        for each in range(count)
        if road.trained(model := Retrain(at, each))
    ]
    at = np.array([model.at for model in made])
    served = np.array([road.served(model) for model in made])
    served[np.arange(served.shape[1]) <= at[:, None]] = 0.0
    sums = np.cumsum(served, axis=1)
    firsts = sum(model.at == road.first for model in made)
    return _Known(made, firsts, np.where(at[:, None] < at, sums[:, at], np.inf), sums[:, -1])


def _through(road: Road, known: _Known, layers: Sequence[NDArray[np.intp]], best: Floats) -> Way:
    """The way that the layers lead to the cheapest end."""
    place, found = int(np.argmin(best + known.to_the_end)), []
    for layer in reversed(layers):
        found.append(known.made[place])
        place = int(layer[place])
    return road.way(found[::-1], 0.0, known.made[place].strategy)
