"""A search for parameters on the candidate's page, and as the table that its run keeps."""

from typing import Any

import dagster as dg

from retrain_platform.defs.plots import bars, quality, table
from retrain_platform.training.search import SearchReport, Trial

_SHOWN = 10
"""The best trials that the page lists; the tracked run has them all."""


def trial_rows(report: SearchReport) -> list[dict[str, Any]]:
    """One row a trial, in their order."""
    return [
        {
            "trial": trial.number,
            "state": trial.state,
            report.metric: trial.value,
            **trial.params,
            "scores": " ".join(f"{score:.6g}" for score in trial.scores),
            "seconds": trial.seconds,
            "why": trial.why,
        }
        for trial in report.trials
    ]


def found_page(report: SearchReport) -> dict[str, Any]:
    """What was found, by which trials, and what mattered."""
    complete = [trial for trial in report.trials if trial.value is not None]
    folds = [{"fold": place, **fold.model_dump()} for place, fold in enumerate(report.folds)]
    found: dict[str, Any] = {
        "search": report.sentence,
        "best trials": table([_row(trial, report) for trial in _ranked(complete, report)[:_SHOWN]]),
        "folds": table(folds),
    }
    if len(complete) > 1:
        found["metric by trial"] = _by_trial(complete, report)
    if report.importance:
        found["what mattered"] = bars(report.importance, title="Importance of the parameters (functional ANOVA)")
    return found


def _ranked(trials: list[Trial], report: SearchReport) -> list[Trial]:
    sign = -1 if report.greater_is_better else 1
    return sorted(trials, key=lambda trial: (sign * (trial.value or 0.0), trial.number))


def _row(trial: Trial, report: SearchReport) -> dict[str, Any]:
    return {"trial": trial.number, report.metric: trial.value, **trial.params}


def _by_trial(trials: list[Trial], report: SearchReport) -> dg.MarkdownMetadataValue:
    """Each complete trial, and the best up to it."""
    series = [(f"{trial.number:04d}", trial.value or 0.0, None, None) for trial in trials]
    best = [
        (f"{trial.number:04d}", _ranked(trials[: place + 1], report)[0].value or 0.0, None, None)
        for place, trial in enumerate(trials)
    ]
    return quality({"trial": series, "best so far": best}, title=f"{report.metric} by trial")
