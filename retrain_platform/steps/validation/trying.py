"""A recipe tried on a sample: the steps of a retrain up to its exam, over stores that keep nothing."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any, Literal

from retrain_platform.dataset.checks import CheckResult
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import Record, fingerprint
from retrain_platform.dataset.snapshot import DatasetSnapshot, NoRows
from retrain_platform.monitoring.performance import measure as measure_period
from retrain_platform.monitoring.reports import Reading
from retrain_platform.policy.base import Action, Finding, RetrainDecision
from retrain_platform.stats.intervals import two_sided
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.steps.answers import asked, judged
from retrain_platform.steps.champion import champion_at
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.dataset import check, parts, snapshot
from retrain_platform.steps.training.fitting import fit
from retrain_platform.steps.training.searching import Tell
from retrain_platform.steps.validation.examining import examine
from retrain_platform.steps.workshop import CannotLoad, Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.training.search import SearchFailed, TunerMissing
from retrain_platform.validation.base import Comparison, GateResult, ValidationReport

_FEATURES = 10
"""How many features are told, the most important ones."""
_UNFIT = (
    CannotLoad, MissingColumns, NoRows, SearchFailed, TunerMissing, UnfitColumn,
    ValueError, TypeError, ArithmeticError, MemoryError,
)  # fmt: skip
"""What the steps raise where a recipe comes to no candidate; anything else is no answer about the recipe."""


class CannotTry(RuntimeError):
    """The recipe came to no candidate, or to none that can be examined: why."""


class TriedMetric(Record):
    """A metric of the exam with its intervals by day, at the spec's `monitoring.confidence`.

    `champion` and `difference` (positive where the candidate is better) are None where nobody is compared with.
    """

    metric: str
    candidate: Reading
    champion: Reading | None = None
    difference: Reading | None = None


class Tried(Record):
    """What came of a try. `rows` by part, `seconds` by step; `checks` are the training gate's, which stop no try.

    `rounds` are 0 of a learner without; `features` have the shares of importance of the most important ones. `why` says
    why nothing was measured, where that is so.
    """

    model: str
    period: str
    share: float
    periods: tuple[str, ...]
    rows: dict[str, int]
    said: tuple[str, ...]
    exam: str
    checks: tuple[CheckResult, ...]
    learner: str
    rounds: int
    notes: tuple[str, ...]
    champion: str | None
    metrics: tuple[TriedMetric, ...]
    gates: tuple[GateResult, ...]
    verdict: Literal["passed", "failed", "cannot judge"]
    sentence: str
    features: dict[str, float]
    seconds: dict[str, float]
    why: str = ""


def try_recipe(shop: Workshop, period: Period, tell: Tell) -> Tried:
    """What a retrain after the watched `period` would come to on the workshop's sample.

    Nothing need be decided: the try makes a decision of its own. What stands is read, so `shop` must be one whose
    stores keep nothing. Its dataset's checks are run and told, and the fit goes on whatever they say.

    Raises:
        ValueError: the workshop has no sample: it is one that keeps what it is told.
        CannotTry: why there is no candidate, or none that can be examined.
    """
    if shop.sample is None:
        raise ValueError("sample == None, must be given: only a scratch workshop tries a recipe")
    decision = _decision(shop, period, shop.sample.share)
    shop.values.put(shop.model, "retrain_decision", period.key, decision.id, decision)
    try:
        return _tried(shop, period, decision, tell)
    except _UNFIT as error:
        said = str(error) or type(error).__name__
        raise CannotTry(f"the recipe of {shop.model} could not be tried on {shop.sample.said}: {said}") from error


def _decision(shop: Workshop, period: Period, share: float) -> RetrainDecision:
    said = f"tried on a share of {share:.4g} of the rows"
    return RetrainDecision(
        id=fingerprint({"tried": shop.model, "period": period.key, "share": share}),
        model=shop.model,
        period=period.key,
        as_of=period.end,
        policy="try",
        action=Action.RETRAIN,
        automatic=False,
        reason=said,
        finding=Finding(trigger="try", verdict="fired", action=Action.RETRAIN, sentence=said),
    )


def _tried(shop: Workshop, period: Period, decision: RetrainDecision, tell: Tell) -> Tried:
    began = shop.stopwatch()
    made = snapshot(shop, period, decision)
    gate = check(shop, period, made)
    # What fails is told; the next step would refuse the sample for it.
    shop.values.put(shop.model, "gate", period.key, decision.id, gate.model_copy(update={"passed": True}))
    chosen = shop.stopwatch()
    candidate = fit(shop, period, decision, made, tell)
    fitted = shop.stopwatch()
    report = examine(shop, period, decision, made)
    ended = shop.stopwatch()
    return Tried(
        model=shop.model,
        period=period.key,
        **_of_rows(made),
        checks=gate.results,
        **_of_fit(shop, period, candidate),
        metrics=tuple(_metrics(shop, made, report)),
        gates=report.results,
        verdict=report.verdict,
        sentence=report.sentence,
        features=_features(report, candidate),
        seconds={"dataset": chosen - began, "fit": fitted - chosen, "exam": ended - fitted, "all": ended - began},
        why=report.measurements.why,
    )


def _of_rows(made: DatasetSnapshot) -> dict[str, Any]:
    """What is told of the dataset, by field of `Tried`."""
    return {
        "share": made.selection.sample.share if made.selection.sample else 1.0,
        "periods": made.periods,
        "rows": {name: part.rows for name, part in made.parts.items()},
        "said": made.selection.said,
        "exam": made.basis_why,
    }


def _of_fit(shop: Workshop, period: Period, candidate: Candidate) -> dict[str, Any]:
    """What is told of the fit, and whom it is compared with, by field of `Tried`."""
    champion = champion_at(shop, period)
    return {
        "learner": candidate.learner,
        "rounds": candidate.report.rounds,
        "notes": candidate.notes,
        "champion": champion.version if champion else None,
    }


def _features(report: ValidationReport, candidate: Candidate) -> dict[str, float]:
    """The most important features by their share of the whole."""
    total = sum(candidate.report.importance.values())
    shares = {name: value / total for name, value in candidate.report.importance.items() if total > 0}
    told = report.measurements.importance.get("candidate", shares)
    return dict(sorted(told.items(), key=lambda item: (-item[1], item[0]))[:_FEATURES])


def _metrics(shop: Workshop, made: DatasetSnapshot, report: ValidationReport) -> Iterator[TriedMetric]:
    measured = report.measurements
    if measured.basis == "too few rows" or not measured.candidate:
        return
    if not measured.comparisons:
        yield from (TriedMetric(metric=name, candidate=each) for name, each in _alone(shop, made).items())
    for name, compared in measured.comparisons.items():
        yield _beside(compared, name)


def _alone(shop: Workshop, made: DatasetSnapshot) -> dict[str, Reading]:
    """The candidate's metrics: an exam without a champion keeps no intervals."""
    rows = parts(shop, made).holdout
    exam = shop.load(shop.values.folder(shop.model, "candidate_model", made.decision_id) / "exam")
    both = judged(shop.spec, rows, asked(exam, rows))
    return measure_period(
        both.labels,
        both.scores[0],
        days_of(rows, shop.spec.period.timezone),
        period=shop.spec.period.period(made.periods[-1]).key,
        version="tried",
        role="shadow",
        as_of=made.as_of,
        metrics=shop.spec.metrics,
        rows=len(rows),
        segments={},
        confidence=shop.spec.monitoring.confidence,
        queries=both.queries,
    ).metrics


def _beside(compared: Comparison, name: str) -> TriedMetric:
    """Both models' intervals out of the paired comparison: the candidate is the champion and the difference."""
    own, shared, error = compared.champion_error, compared.shared, compared.standard_error
    sign = 1.0 if metric_named(name).greater_is_better else -1.0
    mine = None
    if own is not None and shared is not None and error is not None:
        mine = sqrt(max(0.0, error**2 + own**2 + 2 * sign * shared))
    return TriedMetric(
        metric=name,
        candidate=_reading(compared, compared.candidate, mine),
        champion=_reading(compared, compared.champion, own),
        difference=_reading(compared, compared.difference, error),
    )


def _reading(compared: Comparison, value: float | None, error: float | None) -> Reading:
    why = "" if value is not None and error is not None else compared.why or "it cannot be computed"
    told = Reading(value=value, rows=compared.rows, days=compared.days, why=why)
    if value is None or error is None:
        return told
    low, high = two_sided(value, error, compared.days, compared.confidence)
    return told.model_copy(update={"low": low, "high": high})
