"""The entities of a spec's rows, and what each adds to the losses of its trainings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrain_platform.replay.entities import by_group, group_of
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.rules import Floats
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import judged


class SpecEntities:
    """`Entities` of a spec: the groups are of `source.entity`, by a hash of its values."""

    def __init__(self, ground: Ground, loss: Loss, past: SpecPast, strategies: Sequence[Strategy]) -> None:
        self._ground, self._loss, self._past, self._strategies = ground, loss, past, strategies

    def moved(self, strategy: int, cut: int, place: int) -> Floats | None:
        """How much each group adds to the training's loss in the period; None where it has none."""
        answers = self._past.answers(self._strategies[strategy].first(cut), cut, place)
        if answers is None:
            return None
        spec = self._ground.shop.spec
        columns = ["_label", "_arrived", "_entity", *([spec.label.query] if spec.label.query else [])]
        frame = self._ground.rows(place, columns)
        there = frame["_label"].notna().to_numpy()
        rows = judged(spec, frame[there], answers._replace(scores=answers.scores[there]))
        effects = metric(self._loss.metric).influence(rows.labels, rows.scores[0], rows.queries)
        if np.isnan(effects).any():
            return None
        return by_group(group_of(frame.loc[there, "_entity"]), effects, self._loss)
