"""The candidate matrix: every training that a policy could have made, once, and its loss in every later period."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import Record, finite

Told = Callable[[int, int], None]
"""Is told how many trainings are done, of how many."""

Scorer = Callable[[int], float]
"""A trained model's loss in the period with this number; nan where it is not defined there."""


class Strategy(Record):
    """How a training is made: of the newest `window` periods, or of all the past (None)."""

    name: str
    window: int | None = Field(default=None, ge=1)

    def first(self, cut: int) -> int:
        """The oldest period of a training whose newest is `cut`."""
        return 0 if self.window is None else max(0, cut - self.window + 1)


class PastPeriod(NamedTuple):
    """A period of the past: its span, its labelled rows, and a digest that is equal for equal rows only."""

    period: Period
    rows: int
    digest: str


class Untrainable(ValueError):
    """Nothing can be trained of these periods; the message says why."""


class Past(Protocol):
    """What is replayed: periods of labelled rows, and how a model is made of some and scored on another."""

    @property
    def periods(self) -> Sequence[PastPeriod]:
        """Every period, oldest first; one without rows is a gap."""

    @property
    def recipe(self) -> str:
        """Equal for equal ways to train and to score."""

    def train(self, first: int, last: int) -> Scorer:
        """The model of the rows from period `first` to `last`, both included.

        Raises:
            Untrainable: there are no rows, or nothing can be learned of them.
        """


class Trained(Record):
    """What one training left behind: its rows and seconds, and its losses by the digest of the period that was scored.

    A loss of None is not defined there. `why` says why nothing could be trained; then there are no losses.
    """

    rows: int
    seconds: float
    why: str = ""
    losses: dict[str, float | None] = {}


class Kept(Protocol):
    """Where trainings are kept between replays, as texts by key; several processes may share one."""

    def get(self, key: str) -> str | None:
        """What was put last; None where nothing was."""

    def put(self, key: str, text: str) -> None:
        """Keep the text; a reader sees all of it or nothing."""

    def claimed(self, key: str, *, wait: bool) -> AbstractContextManager[bool]:
        """Hold the key alone while it lasts, if it gives True; False, only without `wait`, where another holds it."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Losses of shape (strategies, cuts, periods), nan where a period is not later, not judged, or no model is.

    `rows` and `seconds` are those of each training, shape (strategies, cuts). `trained` says which could be trained,
    `why` by (strategy, cut) why others could not. `trainings` counts each once, however many strategies and
    cuts at gaps share it; `fits` and `scored` what of them was not kept from earlier replays.
    """

    periods: tuple[PastPeriod, ...]
    strategies: tuple[Strategy, ...]
    loss: NDArray[np.float64]
    trained: NDArray[np.bool_]
    rows: NDArray[np.int64]
    seconds: NDArray[np.float64]
    why: dict[tuple[int, int], str]
    trainings: int
    fits: int
    scored: int

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """The periods, shape (periods,), in which every model that there was by then has a loss.

        The others count for nobody, so that a policy gains nothing by a model that cannot be judged there.
        """
        count = len(self.periods)
        later = np.arange(count) > np.arange(count)[:, None]
        missing = np.isnan(self.loss) & later & self.trained[:, :, None]
        there = (later & self.trained[:, :, None]).any(axis=(0, 1))
        return np.asarray(there & ~missing.any(axis=(0, 1)))


class _Training(NamedTuple):
    """One training: the periods that it takes, and its key, equal for equal rows and an equal recipe."""

    key: str
    first: int
    last: int


class _Done(NamedTuple):
    """What became of a training; `fit` and `scored` count what had to be done for it."""

    key: str
    found: Trained
    fit: int
    scored: int


def _nobody(done: int, of: int) -> None:
    """Nobody is told."""


def build(
    past: Past,
    strategies: Sequence[Strategy],
    kept: Kept,
    cuts: Iterable[int],
    *,
    at_once: int = 1,
    told: Told = _nobody,
) -> Matrix:
    """Train what is not kept yet, `at_once` trainings beside each other, and give all of it.

    `cuts` are the numbers of the newest periods that a training may take. Two strategies that take the same rows
    share the training. Each is kept as soon as its last period is scored, so that a build that was interrupted
    goes on where it stopped. What another process is training is left to it, and waited for in the end.
    """
    wanted = [(place, cut) for cut in cuts for place in range(len(strategies))]
    of = {(place, cut): _training(past, strategies[place], cut) for place, cut in wanted}
    work = list({each.key: each for each in of.values()}.values())
    done = _all_done(past, work, kept, at_once, told)
    return _matrix(past, strategies, of, done)


