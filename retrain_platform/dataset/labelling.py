"""Which rows are worth a label most: those that a model is least sure of, the segments with few labels, and chance.

The three share a budget. Chance draws without looking at score or segment: the rows so drawn are the only ones that
tell how good a model is on all rows, since those that were chosen are the hard and the rare. Least sure first is
uncertainty sampling (Lewis and Gale 1994, A sequential algorithm for training text classifiers).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain
from math import floor
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["unsure", "coverage", "explored"]


class Doubt(NamedTuple):
    """How sure a model is of each row, shape (rows,): the least is the least sure, nan where it has no answer.

    `told` puts one of these numbers in words, where it is formatted in.
    """

    sureness: NDArray[np.float64]
    told: str


class Pool(NamedTuple):
    """The rows that a label can be asked for, numbered from 0.

    `segments` are columns of texts, each of shape (rows,). `labels` counts by column and text the rows that have a
    label, or will have one; a segment that is not named has none. `doubt` is None without a model that could be unsure.
    """

    rows: int
    segments: Mapping[str, NDArray[np.object_]]
    labels: Mapping[str, Mapping[str, int]]
    doubt: Doubt | None = None


class Choice(NamedTuple):
    """A row that is worth a label, by its number in the pool, and why.

    `probability` is the chance with which it was drawn; None of a row that was not drawn, but chosen.
    """

    place: int
    kind: Kind
    reason: str
    probability: float | None = None


def by_limit(scores: NDArray[np.float64], limit: float = 0.5) -> Doubt:
    """How far scores, shape (rows,), are from the limit at which a decision turns."""
    return Doubt(np.abs(scores - limit), f"unsure: its score is {{:.3g}} from {limit:g}")


def by_margin(scores: NDArray[np.float64]) -> Doubt:
    """How far the two likeliest classes are apart; `scores` are chances, shape (rows, classes). Of one class: nan."""
    if scores.shape[1] < 2:
        margins = np.full(len(scores), np.nan)
    else:
        highest = np.sort(scores, axis=1)[:, -2:]
        margins = highest[:, 1] - highest[:, 0]
    return Doubt(margins, "unsure: its two likeliest classes are {:.3g} apart")


def label_queue(pool: Pool, *, budget: int, explore: float, seed: int) -> tuple[Choice, ...]:
    """At most `budget` rows, each once, in the order in which a growing budget takes them: O(rows log rows).

    The share `explore` (rounded half up) is drawn evenly at random, without replacement, among all rows of the pool,
    each with the chance m / rows. A sum over the pool is then estimated without bias by that over the drawn rows, each
    divided by its chance, a mean by that sum over the same one of ones (Horvitz and Thompson 1952, A generalization of
    sampling without replacement from a finite universe); never by all rows of the queue. It holds for this pool alone.

    The rest is taken in turn: the row that the model is least sure of, and of the segment with the fewest labels, those
    chosen before it among them, the row that it is least sure of. Equals are drawn. Without doubt all turns are the
    segments'; with neither doubt nor segments nothing can be chosen by, and all rows are drawn.

    The first rows are those of a smaller budget, though one of them may count as drawn only in the larger. The same
    pool and seed give the same rows.

    Raises:
        ValueError: a budget under 1, or a share outside 0 to 1.
    """
    _must_fit(budget, explore)
    drawn, equals = (np.random.default_rng([seed, purpose]).permutation(pool.rows) for purpose in (0, 1))
    blind = not pool.segments and (pool.doubt is None or not np.isfinite(pool.doubt.sureness).any())
    share, explored = Fraction(1) if blind else Fraction(explore), 0
    chosen, found = _chosen(pool, equals), dict[int, Choice]()
    for size in range(1, min(budget, pool.rows) + 1):
        if floor(share * size + Fraction(1, 2)) > explored:
            place, explored = int(drawn[explored]), explored + 1
            if place not in found:
                found[place] = Choice(place, "explored", "")
                continue
        following = next(choice for choice in chosen if choice.place not in found)
        found[following.place] = following
    said = f"drawn evenly at random: {explored:,} of {pool.rows:,} rows"
    for place in drawn[:explored].tolist():
        found[place] = Choice(place, "explored", said, explored / pool.rows)
    return tuple(found.values())


def _must_fit(budget: int, explore: float) -> None:
    if budget < 1:
        raise ValueError(f"budget == {budget}, must be at least 1")
    if not 0 <= explore <= 1:
        raise ValueError(f"explore == {explore}, must be a share from 0 to 1")


class _Taken:
    """The rows that were chosen, and how many labels each segment then has."""

    def __init__(self, pool: Pool) -> None:
        self.rows = np.zeros(pool.rows, dtype=bool)
        self._of = pool.segments
        self.labels = {
            (name, str(text)): pool.labels.get(name, {}).get(str(text), 0)
            for name, texts in pool.segments.items()
            for text in set(texts.tolist())
        }

    def add(self, place: int) -> None:
        self.rows[place] = True
        for name, texts in self._of.items():
            self.labels[name, str(texts[place])] += 1


def _chosen(pool: Pool, equals: NDArray[np.intp]) -> Iterator[Choice]:
    """Every row of the pool, in the order in which they would be taken if nothing were drawn."""
    taken, order, unsure = _Taken(pool), equals, equals[:0]
    if pool.doubt is not None:
        sureness = pool.doubt.sureness[equals]
        order = equals[np.argsort(sureness, kind="stable")]
        unsure = order[: int(np.isfinite(sureness).sum())]
    least_sure = _least_sure(pool, unsure, taken)
    if pool.segments:
        turns = [least_sure, _neediest(pool, order, taken)]
    else:
        turns = [chain(least_sure, _unanswered(order[len(unsure) :]))]
    while turns:
        for turn in list(turns):
            choice = next(turn, None)
            if choice is None:
                turns.remove(turn)
            else:
                taken.add(choice.place)
                yield choice


def _least_sure(pool: Pool, order: NDArray[np.intp], taken: _Taken) -> Iterator[Choice]:
    for place in order.tolist():
        if not taken.rows[place] and pool.doubt is not None:
            yield Choice(place, "unsure", pool.doubt.told.format(pool.doubt.sureness[place]))


def _unanswered(order: NDArray[np.intp]) -> Iterator[Choice]:
    for place in order.tolist():
        yield Choice(place, "coverage", "it has no answer of the model")


def _neediest(pool: Pool, order: NDArray[np.intp], taken: _Taken) -> Iterator[Choice]:
    """Of the segment with the fewest labels, whatever its column, the first row in `order`; again and again."""
    waiting = {key: iter(places) for key, places in _by_segment(pool, order).items()}
    fewest = [(count, key) for key, count in taken.labels.items()]
    heapq.heapify(fewest)
    while fewest:
        count, key = heapq.heappop(fewest)
        if count != taken.labels[key]:  # rows chosen for another reason are the segment's, too
            heapq.heappush(fewest, (taken.labels[key], key))
            continue
        place = next((each for each in waiting[key] if not taken.rows[each]), None)
        if place is not None:
            heapq.heappush(fewest, (count, key))
            yield Choice(place, "coverage", _few(*key, count))


def _few(name: str, text: str, count: int) -> str:
    return f"few labels: {name} = {text} has {count:,}, those asked for before it included"


def _by_segment(pool: Pool, order: NDArray[np.intp]) -> dict[tuple[str, str], list[int]]:
    """The rows of each segment, in `order`."""
    found: dict[tuple[str, str], list[int]] = {}
    for name, texts in pool.segments.items():
        for place, text in zip(order.tolist(), texts[order].tolist(), strict=True):
            found.setdefault((name, str(text)), []).append(place)
    return found
