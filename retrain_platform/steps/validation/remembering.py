"""What a model that goes on learning still knows: it and the version before, on rows that both learned from."""

from __future__ import annotations

import pandas as pd

from retrain_platform.dataset.events import known
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import with_rows
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.answers import asked, judged
from retrain_platform.steps.dataset.schema import world_of
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.selecting import window_periods
from retrain_platform.steps.training.stored_requests import even_places
from retrain_platform.steps.validation.scene import evenly_whole
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation import Forgetting
from retrain_platform.validation.base import Comparison, Measurements
from retrain_platform.validation.measure import measure

_PERIODS = 26
"""The most old periods that are read, spread evenly: a look at the past must stay cheap however long it is."""


def with_remembered(
    shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot, measured: Measurements
) -> Measurements:
    """The exam's measurements with those on old rows, where a gate asks and the candidate went on from a version."""
    gates = [gate for gate in shop.spec.validation.gates if isinstance(gate, Forgetting)]
    candidate = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    if not gates or candidate is None:
        return measured
    goes_on = candidate.continued_since is not None
    found = {gate.metric: _compared(shop, period, made, candidate, gate) for gate in gates if goes_on}
    return measured.model_copy(update={"remembered": found})


def _compared(
    shop: Workshop, period: Period, made: DatasetSnapshot, candidate: Candidate, gate: Forgetting
) -> Comparison:
    rows = _old(shop, period, made, candidate, gate.rows)
    exam = shop.load(shop.values.folder(shop.model, "candidate_model", candidate.decision_id) / "exam")
    before = shop.fitted(candidate.continued_from)
    if not len(rows):
        return _untold(shop, gate, f"no row is older than {candidate.continued_since}")
    try:
        both = judged(shop.spec, rows, asked(exam, rows), asked(before, rows))
    except (MissingColumns, UnfitColumn) as error:
        return _untold(shop, gate, str(error))
    told = measure(
        candidate.decision_id,
        both.labels,
        both.scores[0],
        both.scores[1],
        days_of(rows, shop.spec.period.timezone),
        basis="holdout",
        start=None,
        end=None,
        metrics=(gate.metric,),
        confidence=shop.spec.monitoring.confidence,
        queries=both.queries,
        classes=both.names,
    )
    return told.comparisons.get(gate.metric) or _untold(shop, gate, told.why or "it cannot be computed")


def _old(shop: Workshop, period: Period, made: DatasetSnapshot, candidate: Candidate, count: int) -> pd.DataFrame:
    """At most `count` labelled rows, evenly over the periods before the candidate's new rows; lists stay whole."""
    whole = window_periods(shop, made.as_of, world_of(shop, period), whole=True)
    older = [each.key for each in whole if candidate.continued_since and each.end <= candidate.continued_since]
    keys = [older[place] for place in even_places(len(older), _PERIODS)]
    version = made.tables[shop.events]
    frame = known(shop.lake.read(shop.events, keys, version=version, categories=True), made.as_of)
    return evenly_whole(shop.spec, with_rows(frame, frame["_label"].notna().to_numpy()), count)


def _untold(shop: Workshop, gate: Forgetting, why: str) -> Comparison:
    return Comparison.untold(gate.metric, shop.spec.monitoring.confidence, f"cannot tell: {why}")