def _training(past: Past, strategy: Strategy, cut: int) -> _Training:
    first = strategy.first(cut)
    return _Training(training_key(past, first, cut), first, cut)


def training_key(past: Past, first: int, last: int) -> str:
    """The key of the training of the periods from `first` to `last`: equal for equal rows and an equal recipe."""
    # Gaps hold no rows: a training with one more of them is the same training.
    content = "\n".join([past.recipe, *(each.digest for each in past.periods[first : last + 1] if each.rows)])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _all_done(past: Past, work: Sequence[_Training], kept: Kept, at_once: int, told: Told) -> dict[str, _Done]:
    """Every training by its key: first what nobody else is at, then, waiting, what others were at."""
    done: dict[str, _Done] = {}
    left = list(work)
    told(0, len(work))
    with ThreadPoolExecutor(max(1, at_once)) as pool:
        for wait in (False, True):
            tried = [pool.submit(_made, past, each, kept, wait) for each in left]
            try:
                for each in as_completed(tried):
                    if (one := each.result()) is not None:
                        done[one.key] = one
                        told(len(done), len(work))
            except BaseException:
                _give_up(tried)
                raise
            left = [each for each in left if each.key not in done]
    return done


def _give_up(tried: Sequence[Future[_Done | None]]) -> None:
    for each in tried:
        each.cancel()


def _made(past: Past, work: _Training, kept: Kept, wait: bool) -> _Done | None:
    """The training with a loss for every later period; None where another process is at it."""
    found, missing = _standing(past, work, kept)
    if found is not None and not missing:
        return _Done(work.key, found, 0, 0)
    with kept.claimed(work.key, wait=wait) as mine:
        if not mine:
            return None
        found, missing = _standing(past, work, kept)  # another may have finished it meanwhile
        if found is not None and not missing:
            return _Done(work.key, found, 0, 0)
        fresh = _fresh(past, work, missing)
        losses = {**(found.losses if found else {}), **fresh.losses}
        whole = fresh.model_copy(update={"losses": losses})
        kept.put(work.key, whole.model_dump_json())
        return _Done(work.key, whole, 1, len(missing))


def _standing(past: Past, work: _Training, kept: Kept) -> tuple[Trained | None, list[int]]:
    """What is kept of the training, and the later periods of which it has no loss yet."""
    later = [place for place in range(work.last + 1, len(past.periods)) if past.periods[place].rows]
    text = kept.get(work.key)
    try:
        found = None if text is None else Trained.model_validate_json(text)
    except ValidationError:  # of another version of ours, or damaged: it is only a memory
        found = None
    if found is None:
        return None, later
    return found, [] if found.why else [place for place in later if past.periods[place].digest not in found.losses]


def _fresh(past: Past, work: _Training, later: Sequence[int]) -> Trained:
    rows = sum(each.rows for each in past.periods[work.first : work.last + 1])
    begun = time.perf_counter()
    try:
        score = past.train(work.first, work.last)
    except Untrainable as error:
        return Trained(rows=rows, seconds=time.perf_counter() - begun, why=str(error))
    seconds = time.perf_counter() - begun
    return Trained(
        rows=rows, seconds=seconds, losses={past.periods[place].digest: finite(score(place)) for place in later}
    )


def _matrix(
    past: Past, strategies: Sequence[Strategy], of: dict[tuple[int, int], _Training], done: dict[str, _Done]
) -> Matrix:
    count, shape = len(past.periods), (len(strategies), len(past.periods))
    matrix = Matrix(
        periods=tuple(past.periods),
        strategies=tuple(strategies),
        loss=np.full((*shape, count), np.nan),
        trained=np.zeros(shape, dtype=bool),
        rows=np.zeros(shape, dtype=np.int64),
        seconds=np.zeros(shape),
        why={},
        trainings=sum(each.found.rows > 0 for each in done.values()),
        fits=sum(each.fit for each in done.values()),
        scored=sum(each.scored for each in done.values()),
    )
    for at, work in of.items():
        found = done[work.key].found
        matrix.rows[at], matrix.seconds[at], matrix.trained[at] = found.rows, found.seconds, not found.why
        if found.why:
            matrix.why[at] = found.why
            continue
        for place in range(at[1] + 1, count):
            loss = found.losses.get(past.periods[place].digest)
            matrix.loss[(*at, place)] = np.nan if loss is None or isnan(loss) else loss
    return matrix
