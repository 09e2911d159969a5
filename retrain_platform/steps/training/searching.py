"""The search for parameters: trial by trial within the training part, each kept before the next is begun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isnan
from typing import NamedTuple

import pandas as pd

from retrain_platform.dataset.cleaning import Limits
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import fingerprint
from retrain_platform.dataset.split import Split
from retrain_platform.policy.base import Depth, RetrainDecision
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.steps.answers import asked as answers_of
from retrain_platform.steps.answers import judged
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.folds import Places, embargoed, folds, told
from retrain_platform.training.search import Search, SearchFailed, SearchReport, Trial, Tuner, TunerMissing, shown

Tell = Callable[[str], None]
"""Where progress is told."""

_TELL_EVERY = 5
"""Trials between two lines of progress."""
_SHOWN_FAILURES = 3
_UNFIT = (ValueError, TypeError, ArithmeticError, MemoryError)
"""What learners raise for parameters, or rows, that they cannot learn from; anything else ends the run."""


class Cross(NamedTuple):
    """What every trial of a search is judged on: the rows, their folds, the features, the limits of outliers."""

    frame: pd.DataFrame
    folds: list[Places]
    columns: list[str]
    limits: Limits | None


def search(
    shop: Workshop,
    period: Period,
    decision: RetrainDecision,
    train: pd.DataFrame,
    columns: list[str],
    *,
    depth: Depth,
    limits: Limits | None,
    tell: Tell,
) -> SearchReport | None:
    """The decision's search over the rows `train`, ended; None where the recipe asks for none.

    A light retrain takes what the last search over the same space found, if there is one. What a killed run has
    tried stands: the search goes on with the next trial, and ends as it would have ended.

    Raises:
        SearchFailed: no trial is complete, or none could begin.
        TunerMissing: the library that proposes parameters is not installed.
    """
    asked = shop.spec.training.search
    if asked is None or (depth == "light" and asked.reuse == "none"):
        return None
    report = shop.values.get(shop.model, "search", period.key, decision.id, SearchReport)
    if report is not None and report.space != _space(asked):  # the spec was changed between two attempts
        report = None
    if report is None and depth == "light":
        report = _last_best(shop, decision, asked)
    if report is None or not report.ended:
        made = _folds(shop, asked, train)
        began = report or _begun(shop, decision, asked).model_copy(
            update={"folds": tuple(told(each, train, asked) for each in made)}
        )
        report = _searched(shop, period, began, Cross(train, made, columns, limits), tell)
    shop.values.put(shop.model, "search", period.key, decision.id, report)
    if report.best is None:
        raise SearchFailed(report.why)
    return report


def _folds(shop: Workshop, asked: Search, train: pd.DataFrame) -> list[Places]:
    """The folds of the rows, those by time with the split's embargo between what is learned from and what is scored."""
    recipe = shop.spec.training
    made = folds(asked, days_of(train, shop.spec.period.timezone), seed=recipe.seed)
    return embargoed(made, train["_event_time"], recipe.split.embargo) if asked.by == "time" else made


def _begun(shop: Workshop, decision: RetrainDecision, asked: Search) -> SearchReport:
    name = asked.metric or shop.spec.primary
    return SearchReport(
        decision_id=decision.id,
        as_of=decision.as_of,
        space=_space(asked),
        metric=name,
        greater_is_better=metric_named(name).greater_is_better,
        budget=asked.trials,
    )


def _space(asked: Search) -> str:
    return fingerprint({name: dimension.model_dump(mode="json") for name, dimension in asked.space.items()})


def _last_best(shop: Workshop, decision: RetrainDecision, asked: Search) -> SearchReport | None:
    """What the newest search before this decision found, taken over; None where there is none over this space."""
    known = shop.values.all(shop.model, "search", SearchReport).values()
    earlier = [each for each in known if each.as_of <= decision.as_of and each.best and each.space == _space(asked)]
    if not earlier:
        return None
    last = max(earlier, key=lambda each: each.as_of)
    told_over = {"decision_id": decision.id, "as_of": decision.as_of, "ended": "reused"}
    return last.model_copy(update={**told_over, "reused": last.reused or last.decision_id})


