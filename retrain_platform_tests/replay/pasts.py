"""Pasts whose losses are given, so that a matrix needs no learner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.dataset.period import Period
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import Matrix, PastPeriod, Scorer, Strategy, Untrainable, build
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.road import Road

START, DAY = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=1)
ALL = Strategy(name="all the past")


def span(place: int) -> Period:
    start = START + place * DAY
    return Period(key=f"{start:%Y-%m-%d}", start=start, end=start + DAY)


class GivenPast:
    """A `Past` of which `loss(first, last, period)` says everything; counts what it was asked for."""

    def __init__(
        self,
        loss: Callable[[int, int, int], float],
        count: int,
        *,
        rows: Sequence[int] = (),
        digests: Sequence[str] = (),
        recipe: str = "a recipe",
        untrainable: Sequence[int] = (),
    ) -> None:
        told = tuple(rows) or (100,) * count
        self.periods = tuple(
            PastPeriod(span(place), told[place], digests[place] if digests else f"rows of {place}")
            for place in range(count)
        )
        self.recipe = recipe
        self.trained: list[tuple[int, int]] = []
        self._loss, self._untrainable = loss, set(untrainable)

    def train(self, first: int, last: int) -> Scorer:
        self.trained.append((first, last))
        if last in self._untrainable or not sum(each.rows for each in self.periods[first : last + 1]):
            raise Untrainable("one class only")
        return lambda period: self._loss(first, last, period)


def by_age(step: float = 0.05, least: float = 0.1) -> Callable[[int, int, int], float]:
    """Each period that a model gets older costs `step` more."""
    return lambda first, last, period: least + step * (period - last - 1)


def matrix(past: GivenPast, *strategies: Strategy, cuts: range | None = None) -> Matrix:
    return build(past, strategies or (ALL,), MemoryTexts(), cuts or range(len(past.periods) - 1))


def drawn(seed: int, count: int = 12, **past: object) -> Matrix:
    """A matrix of random losses of 1 strategy."""
    losses = np.random.default_rng(seed).uniform(0, 1, (count, count))
    return matrix(GivenPast(lambda first, last, period: float(losses[last, period]), count, **past))  # type: ignore[arg-type]


def setting(made: Matrix, *, delay: int = 0) -> Setting:
    return Setting(Road(made, delay=delay), Loss("accuracy", True), DAY)
