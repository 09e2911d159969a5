"""The staleness policy on streams drawn as those that its constants were tuned on, but not the same ones.

    python benchmarks/tuning_streams.py [--first 1000] [--count 60] [--windows]

Streams of nine kinds: nothing changes; weights walk at random, jump now and then, go to and fro, come round with a
season, move slowly, walk for a while, or move once; and only the features move. Noise, weather (harder and easier
periods), periods of 40 to 300 rows, 35 to 104 of them, windows of 1 to 20 periods or all the past, delays of labels,
and learners (logistic regression, small trees) are drawn. What is told is by how much the policy's total is above that
of the fixed period that was cheapest in hindsight. With `--windows` three windows are replayed, and the policy chooses.
"""

from __future__ import annotations

import argparse
import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.dataset.period import Period
from retrain_platform.policy import StalenessPolicy
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import PastPeriod, Scorer, Strategy, Untrainable, build
from retrain_platform.replay.ours import CHOOSING, ours
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.road import TooShort, road

Floats = NDArray[np.float64]

KINDS = ("still", "walk", "jump", "alternate", "season", "ramp", "spurt", "shift", "once")
COSTS = (0.02, 0.05, 0.1, 0.2, 0.5)
_DAY = timedelta(days=1)


class Drawn(NamedTuple):
    """What a stream is: its kind, how many periods of how many rows and features, and how it is learned."""

    kind: str
    periods: int
    rows: int
    features: int
    window: int | None
    start: int
    delay: int
    trees: bool


def drawn(kind: str, draw: np.random.Generator) -> Drawn:
    """A stream's size and recipe."""
    periods, rows = int(draw.integers(35, 105)), int(draw.choice([40, 100, 100, 200, 300]))
    window = int(draw.choice([1, 2, 3, 3, 5, 10, 10, 20, 0, 0])) or None
    trees = rows >= 200 and draw.uniform() < 0.5
    start = int(draw.choice([1, 1, max(1, min(window or 5, 10)), 4]))
    delay = int(draw.choice([0, 0, 0, 0, 1, 2]))
    return Drawn(
        kind, min(periods, 50) if trees else periods, rows, int(draw.integers(4, 15)), window, start, delay, trees
    )


def directions(kind: str, periods: int, features: int, draw: np.random.Generator) -> Floats:
    """The weights of each period, of about unit length, shape (periods, features)."""
    first, second = _unit(draw, features), _unit(draw, features)
    time = np.arange(periods)
    if kind in ("still", "shift"):
        return np.repeat(first[None], periods, axis=0)
    if kind in ("walk", "spurt"):
        begins, ends = (0.0, 1.0) if kind == "walk" else (draw.uniform(0.2, 0.6), draw.uniform(0.6, 1.0))
        return _walking(first, (time > begins * periods) & (time < ends * periods), draw)
    if kind == "jump":
        return _jumping(first, periods, draw)
    if kind == "ramp":
        return _ramping(first, periods, draw)
    moved = _moved(kind, time, draw)[:, None]
    return (1 - moved) * first + moved * second


