"""The candidate's exam: what is measured of it beside the champion, and what the gates say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.history import Champion
from retrain_platform.steps.answers import Answers, Judged, asked, judged
from retrain_platform.steps.champion import champion_at
from retrain_platform.steps.dataset.recording import recorded_of
from retrain_platform.steps.known import days_of, ids_of, segments_of
from retrain_platform.steps.lines import NOT_EXAMINED, RETRAINED
from retrain_platform.steps.training.attempt import causes_of
from retrain_platform.steps.training.dataset import parts
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.validation.backtesting import Recipe, backtest
from retrain_platform.steps.validation.remembering import with_remembered
from retrain_platform.steps.validation.suites import with_suites
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Candidate, Fitted
from retrain_platform.training.semantic_version import FOUND
from retrain_platform.validation import Backtest, Fairness
from retrain_platform.validation import Calibration as CalibrationGate
from retrain_platform.validation.base import Measurements, ValidationReport
from retrain_platform.validation.calibrating import calibrate
from retrain_platform.validation.curves import shares
from retrain_platform.validation.diagnosis import said
from retrain_platform.validation.disparity import Scored, disparities
from retrain_platform.validation.exam import looks_at
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure, cannot_score, measure


def examine(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> ValidationReport:
    """Measure candidate and champion on the holdout, and judge by the spec's gates."""
    measured, exam = _measured(shop, period, decision, made), shop.spec.validation
    measured = with_suites(shop, period, decision, made, measured)
    measured = with_remembered(shop, period, decision, made, measured)
    report = judge(exam.gates, measured, decision.as_of, exam.level)
    causes = causes_of(shop, period, decision, made, report)
    if causes or report.verdict == "failed":
        sentence = f"{report.sentence}; diagnosis: {said(causes)}"
        report = report.model_copy(update={"causes": causes, "sentence": sentence})
    shop.values.put(shop.model, "validation_report", period.key, decision.id, report)
    return report


def report_of(shop: Workshop, period: Period, decision: RetrainDecision) -> ValidationReport:
    """The exam's report.

    Raises:
        NotExamined: when the candidate was not examined yet.
    """
    report = shop.values.get(shop.model, "validation_report", period.key, decision.id, ValidationReport)
    if report is None:
        raise NotExamined(f"exam of decision {decision.id} == none, must be there; materialise validation_report first")
    return report


class NotExamined(RuntimeError):
    """A candidate without its exam can be neither registered nor described."""


