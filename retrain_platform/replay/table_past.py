"""A bare table as a past: periods of its rows, a learner, a loss; and what its entities add to the losses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from retrain_platform.dataset.preparation import UnfitColumn
from retrain_platform.replay.cells import KeptScores
from retrain_platform.replay.entities import by_group
from retrain_platform.replay.losses import Loss, as_measured
from retrain_platform.replay.matrix import PastPeriod, Scorer, Strategy, Untrainable, training_key
from retrain_platform.replay.rules import Floats
from retrain_platform.replay.table import Cut, Table
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Answers
from retrain_platform.training.base import Fitted, Learner, OneClass, Rows


class TablePast:
    """`Past` over a table. `rounds` fixes how many trees a learner grows; nothing stops it early.

    Where a column names entities, `answers` keeps what each model answered, for they are judged one by one.
    """

    def __init__(
        self,
        table: Table,
        cut: Cut,
        learner: Learner,
        loss: Loss,
        recipe: str,
        rounds: int | None,
        answers: KeptScores | None = None,
    ) -> None:
        self._table, self._cut, self._learner, self._loss, self._rounds = table, cut, learner, loss, rounds
        self._answers = None if table.groups is None else answers
        self.recipe = f"{recipe}/{rounds}/{loss!r}"
        self.periods: Sequence[PastPeriod] = _digested(table, cut)
        self._again = lru_cache(maxsize=1)(self._fitted)

    def train(self, first: int, last: int) -> Scorer:
        """The model of the rows from period `first` to `last`.

        Raises:
            Untrainable: there are no rows, one class only, or a column that does not fit.
        """
        fitted = self._fitted(first, last)

        def score(period: int) -> float:
            labels, scores = as_measured(self._asked(fitted, first, last, period), self._labels(period))
            return self._loss.of(metric(self._loss.metric).compute(labels, scores))

        return score

    def moved(self, first: int, last: int, period: int) -> Floats | None:
        """What each group of entities adds to the training's loss in the period: see `Entities`.

        The model is made once more where its answers are not kept (any more), of period after period once for all.
        """
        kept = None if self._answers is None else self._answers.get(*self._key(first, last, period))
        answers = kept or self._asked(self._again(first, last), first, last, period)
        effects = metric(self._loss.metric).influence(*as_measured(answers, self._labels(period)))
        groups = self._table.groups
        if groups is None or np.isnan(effects).any():
            return None
        return by_group(groups[self._within(period)], effects, self._loss)

    def _fitted(self, first: int, last: int) -> Fitted:
        begin, end = self._cut.places[first], self._cut.places[last + 1]
        if begin == end:
            raise Untrainable("there are no rows")
        rows = Rows(self._table.features.iloc[begin:end], self._table.labels[begin:end])
        try:
            return self._learner.fit(rows, rounds=self._rounds)
        except (OneClass, UnfitColumn) as error:
            raise Untrainable(str(error)) from error

    def _asked(self, fitted: Fitted, first: int, last: int, period: int) -> Answers:
        found = Answers(fitted.score(self._table.features.iloc[self._within(period)]), fitted.report.classes)
        if self._answers is not None:
            self._answers.put(*self._key(first, last, period), found)
        return found

    def _key(self, first: int, last: int, period: int) -> tuple[str, str]:
        return training_key(self, first, last), self.periods[period].digest

    def _labels(self, period: int) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
        return self._table.labels[self._within(period)]

    def _within(self, period: int) -> slice:
        return slice(self._cut.places[period], self._cut.places[period + 1])


class TableEntities:
    """`Entities` of a bare table: the groups are of the values of one column."""

    def __init__(self, past: TablePast, strategies: Sequence[Strategy]) -> None:
        self._past, self._strategies = past, strategies

    def moved(self, strategy: int, cut: int, place: int) -> Floats | None:
        """How much each group adds to the training's loss in the period; None where it is undefined."""
        return self._past.moved(self._strategies[strategy].first(cut), cut, place)


def _digested(table: Table, cut: Cut) -> tuple[PastPeriod, ...]:
    names = ",".join(f"{name}:{kind}" for name, kind in table.features.dtypes.items())
    hashes = pd.util.hash_pandas_object(table.features, index=False, categorize=True).to_numpy()
    labels = pd.util.hash_array(table.labels, categorize=True)
    found = []
    for span, begin, end in zip(cut.periods, cut.places[:-1], cut.places[1:], strict=True):
        digest = hashlib.sha256(names.encode())
        digest.update(np.ascontiguousarray(hashes[begin:end]).tobytes())
        digest.update(np.ascontiguousarray(labels[begin:end]).tobytes())
        found.append(PastPeriod(span, end - begin, digest.hexdigest()[:32]))
    return tuple(found)
