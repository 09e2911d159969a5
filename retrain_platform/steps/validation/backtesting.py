"""Both recipes over the past: fitted again to past cuts, each scored on the period that followed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import time_split
from retrain_platform.steps.answers import asked, judged
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Fitted, OneClass
from retrain_platform.validation.base import Comparison, PastCuts
from retrain_platform.validation.measure import measure


class Recipe(NamedTuple):
    """A learner's specification with the parameters that it is fitted by, and its features."""

    learner: LearnerSpec
    features: tuple[str, ...]


def backtest(shop: Workshop, made: DatasetSnapshot, mine: Recipe, theirs: Recipe, count: int) -> PastCuts:
    """Compare the recipes over the last `count` periods that end before the exam begins.

    The rows are the snapshot's, with the labels that were known at its decision: for both recipes alike.
    """
    if mine == theirs:
        return PastCuts(same=True)
    if made.selection.drawn is not None:
        return PastCuts(why="rows are parted by draws, not by time: there are no past cuts")
    before = [shop.spec.period.period(key) for key in made.periods]
    before = [period for period in before if period.end <= made.holdout_from]
    stop = mine.learner.kept_apart([], shop.spec.period.length()).stop
    if len(before) < count + stop + 1:
        return PastCuts(why=f"{len(before)} ripe periods before the exam, must be >= {count + stop + 1}")
    found = {}
    for place in range(len(before) - count, len(before)):
        valid_from = before[place - stop].start
        try:
            found[before[place].key] = _at(shop, made, (mine, theirs), before[place], valid_from)
        except (OneClass, MissingColumns, UnfitColumn) as error:
            return PastCuts(why=f"a recipe could not be fitted to the rows before {before[place].key}: {error}")
    return PastCuts(comparisons=found)


def _at(
    shop: Workshop, made: DatasetSnapshot, recipes: tuple[Recipe, Recipe], period: Period, valid_from: datetime
) -> dict[str, Comparison]:
    """Both recipes fitted to the rows before the period, compared on its rows."""
    rows = rows_of(shop, made)
    known = rows[rows["_event_time"] < period.end]
    split = time_split(known, valid_from, period.start, embargo=made.selection.embargo)
    fitted: list[Fitted] = [learn(shop, one.learner, split, list(one.features)) for one in recipes]
    both = judged(shop.spec, split.holdout, *(asked(one, split.holdout) for one in fitted))
    return measure(
        made.decision_id,
        both.labels,
        both.scores[0],
        both.scores[1],
        days_of(split.holdout, shop.spec.period.timezone),
        basis="recipes",
        start=period.start,
        end=period.end,
        metrics=shop.spec.metrics,
        queries=both.queries,
        classes=both.names,
        confidence=shop.spec.monitoring.confidence,
    ).comparisons
