"""Why a candidate did not pass: what the exam, the fit and the data say of it, for whoever has to do something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from retrain_platform.dataset.snapshot import DatasetSnapshot, PartReport
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.training.base import FitReport
from retrain_platform.validation.base import Cause, ValidationReport

if TYPE_CHECKING:
    from collections.abc import Sequence

NEW_SHARE = 0.1
"""Under this share of rows that the champion has not seen, a retrain has little to learn from."""
LABEL_MOVED = 1 / 3
"""How much the label's mean may differ between what was learned from and the holdout, as a share of the larger."""
MISSING_MOVED = 0.1
"""How much the share of missing values may differ likewise."""
FALL = 3.0
"""How many standard errors the candidate may lose from the rows that stopped its fit to the holdout."""
_NAMED = 3
"""How many columns are named."""


class Fit(NamedTuple):
    """What is known of the fit: its report, the most rounds it was allowed, the parameters that a search found
    at the edge of their space, and how many of the rows the champion had not seen (None: not known).
    """

    report: FitReport
    most_rounds: int | None = None
    at_the_edge: Sequence[str] = ()
    new_rows: int | None = None


def diagnose(report: ValidationReport, fit: Fit, made: DatasetSnapshot) -> tuple[Cause, ...]:
    """Every cause that the numbers speak for, the nearest to hand first; empty where the exam was passed.

    In this order: scores that are none (training), a search at its edge or a fit that its last round ended
    (parameters), a fall from the rows that stopped the fit to the holdout (training), other data than was learned
    from or too little that is new (data), and a difference within its noise (nothing to gain).
    """
    if report.verdict == "passed":
        return ()
    moved = tuple(_moved(made))
    return (
        *_scores(report),
        *_parameters(fit),
        *_fall(report, fit, drifted=bool(moved)),
        *moved,
        *_new_rows(fit, made),
        *_within_noise(report),
    )


def said(causes: Sequence[Cause]) -> str:
    """The causes as one sentence."""
    told = "; ".join(f"{cause.kind}: {cause.sentence}" for cause in causes)
    return told or "nothing in the scores, the fit, the data or the noise explains it"


def _scores(report: ValidationReport) -> Iterator[Cause]:
    yield from (
        Cause(kind="training", sentence=result.sentence)
        for result in report.results
        if result.gate == "scores" and result.verdict == "failed"
    )


def _parameters(fit: Fit) -> Iterator[Cause]:
    if fit.at_the_edge:
        yield Cause(
            kind="parameters",
            sentence=f"the search ended at the edge of its space in {', '.join(fit.at_the_edge)}: widen it there",
        )
    if fit.most_rounds is not None and fit.report.curves and fit.report.rounds >= fit.most_rounds:
        yield Cause(
            kind="parameters",
            sentence=f"all {fit.most_rounds} rounds were used, early stopping never came: allow more, or learn faster",
        )


def _fall(report: ValidationReport, fit: Fit, *, drifted: bool) -> Iterator[Cause]:
    """From the rows that stopped the fit to the holdout, in the champion's own standard errors."""
    for name, comparison in report.measurements.comparisons.items():
        curve = fit.report.curves.get(f"valid_{name}", ())
        error, value = comparison.champion_error, comparison.candidate
        if not curve or not error or value is None or drifted:
            continue
        sign = 1.0 if metric_named(name).greater_is_better else -1.0
        best = max(curve, key=lambda point: sign * point)
        if sign * (best - value) > FALL * error:
            yield Cause(
                kind="training",
                sentence=f"{name} {best:.4f} on the rows that stopped the fit, {value:.4f} on the holdout, whose label "
                "and features have not moved: it fits too closely (regularise it, or stop it on more rows), or what "
                "the label follows has moved (then the champion fell too; a shorter window learns less of what was)",
            )


def _moved(made: DatasetSnapshot) -> Iterator[Cause]:
    """Where the holdout is other data than what was learned from."""
    train, holdout = made.parts.get("train"), made.parts.get("holdout")
    if train is None or holdout is None or not train.rows or not holdout.rows:
        return
    before, after = train.label.mean, holdout.label.mean
    if before is not None and after is not None and abs(after - before) > LABEL_MOVED * max(abs(before), abs(after)):
        yield Cause(
            kind="data", sentence=f"the label's mean moved from {before:.4g} in training to {after:.4g} in the holdout"
        )
    if missing := _missing(train, holdout):
        yield Cause(kind="data", sentence=f"missing values moved: {', '.join(missing[:_NAMED])}")
    if outside := _outside(train, holdout):
        yield Cause(
            kind="data",
            sentence=f"the holdout's mean lies outside all that was learned from in {', '.join(outside[:_NAMED])}",
        )


def _missing(train: PartReport, holdout: PartReport) -> list[str]:
    both = [(name, train.columns[name].missing, each.missing) for name, each in holdout.columns.items()]
    moved = [each for each in both if abs(each[2] - each[1]) > MISSING_MOVED]
    moved.sort(key=lambda each: -abs(each[2] - each[1]))
    return [f"{name} from {before:.0%} to {after:.0%}" for name, before, after in moved]


def _outside(train: PartReport, holdout: PartReport) -> list[str]:
    found = []
    for name, each in holdout.columns.items():
        low, high = train.columns[name].low, train.columns[name].high
        if each.mean is not None and low is not None and high is not None and not low <= each.mean <= high:
            found.append(name)
    return found


def _new_rows(fit: Fit, made: DatasetSnapshot) -> Iterator[Cause]:
    if fit.new_rows is not None and fit.new_rows < NEW_SHARE * made.rows:
        yield Cause(
            kind="data",
            sentence=f"{fit.new_rows:,} of {made.rows:,} rows are new to the champion: too few to learn more from",
        )


def _within_noise(report: ValidationReport) -> Iterator[Cause]:
    """Of the first metric: the model's own."""
    first = next(iter(report.measurements.comparisons.values()), None)
    if first is None or first.difference is None or first.standard_error is None:
        return
    if abs(first.difference) <= 2 * first.standard_error:
        yield Cause(
            kind="nothing to gain",
            sentence=f"{first.metric} {first.difference:+z.4f} against the champion lies within two standard errors "
            f"({first.standard_error:.4f}): the two cannot be told apart",
        )