def _moved(kind: str, time: NDArray[np.int64], draw: np.random.Generator) -> Floats:
    """How far each period is from the first weights to the second, shape (periods,)."""
    if kind == "season":
        return np.asarray(draw.uniform(0.3, 1) * (0.5 - 0.5 * np.cos(2 * np.pi * time / draw.uniform(10, 60))))
    if kind == "once":
        begins, takes = draw.uniform(0.15, 0.85) * len(time), draw.choice([0.01, 5, 20])
        return np.asarray(draw.uniform(0.3, 1) * np.clip((time - begins) / takes, 0, 1))
    if draw.uniform() < 0.5:
        turns = (time // int(draw.choice([3, 4, 6, 7, 14, 18, 25]))) % 2
    else:
        turns = np.cumsum(draw.uniform(size=len(time)) < 1 / draw.uniform(4, 25)) % 2
    return np.asarray(draw.uniform(0.4, 1) * turns)


def _unit(draw: np.random.Generator, features: int) -> Floats:
    weights = draw.normal(size=features)
    return np.asarray(weights / np.linalg.norm(weights))


def _walking(first: Floats, moves: NDArray[np.bool_], draw: np.random.Generator) -> Floats:
    rate, found = np.exp(draw.uniform(np.log(0.02), np.log(0.3))), [first]
    for move in moves[1:]:
        now = found[-1] + move * rate * draw.normal(size=len(first)) / len(first) ** 0.5
        found.append(now / np.linalg.norm(now))
    return np.array(found)


def _jumping(first: Floats, periods: int, draw: np.random.Generator) -> Floats:
    wait, size, now, found = draw.uniform(8, 50), draw.uniform(0.3, 1), first, []
    for _ in range(periods):
        if draw.uniform() < 1 / wait:
            now = (1 - size) * now + size * _unit(draw, len(first))
            now = now / np.linalg.norm(now)
        found.append(now)
    return np.array(found)


def _ramping(first: Floats, periods: int, draw: np.random.Generator) -> Floats:
    time, found, last = np.arange(periods), np.repeat(first[None], periods, axis=0), first
    for begins in np.sort(draw.uniform(0.05, 0.9, int(draw.integers(1, 4)))) * periods:
        new, moved = _unit(draw, len(first)), np.clip((time - begins) / draw.uniform(12, 40), 0, 1)[:, None]
        found = np.where(time[:, None] >= begins, (1 - moved) * last + moved * new, found)
        last = new
    return found


class Stream:
    """`Past` of one stream: its periods are days, its loss the error rate."""

    def __init__(self, kind: str, seed: int) -> None:
        draw = np.random.default_rng([KINDS.index(kind), seed])
        self.made = made = drawn(kind, draw)
        self.recipe = "trees" if made.trees else "logistic regression"
        shape = (made.periods, made.rows, made.features)
        weights = directions(kind, made.periods, made.features, draw) * np.exp(draw.uniform(np.log(1.5), np.log(10)))
        self._x = draw.normal(size=shape)
        if kind == "shift" or draw.uniform() < 0.25:
            self._x += np.cumsum(draw.normal(size=(shape[0], 1, shape[2])) * draw.uniform(0.02, 0.3), axis=0)
        bent = draw.normal(size=shape[2:] * 2) / made.features * draw.uniform(0, 2) * (kind == "shift")
        near = np.clip(self._x, -4, 4)
        score = np.einsum("pnd,pd->pn", self._x, weights) + np.einsum("pnd,de,pne->pn", near, bent, near)
        chance = 1 / (1 + np.exp(-(score + 0.7 * draw.normal()) * np.exp(-_weather(made.periods, draw))[:, None]))
        self._y = (draw.uniform(size=chance.shape) < chance).astype(int)
        name, start = hashlib.sha256(f"{kind}/{seed}".encode()).hexdigest()[:12], datetime(2000, 1, 1, tzinfo=UTC)
        self.periods = tuple(
            PastPeriod(
                Period(key=f"{place:03}", start=start + place * _DAY, end=start + (place + 1) * _DAY),
                made.rows,
                f"{name}/{place}",
            )
            for place in range(made.periods)
        )

    def train(self, first: int, last: int) -> Scorer:
        """The model of the periods' rows."""
        x, y = self._x[first : last + 1].reshape(-1, self._x.shape[2]), self._y[first : last + 1].ravel()
        if len(np.unique(y)) < 2:
            raise Untrainable("one class only")
        model = (
            lightgbm.LGBMClassifier(n_estimators=25, num_leaves=15, n_jobs=1, verbose=-1)
            if self.made.trees
            else LogisticRegression(max_iter=1000)
        ).fit(x, y)
        called = np.asarray(model.predict(self._x.reshape(-1, self._x.shape[2]))).reshape(self._y.shape)
        wrong = (called != self._y).mean(axis=1)
        return lambda period: float(wrong[period])


def _weather(periods: int, draw: np.random.Generator) -> Floats:
    """How much harder each period is than the usual one, shape (periods,)."""
    found, memory = np.zeros(periods), draw.choice([0, 0.5, 0.9])
    if draw.uniform() < 0.5:
        for place in range(periods):
            found[place] = memory * found[place - 1] + 0.4 * draw.normal()
    if draw.uniform() < 0.2:
        found += 0.5 * np.sin(2 * np.pi * np.arange(periods) / draw.uniform(8, 52))
    return found


def setting(kind: str, seed: int, *, windows: bool = False) -> Setting:
    """The stream's matrix as a road that policies can walk.

    Raises:
        TooShort: no first model comes of it.
    """
    past = Stream(kind, seed)
    counts = (3, 10, None) if windows and not past.made.trees else (past.made.window,)
    ways = [Strategy(name=str(count), window=count) for count in counts]
    matrix = build(past, ways, MemoryTexts(), range(past.made.start - 1, len(past.periods) - 1))
    return Setting(road(matrix, start=past.made.start, delay=past.made.delay), Loss("accuracy", True), _DAY)


def above(on: Setting, cost: float) -> float:
    """By what share the policy's total is above the best fixed period's, of whichever window, in hindsight."""
    roads = [on.road._replace(strategy=place) for place in range(len(on.road.matrix.strategies))]
    best = min(each.every(count, cost).total for each in roads for count in range(len(each.decisions) + 1))
    policy = next((each.policy for each in ours(on) if each.name == CHOOSING), StalenessPolicy(metric="accuracy"))
    return follow(policy, on, cost).way.total / best - 1


def main() -> None:
    """Print the mean of each kind and cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--windows", action="store_true")
    asked = parser.parse_args()
    print(f"| kind | {' | '.join(map(str, COSTS))} |\n|{'---|' * (len(COSTS) + 1)}")
    for kind in KINDS:
        found = []
        for seed in range(asked.first, asked.first + -(-asked.count // len(KINDS))):
            try:
                on = setting(kind, seed, windows=asked.windows)
            except TooShort:
                continue
            found.append([above(on, cost) for cost in COSTS])
        print(f"| {kind} | {' | '.join(f'{each:+.1%}' for each in np.mean(found, axis=0))} |", flush=True)


if __name__ == "__main__":
    main()
