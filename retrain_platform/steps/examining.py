"""The candidate's exam: what is measured of it beside the champion, and what the gates say."""

from __future__ import annotations

from itertools import takewhile

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import Champion, RetrainDecision
from retrain_platform.steps.dataset import parts
from retrain_platform.steps.history import history
from retrain_platform.steps.known import days_of, segments_of
from retrain_platform.steps.lines import DATA_REFUSED, RETRAINED
from retrain_platform.steps.training import labels_of, learn
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Fitted
from retrain_platform.validation.base import Measurements, ValidationReport
from retrain_platform.validation.exam import looks_at
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure, measure


def examine(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> ValidationReport:
    """Measure candidate and champion on the holdout, and judge by the spec's gates."""
    report = judge(shop.spec.validation.gates, _measured(shop, period, decision, made), decision.as_of)
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
    other = _other(shop, period, made)
    try:
        others = other.score(rows) if other else None
    except (MissingColumns, UnfitColumn) as error:
        return cannot_measure(decision.id, f"the champion cannot score the rows of the exam: {error}")
    return measure(
        decision.id,
        labels_of(rows),
        exam.score(rows),
        others,
        days_of(rows, shop.spec.period.timezone),
        basis=made.basis,
        start=made.holdout_from,
        end=made.newest,
        metrics=shop.spec.metrics,
        segments=segments_of(shop, rows),
        confidence=shop.spec.monitoring.confidence,
        min_segment=shop.spec.monitoring.min_segment,
        looks=looks_at(_examined(shop, made), _earlier_exams(shop, made)),
        ids=_ids(rows),
    )


def _examined(shop: Workshop, made: DatasetSnapshot) -> tuple[str, ...]:
    """The periods that the snapshot's exam is held on; none where nothing can be examined."""
    return tuple(key for key in made.periods if shop.spec.period.period(key).start >= made.holdout_from)


def _earlier_exams(shop: Workshop, made: DatasetSnapshot) -> list[tuple[str, ...]]:
    """The periods of every exam on record before this retrain's; a refused dataset had none."""
    ended = [entry.body for entry in shop.entries() if entry.kind == RETRAINED]
    before = takewhile(lambda body: body["decision_id"] != made.decision_id, ended)
    snapshots = [
        shop.values.get(shop.model, "training_dataset", body["period"], body["decision_id"], DatasetSnapshot)
        for body in before
        if body["verdict"] != DATA_REFUSED
    ]
    return [_examined(shop, snapshot) for snapshot in snapshots if snapshot is not None]


def _ids(rows: pd.DataFrame) -> np.ndarray:
    """How a person finds a row again: its event time and its entity."""
    times = rows["_event_time"].dt.strftime("%Y-%m-%d %H:%M")
    found: np.ndarray = (times + " " + rows["_entity"].astype(str)).to_numpy(dtype=object)
    return found


def _other(shop: Workshop, period: Period, made: DatasetSnapshot) -> Fitted | None:
    """Whom the candidate is compared with: the champion, or its recipe fitted again to the same cut."""
    champion = _champion(shop, period)
    if champion is None:
        return None
    fitted = shop.fitted(champion.version)
    if made.basis != "recipes":
        return fitted
    tags = next(v.tags for v in shop.registry.versions(shop.model) if v.version == champion.version)
    recipe: LearnerSpec = TypeAdapter(LearnerSpec).validate_json(tags["recipe_spec"])
    return learn(shop, recipe, parts(shop, made), list(fitted.report.features))


def _champion(shop: Workshop, period: Period) -> Champion | None:
    return history(shop, period).champion
