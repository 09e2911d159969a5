"""The entities of a spec's rows, and what each adds to the losses of its trainings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.replay.entities import by_group, group_of
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.rules import Floats
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import judged

_KEPT = 128
"""The rows of so many periods are held, at a few numbers a row."""


class _Rows(NamedTuple):
    """The labelled rows of a period: labels and lists, which of all rows they are, and the group of each."""

    told: pd.DataFrame
    there: NDArray[np.bool_]
    groups: NDArray[np.intp]


class SpecEntities:
    """`Entities` of a spec: the groups are of `source.entity`, by a hash of its values."""

    def __init__(self, ground: Ground, loss: Loss, past: SpecPast, strategies: Sequence[Strategy]) -> None:
        self._ground, self._loss, self._past, self._strategies = ground, loss, past, strategies
        self._rows = lru_cache(maxsize=_KEPT)(self._labelled)

    def moved(self, strategy: int, cut: int, place: int) -> Floats | None:
        """How much each group adds to the training's loss in the period; None where it has none."""
        answers = self._past.answers(self._strategies[strategy].first(cut), cut, place)
        if answers is None:
            return None
        spec = self._ground.shop.spec
        told, there, groups = self._rows(place)
        rows = judged(spec, told, answers._replace(scores=answers.scores[there]))
        effects = metric(self._loss.metric).influence(rows.labels, rows.scores[0], rows.queries)
        if np.isnan(effects).any():
            return None
        return by_group(groups, effects, self._loss)

    def _labelled(self, place: int) -> _Rows:
        query = self._ground.shop.spec.label.query
        frame = self._ground.rows(place, ["_label", "_arrived", "_entity", *([query] if query else [])])
        there = frame["_label"].notna().to_numpy()
        told = frame[there]
        return _Rows(told[["_label", *([query] if query else [])]], there, group_of(told["_entity"]))
