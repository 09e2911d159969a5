"""What trainings of a spec answered about labelled rows, and each one's side of every comparison there, once."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import numpy as np
import pandas as pd

from retrain_platform.dataset.classes import among, class_names, class_places, ordered
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.rules import Beside, Floats
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.replay.spec_rows import Labelled, LabelledRows
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Answers, queries_of, together
from retrain_platform.validation.base import Scores
from retrain_platform.validation.scores import scores_of
from retrain_platform.validation.sides import ALL, Column, Told, segments, sides, sides_by_segment

_KEPT = 256
"""So many answers of a training about a period are held; a candidate is judged beside all champions of its time."""

Training = tuple[int, int]
"""A strategy and a cut."""
Sides = dict[str, Told]


class Answered:
    """The labelled rows of periods with what trainings, by strategy and cut, answered about them.

    What a training's comparisons need does not hang on whom it is held against: it is worked out once for the same
    rows, so that every candidate beside every champion costs little more than each by itself.
    """

    def __init__(self, ground: Ground, past: SpecPast, strategies: tuple[Strategy, ...]) -> None:
        self._ground, self._past, self._strategies = ground, past, strategies
        asked = [name for gate in ground.shop.spec.validation.gates for name in gate.needs()]
        self._metrics = [metric(name) for name in dict.fromkeys([ground.shop.spec.primary, *asked])]
        self._of = lru_cache(maxsize=_KEPT)(self._read)
        self._rows = LabelledRows(ground, self._when)
        self._together = lru_cache(maxsize=8)(self._all_labelled)
        self._split = lru_cache(maxsize=8)(self._segments)
        self._look = lru_cache(maxsize=_KEPT)(lambda *of: scores_of(self._scores(*of)))
        self._sides: dict[tuple[Training, tuple[int, ...], tuple[str, ...], bool], Sides | None] = {}

    def sides(self, beside: Beside, *, by_segment: bool = False) -> tuple[Sides | None, Sides | None]:
        """The candidate's and the champion's; None of one that could not answer all of the periods."""
        champion, candidate = (self._side(each, beside, by_segment) for each in beside.of)
        return candidate, champion

    def looks(self, beside: Beside) -> dict[str, Scores]:
        """What the candidate's scores of the rows look like, and their labels."""
        return {
            "candidate": self._look(beside.of[1], beside.periods, self._names(beside)),
            "labels": scores_of(self.numbers(beside)),
        }

    def numbers(self, beside: Beside) -> Floats:
        """The labels of the rows as metrics take them."""
        labels = self.rows(beside.periods).told["_label"]
        return class_places(labels, names) if (names := self._names(beside)) else labels.to_numpy(np.float64)

    def scores(self, training: Training, beside: Beside) -> Floats:
        """What the training answered about the rows, which it could all read."""
        return self._scores(training, beside.periods, self._names(beside))

    def rows(self, places: tuple[int, ...]) -> Labelled:
        """The labelled rows of several periods, one after the other."""
        return self._together(places)

    def _side(self, training: Training, beside: Beside, by_segment: bool) -> Sides | None:
        found = self._told(training, beside, by_segment=False)
        if found is None or not by_segment:
            return found
        return {**found, **(self._told(training, beside, by_segment=True) or {})}

    def _told(self, training: Training, beside: Beside, *, by_segment: bool) -> Sides | None:
        key = (training, beside.periods, self._names(beside), by_segment)
        if key not in self._sides:
            there = bool(self._through(training, beside.periods))
            self._sides[key] = self._worked_out(training, beside, by_segment=by_segment) if there else None
        return self._sides[key]

    def _worked_out(self, training: Training, beside: Beside, *, by_segment: bool) -> Sides:
        rows = self.rows(beside.periods)
        every = (self.numbers(beside), self.scores(training, beside), rows.days, self._metrics)
        if not by_segment:
            return {ALL: sides(*every, queries=rows.queries)}
        return sides_by_segment(*every, self._split(beside.periods), queries=rows.queries)

    def _scores(self, training: Training, places: tuple[int, ...], names: tuple[str, ...]) -> Floats:
        found = together(self._through(training, places))
        return among(found.scores, found.classes, names) if names else found.scores

    def _names(self, beside: Beside) -> tuple[str, ...]:
        """The classes that a label of the rows or one of the two models has; none of another task."""
        if self._ground.shop.spec.task != "multiclass":
            return ()
        told = [each.classes for one in beside.of for each in self._through(one, beside.periods)[:1]]
        labels = class_names(self.rows(beside.periods).told["_label"])
        return ordered([*labels, *(name for classes in told for name in classes)])

    def _segments(self, places: tuple[int, ...]) -> list[Column]:
        rows, spec = self.rows(places), self._ground.shop.spec
        labels = rows.told["_label"].to_numpy()
        return segments(labels, rows.queries, rows.segments, spec.task, spec.monitoring.min_segment)

    def _through(self, training: Training, places: tuple[int, ...]) -> list[Answers]:
        """The training's answers about every one of the periods; none where one is missing."""
        found = [self._of(training, place) for place in places]
        return [each for each in found if each is not None] if None not in found else []

    def _read(self, training: Training, place: int) -> Answers | None:
        strategy, cut = training
        found = self._past.answers(self._strategies[strategy].first(cut), cut, place)
        return None if found is None else found._replace(scores=found.scores[self._rows.of(place).there])

    def _all_labelled(self, places: tuple[int, ...]) -> Labelled:
        parts = [self._rows.of(place) for place in places]
        rows = pd.concat([each.told for each in parts], ignore_index=True)
        names = dict.fromkeys(name for each in parts for name in each.segments)
        return Labelled(
            rows,
            np.concatenate([each.days for each in parts]),
            {name: np.concatenate([each.segment(name) for each in parts]) for name in names},
            np.concatenate([each.there for each in parts]),
            queries_of(self._ground.shop.spec, rows),
        )

    def _when(self, place: int) -> datetime:
        """The labels that count had come when the period became ripe."""
        key = self._ground.periods[place].key
        return self._ground.ripe[key].as_of if key in self._ground.ripe else self._ground.until