def _measured(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Measurements:
    if made.basis == "too few rows":
        return cannot_measure(decision.id, made.basis_why)
    rows = parts(shop, made).holdout
    exam = shop.load(shop.values.folder(shop.model, "candidate_model", decision.id) / "exam")
    champion = champion_at(shop, period)
    if champion is not None and shop.is_outside(champion.version):
        return _beside_recorded(shop, made, rows, exam, champion)
    other = _other(shop, period, made)
    try:
        others = asked(other, rows) if other else None
    except (MissingColumns, UnfitColumn) as error:
        return cannot_measure(decision.id, f"the champion cannot score the rows of the exam: {error}")
    try:
        mine = asked(exam, rows)
    except (MissingColumns, UnfitColumn) as error:
        return cannot_score(decision.id, made.basis, len(rows), str(error))
    told = _told(shop, made, rows, judged(shop.spec, rows, mine, *([] if others is None else [others])))
    beside = _backtest(shop, period, decision, made)
    return told.model_copy(update={"importance": _importance(exam, other), **beside})


def _beside_recorded(
    shop: Workshop, made: DatasetSnapshot, rows: pd.DataFrame, exam: Fitted, champion: Champion
) -> Measurements:
    """The candidate beside a model that another system serves, on the rows of which its prediction was recorded."""
    answers = recorded_of(shop, rows, champion.version)
    if made.basis != "holdout" or answers.missing.all():
        why = f"no row of the exam has a recorded prediction of {champion.version} that it could not have learned from"
        return cannot_measure(made.decision_id, why)
    rows, theirs = rows[~answers.missing], Answers(answers.scores[~answers.missing])
    try:
        mine = asked(exam, rows)
    except (MissingColumns, UnfitColumn) as error:
        return cannot_score(made.decision_id, made.basis, len(rows), str(error))
    told = _told(shop, made, rows, judged(shop.spec, rows, mine, theirs))
    return told.model_copy(update={"importance": _importance(exam, None)})


def _told(shop: Workshop, made: DatasetSnapshot, rows: pd.DataFrame, both: Judged) -> Measurements:
    """What the answers of the candidate, and of the champion where there is one, tell on the rows of the exam."""
    rival = both.scores[1] if len(both.scores) > 1 else None
    scored = Scored(both.labels, both.scores[0], rival, days_of(rows, shop.spec.period.timezone))
    told = measure(
        made.decision_id,
        *scored,
        basis=made.basis,
        start=made.examined_from,
        end=made.newest,
        metrics=shop.spec.metrics,
        segments=segments_of(shop, rows),
        confidence=shop.spec.monitoring.confidence,
        min_segment=shop.spec.monitoring.min_segment,
        looks=looks_at(_examined(shop, made), _earlier_exams(shop, made)),
        ids=ids_of(rows),
        queries=both.queries,
        classes=both.names,
    )
    return told.model_copy(update=_asked_for(shop, rows, scored, both.names))


def _asked_for(shop: Workshop, rows: pd.DataFrame, scored: Scored, classes: Sequence[str]) -> dict[str, Any]:
    """What only some gates ask for, by its field of `Measurements`; nothing that no gate of the spec asks for."""
    found: dict[str, Any] = {}
    gates = shop.spec.validation.gates
    usable = all(np.isfinite(each).all() for each in scored[:3] if each is not None)
    if usable and not classes and any(isinstance(gate, CalibrationGate) for gate in gates):
        found["calibration"] = calibrate(*scored, binary=shop.spec.task == "binary")
    asks = [gate.ask for gate in gates if isinstance(gate, Fairness)]
    if usable and asks:
        least = shop.spec.monitoring.min_segment
        found["disparities"] = disparities(scored, segments_of(shop, rows), asks, least, classes)
    return found


def _importance(exam: Fitted, other: Fitted | None) -> dict[str, dict[str, float]]:
    """What each model leans on, in shares; a model that tells none is left out."""
    told = {"candidate": exam, "champion": other}
    found = {name: shares(fitted.report.importance) for name, fitted in told.items() if fitted is not None}
    return {name: each for name, each in found.items() if each}


def _examined(shop: Workshop, made: DatasetSnapshot) -> tuple[str, ...]:
    """The periods that the snapshot's exam is held on; none where nothing can be examined."""
    if made.selection.drawn is not None:
        return () if made.basis == "too few rows" else made.periods
    return tuple(key for key in made.periods if shop.spec.period.period(key).start >= made.holdout_from)


def _earlier_exams(shop: Workshop, made: DatasetSnapshot) -> list[tuple[str, ...]]:
    """The periods of every exam on record before this retrain's; a refused dataset had none."""
    ended = [entry.body for entry in shop.entries() if entry.kind == RETRAINED]
    before = takewhile(lambda body: body["decision_id"] != made.decision_id, ended)
    snapshots = [
        shop.values.get(shop.model, "training_dataset", body["period"], body["decision_id"], DatasetSnapshot)
        for body in before
        if body["verdict"] not in NOT_EXAMINED
    ]
    return [_examined(shop, snapshot) for snapshot in snapshots if snapshot is not None]


def _other(shop: Workshop, period: Period, made: DatasetSnapshot) -> Fitted | None:
    """Whom the candidate is compared with: the champion, or its recipe fitted again to the same cut."""
    champion = champion_at(shop, period)
    if champion is None:
        return None
    fitted = shop.fitted(champion.version)
    if made.basis != "recipes":
        return fitted
    recipe = _recipe_of(shop, champion, fitted)
    return learn(shop, recipe.learner, parts(shop, made), list(recipe.features))


def _recipe_of(shop: Workshop, champion: Champion, fitted: Fitted) -> Recipe:
    """What the champion was made by, with the parameters that its search found."""
    tags = next(v.tags for v in shop.registry.versions(shop.model) if v.version == champion.version)
    recipe: LearnerSpec = TypeAdapter(LearnerSpec).validate_json(tags["recipe_spec"])
    return Recipe(recipe.with_params(json.loads(tags.get(FOUND, "{}"))), tuple(fitted.report.features))


def _backtest(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> dict[str, Any]:
    """Both recipes over past periods, where a gate asks for it and there is a champion."""
    asking = [gate.periods for gate in shop.spec.validation.gates if isinstance(gate, Backtest)]
    champion = champion_at(shop, period) if asking else None
    candidate = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    if champion is None or candidate is None or shop.is_outside(champion.version):
        return {}
    mine = Recipe(shop.spec.training.with_params(candidate.found), tuple(made.features))
    theirs = _recipe_of(shop, champion, shop.fitted(champion.version))
    return {"backtest": backtest(shop, made, mine, theirs, max(asking))}
