"""Cross-validation within the training part: by time, each fold learned from what was before it, or at random."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.duration import duration_text
from retrain_platform.training.search import Fold, Search, SearchFailed

if TYPE_CHECKING:
    import pandas as pd


class Places(NamedTuple):
    """The rows of a fold by their places: what it learns from, and what it is scored on."""

    train: NDArray[np.intp]
    valid: NDArray[np.intp]


def folds(search: Search, days: NDArray[np.integer], *, seed: int) -> list[Places]:
    """The folds of rows whose days, as any integers that grow with time, are `days` (rows,).

    By time the days are cut into `folds` + 1 blocks of about as many rows each, no day in two: fold k learns from
    the blocks before block k, oldest first, and is scored on it. Where there are fewer days than blocks there are as
    many folds as days allow. At random (`kfold`) every row is scored once.

    Raises:
        SearchFailed: there are too few rows, or too few days to have one before another.
    """
    made = list(_by_time(search, days) if search.by == "time" else _at_random(search, len(days), seed))
    if not made:
        counted = f"{len(np.unique(days))} days" if search.by == "time" else f"{len(days)} rows"
        raise SearchFailed(f"{counted} to learn from, must be at least 2 to cross-validate a search")
    return made


def _by_time(search: Search, days: NDArray[np.integer]) -> Iterator[Places]:
    names, counts = np.unique(days, return_counts=True)
    blocks = min(search.folds + 1, len(names))
    middle = (np.cumsum(counts) - counts / 2) / max(len(days), 1)
    block_of = np.minimum((middle * blocks).astype(np.intp), blocks - 1)
    rows = block_of[np.searchsorted(names, days)]
    # A day with very many rows may leave a block empty: what is there is scored.
    for block in np.unique(block_of)[1:]:
        yield Places(np.flatnonzero(rows < block), np.flatnonzero(rows == block))


def _at_random(search: Search, rows: int, seed: int) -> Iterator[Places]:
    count = min(search.folds, rows)
    if count < 2:
        return
    drawn = np.random.default_rng(seed).permutation(rows) % count
    for fold in range(count):
        yield Places(np.flatnonzero(drawn != fold), np.flatnonzero(drawn == fold))


def embargoed(made: list[Places], times: pd.Series[pd.Timestamp], gap: timedelta) -> list[Places]:
    """Folds by time that learn from no row within `gap` before the first that they are scored on.

    What such rows tell (a label that looks a week ahead, say) overlaps what is scored. `times` are those of the rows.
    A fold that has none left to learn from is given up.

    Raises:
        SearchFailed: all are.
    """
    if not gap:
        return made
    cut = [Places(each.train[_before(times, each, gap)], each.valid) for each in made]
    if not any(len(each.train) for each in cut):
        said = f"split.embargo == {duration_text(gap)}, must leave a fold of the search rows to learn from"
        raise SearchFailed(f"{said}: none has any")
    return [each for each in cut if len(each.train)]


def _before(times: pd.Series[pd.Timestamp], places: Places, gap: timedelta) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (times.iloc[places.train] < times.iloc[places.valid].min() - gap).to_numpy()
    return found


def told(places: Places, frame: pd.DataFrame, search: Search) -> Fold:
    """What a report says of a fold."""
    since = frame["_event_time"].iloc[places.valid].min().to_pydatetime(warn=False) if search.by == "time" else None
    return Fold(train=len(places.train), valid=len(places.valid), since=since)
