"""A model's errors and scores on a walk: whether its concept moved, what is estimated, how its scores shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.monitoring.concept import concept, daily_errors, errors_by_day
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.error_reports import PeriodConcept
from retrain_platform.monitoring.error_sums import Cells, Errors, ErrorSums, TaskName, add_up, cut
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import PredictionDrift
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.trainings import Trainings
from retrain_platform.stats.grid import Grid
from retrain_platform.steps.answers import as_columns, class_column
from retrain_platform.steps.known import days_of
from retrain_platform.steps.monitoring.predicting import CLASS, SCORE
from retrain_platform.steps.monitoring.quality import LEANED_ON, SUMMED
from retrain_platform.steps.values import Ingested


class Answered(NamedTuple):
    """A ripe, sound period that a version answered: the version, its training, and the first ripe one that it scored.

    `first` is where the version's errors were cut into cells.
    """

    place: int
    version: str
    made: Retrain
    first: int


class SpecErrors:
    """What errors and scores of a spec's trainings say, each made once."""

    def __init__(self, ripening: Ripening, trainings: Trainings) -> None:
        self._ripening, self._trainings, self._ground = ripening, trainings, ripening.ground
        self._sums: dict[tuple[Retrain, int, int], ErrorSums | None] = {}
        self._cells: dict[tuple[Retrain, int], Cells | None] = {}
        self._concepts: dict[tuple[Answered, ...], PeriodConcept | None] = {}
        self._could: dict[tuple[Retrain, int], bool] = {}
        self._profiles: dict[tuple[Retrain, int, int], DatasetProfile | None] = {}

    def concepts(self, answered: Sequence[Answered]) -> tuple[PeriodConcept, ...]:
        """What was known of the concept when the last of these periods, in the order of time, became ripe."""
        if self._ground.shop.spec.task not in SUMMED:
            return ()
        found: list[PeriodConcept] = []
        for count in range(1, len(answered) + 1):
            here = tuple(answered[:count])
            if here not in self._concepts:
                self._concepts[here] = self._concept(here, found)
            if (told := self._concepts[here]) is not None:
                found.append(told)
        return tuple(found)

    def _concept(self, answered: Sequence[Answered], before: Sequence[PeriodConcept]) -> PeriodConcept | None:
        last = answered[-1]
        mine = [self.sums(each) for each in answered if each.version == last.version]
        there = [each for each in mine if each is not None]
        cells = self.cells(last.made, last.first)
        if cells is None or not there or mine[-1] is None:
            return None
        as_of = self._ripening.when(last.place)
        days = errors_by_day(there[-1])
        here = PeriodConcept(period=there[-1].period, version=last.version, as_of=as_of, days=days)
        known = [*before, here]
        names = dict.fromkeys(each.version for each in known)
        streams = [daily_errors([each for each in known if each.version == name]).residuals for name in names]
        named = [each.model_copy(update={"version": last.version}) for each in there]
        return concept(named, cells.model_copy(update={"version": last.version}), streams, as_of)

    def sums(self, of: Answered) -> ErrorSums | None:
        """What the model's errors on the period add up to, in its own cells."""
        key = (of.made, of.first, of.place)
        if key not in self._sums:
            self._sums[key] = self._add_up(of)
        return self._sums[key]

    def _add_up(self, of: Answered) -> ErrorSums | None:
        cells, rows = self.cells(of.made, of.first), self._labelled(of.made, of.place)
        if cells is None or rows is None:
            return None
        frame, scores = rows
        days = days_of(frame, self._ground.shop.spec.period.timezone)
        errors = Errors(frame["_label"].to_numpy(np.float64), scores, days)
        key = self._ground.periods[of.place].key
        return add_up(frame, errors, cells, period=key, as_of=self._ripening.when(of.place))

    def cells(self, made: Retrain, first: int) -> Cells | None:
        """Where the model's features are cut: in the first ripe period that it scored."""
        if (made, first) not in self._cells:
            self._cells[made, first] = self._cut(made, first)
        return self._cells[made, first]

    def _cut(self, made: Retrain, first: int) -> Cells | None:
        rows = self._labelled(made, first)
        if rows is None or rows[0].empty:
            return None
        frame, scores = rows
        importance = self._trainings.made(made).importance
        known = [name for name in importance if name in frame.columns]
        most = sorted(known, key=lambda name: (-importance[name], name))[:LEANED_ON]
        task: TaskName = "binary" if self._ground.shop.spec.task == "binary" else "regression"
        return cut(frame, scores, most, version="", task=task)

    def _labelled(self, made: Retrain, place: int) -> tuple[pd.DataFrame, np.ndarray] | None:
        """The rows whose labels had come when the period became ripe, with the model's scores."""
        answers = self._trainings.answers(made, place)
        if answers is None:
            return None
        frame = self._ground.rows_at(place, self._ripening.labels(place))
        there = frame["_label"].notna().to_numpy()
        return frame[there], answers.scores[there]

    def predictions(self, made: Retrain, version: str, place: int) -> PredictionDrift | None:
        """How the model's scores of a period differ from its first ones; None where it could not answer there.

        The first ones are of the sound periods from the one after its decision on.
        """
        spec, ground = self._ground.shop.spec, self._ground
        after = range(made.at + 1, place)
        sound = [each for each in after if self._asked(made, each) and not self._taken(each).problems]
        first, needed = sound[: spec.monitoring.score_periods], spec.monitoring.score_periods
        if not self._asked(made, place):
            return None
        keys = tuple(ground.periods[each].key for each in first)
        told = PredictionDrift(version=version, reference=keys)
        if len(first) < needed:
            why = f"the first {needed} sound periods that version {version} scores are the reference, "
            return told.model_copy(update={"why": f"{why}{len(first)} are in"})
        return told.model_copy(update=self._shift(made, first, place))

    def _shift(self, made: Retrain, first: Sequence[int], place: int) -> dict[str, object]:
        ground, start = self._ground, next(each for each in range(made.at + 1, place) if self._asked(made, each))
        known = {ground.periods[each].key: self._profile(made, start, each) for each in first}
        reference = Reference.of({key: each for key, each in known.items() if each is not None}, segments=False)
        current, period = self._profile(made, start, place), ground.periods[place]
        if current is None:
            return {}
        report = compare(
            reference, current, period=period.key, as_of=period.end, lead=place - first[-1], segments=False
        )
        found = {each.feature: each for each in report.features}
        return {"drift": found[SCORE], "classes": found.get(CLASS)}

    def _asked(self, made: Retrain, place: int) -> bool:
        if (made, place) not in self._could:
            self._could[made, place] = self._taken(place).rows > 0 and self._trainings.answers(made, place) is not None
        return self._could[made, place]

    def _taken(self, place: int) -> Ingested:
        return self._ground.taken[self._ground.periods[place].key]

    def _profile(self, made: Retrain, start: int, place: int) -> DatasetProfile | None:
        """The model's scores of all rows of a period, counted on the grid of the first period that it scored."""
        if (made, start, place) not in self._profiles:
            answers, grids = self._trainings.answers(made, place), dict[str, Grid]()
            if answers is None:
                return None
            columns = as_columns(SCORE, answers)
            named = {SCORE: columns[SCORE]}
            if class_column(SCORE) in columns:
                named[CLASS] = columns[class_column(SCORE)]
            frame = pd.DataFrame(named)
            if place != start and (first := self._profile(made, start, start)) is not None:
                grids = dict(first.grids())
            self._profiles[made, start, place] = profile(frame, grids or choose_grids(frame, list(named)))
        return self._profiles[made, start, place]