def _searched(shop: Workshop, period: Period, report: SearchReport, cross: Cross, tell: Tell) -> SearchReport:
    """Trial after trial until the budget is spent."""
    asked, tuner, seed = shop.spec.training.search, shop.tuner, shop.spec.training.seed
    if asked is None or tuner is None:
        raise TunerMissing("training.search == given, must find a library that proposes parameters: none was handed in")
    if report.trials:
        tell(f"the search goes on after trial {len(report.trials) - 1}: {report.sentence}")
    while len(report.trials) < asked.trials and not _late(report, asked):
        report = report.model_copy(update={"trials": (*report.trials, _trial(shop, report, asked, tuner, cross))})
        shop.values.put(shop.model, "search", period.key, report.decision_id, report)
        if len(report.trials) % _TELL_EVERY == 0:
            tell(f"{len(report.trials)} of {asked.trials} trials: {report.sentence}")
    if report.best is None:
        return report.model_copy(update={"ended": "failed", "why": _why(report)})
    ended = "trials" if len(report.trials) >= asked.trials else "time"
    return report.model_copy(update={"ended": ended, "importance": tuner.importance(report, asked, seed=seed)})


def _late(report: SearchReport, asked: Search) -> bool:
    """Whether the time is spent; one trial is always made."""
    return asked.time_limit is not None and report.seconds >= asked.time_limit.total_seconds() and bool(report.trials)


def _trial(shop: Workshop, report: SearchReport, asked: Search, tuner: Tuner, cross: Cross) -> Trial:
    recipe, began, number = shop.spec.training, shop.now(), len(report.trials)
    proposed = tuner.propose(report, asked, first=recipe.searched_params(), seed=recipe.seed)
    scores: list[float] = []
    state, why = "complete", ""
    try:
        for score in _scores(shop, recipe.with_params(proposed.params), cross, report.metric):
            scores.append(score)
            if len(scores) < len(cross.folds) and proposed.hopeless(scores):
                state = "pruned"
                break
    except _UNFIT as error:
        state, why = "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"
    return Trial.model_validate(
        {
            "number": number,
            "params": proposed.params,
            "state": state,
            "scores": tuple(scores),
            "value": sum(scores) / len(scores) if state == "complete" else None,
            "why": why,
            "seconds": (shop.now() - began).total_seconds(),
        }
    )


def _scores(shop: Workshop, recipe: LearnerSpec, cross: Cross, metric: str) -> Iterator[float]:
    """The metric of each fold; its own rows stop a fit that goes in rounds, as they do for every trial alike."""
    for number, places in enumerate(cross.folds):
        valid = cross.frame.iloc[places.valid]
        stops = valid if recipe.early_stop_on else valid.iloc[:0]
        rows = Split(cross.frame.iloc[places.train], stops, valid, embargoed=0)
        fitted = learn(shop, recipe, rows, cross.columns, limits=cross.limits)
        known = judged(shop.spec, valid, answers_of(fitted, valid))
        value = metric_named(metric).compute(known.labels, known.scores[0], queries=known.queries)
        if isnan(value):
            raise ValueError(f"{metric} of fold {number} == nan, must be defined: {len(valid)} rows, one class perhaps")
        yield value


def _why(report: SearchReport) -> str:
    """Why no trial is complete: what was tried, and what came of it."""
    failed = [f"trial {trial.number} ({shown(trial.params)}): {trial.why}" for trial in report.trials if trial.why]
    more = len(failed) - _SHOWN_FAILURES
    said = "; ".join(failed[:_SHOWN_FAILURES]) + (f"; and {more} more" if more > 0 else "")
    return f"all {len(report.trials)} trials failed: {said}"
