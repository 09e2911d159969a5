"""Where a model stands within the fleet, from what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from retrain_platform.dataset.stores import Values
from retrain_platform.policy.base import Action, RetrainDecision
from retrain_platform.policy.fleet import Standing
from retrain_platform.release.base import Entry, Stage
from retrain_platform.release.fold import fold
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.due import again_from, waiting_retrain
from retrain_platform.steps.lines import DECIDED, WATCHED, on_calendar, paused
from retrain_platform.steps.policy.deadlines import standing_deadline
from retrain_platform.steps.release.approving import waiting_for
from retrain_platform.steps.values import Ripened


def standing(spec: ModelSpec, entries: Sequence[Entry], values: Values) -> Standing:
    """The model's newest decision on record and what waits, from its ledger and its stored values."""
    lines = [entry for entry in entries if entry.kind in (DECIDED, WATCHED)]
    if not lines:
        return Standing(model=spec.name, mode=spec.mode, paused=paused(entries))
    waits = waiting_retrain(spec, list(entries))
    newest = lines[-1].body
    period, id = (waits.period.key, waits.decision_id) if waits else (newest["period"], newest["decision_id"])
    decision = values.get(spec.name, "retrain_decision", period, str(id), RetrainDecision)
    watched = [entry.body["period"] for entry in entries if entry.kind == WATCHED]
    ripe = [key for key in values.all(spec.name, "ripe", Ripened) if key <= max(watched, default="")]
    way = fold(list(entries)).open
    return Standing(
        model=spec.name,
        mode=spec.mode,
        period=period,
        action=decision.action if decision else Action(newest["action"]),
        reason=decision.reason if decision else lines[-1].why,
        gain=decision.expected_gain if decision else None,
        worth=_worth_a_week(spec, decision),
        currency=decision.expected_gain.currency if decision and decision.expected_gain else "",
        ripe=ripe[-1] if ripe else None,
        ripening=len([key for key in watched if not ripe or key > ripe[-1]]),
        release=f"{way.version} ({way.stage.value}, {way.share}%)" if way else "",
        approval=way is not None and way.stage is Stage.APPROVAL,
        approve=person.shown if (person := waiting_for(spec, on_calendar(spec.period, entries))) else "",
        waiting=waits.decision_id if waits else None,
        again=again_from(spec, list(entries), waits) if waits else None,
        asked=waits is not None and _asked(entries, waits.decision_id),
        paused=paused(entries),
        deadline=left.shown if (left := standing_deadline(spec, entries, values)) else "",
    )


def _worth_a_week(spec: ModelSpec, decision: RetrainDecision | None) -> float | None:
    """Periods of two models may differ in length."""
    gain = decision.expected_gain if decision else None
    if gain is None or gain.worth is None:
        return None
    return gain.worth * (timedelta(weeks=1) / spec.period.length())


def _asked(entries: Sequence[Entry], decision_id: str | None) -> bool:
    return any(e.kind == DECIDED and e.body["decision_id"] == decision_id and e.body["answers"] for e in entries)
