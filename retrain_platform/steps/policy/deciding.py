"""The period's decision, and what of it goes on record."""

from __future__ import annotations

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.reports import PerformanceReport
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.decide import decide as judge
from retrain_platform.steps.lines import DECIDED, INCIDENT, WATCHED
from retrain_platform.steps.monitoring.control import trouble
from retrain_platform.steps.policy.deadlines import tell_missed, time_left
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.release.fitness import Fitness
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop


def decide(shop: Workshop, period: Period) -> RetrainDecision:
    """Decide for the period and keep the decision; on the road's newest period also put it on record.

    The same evidence gives the same decision and the same record: a repeat changes nothing.
    """
    opens = shop.is_next(period)
    known = history(shop, period)
    decision = (_begun(shop, period) if opens else None) or judge(shop.spec.policy, known)
    shop.values.put(shop.model, "retrain_decision", period.key, decision.id, decision)
    if (opens or shop.frontier() == period.key) and (decision.action.retrains or known.requested):
        _record(shop, period, decision)
    if opens:
        for kind, why in _incidents(shop, period, known.problem).items():
            key, body = f"{kind}:{period.key}", {"kind": kind, "period": period.key}
            shop.ledger.append(shop.model, INCIDENT, key, period.end, why=why, body=body)
        tell_missed(shop.spec, shop.ledger, shop.values, reached=period.end)
        shop.ledger.append(
            shop.model,
            WATCHED,
            f"watched:{period.key}",
            period.end,
            why=decision.reason,
            body={
                "period": period.key,
                "decision_id": decision.id,
                "action": decision.action.value,
                **time_left(decision),
            },
        )
    return decision


def known_decisions(shop: Workshop, period: Period) -> list[RetrainDecision]:
    """The newest decision of each period up to this one, oldest first."""
    found = shop.values.all(shop.model, "retrain_decision", RetrainDecision)
    return [decision for key, decision in found.items() if key <= period.key]


def _record(shop: Workshop, period: Period, decision: RetrainDecision) -> None:
    """What sensors obey."""
    shop.ledger.append(
        shop.model,
        DECIDED,
        f"decided:{decision.id}",
        period.end,
        why=decision.reason,
        body={
            "decision_id": decision.id,
            "period": period.key,
            "action": decision.action.value,
            "retrains": decision.action.retrains,
            "urgent": decision.action.value == "retrain_now",
            "depth": decision.depth,
            "answers": list(decision.answers),
            "overrides": list(decision.overrides),
            **time_left(decision),
        },
    )


def _incidents(shop: Workshop, period: Period, problem: str) -> dict[str, str]:
    """What someone must look at, by its kind: broken data, a version that could not score or answers otherwise."""
    scored = shop.values.newest(shop.model, "predictions", period.key, Scored)
    report = shop.values.newest(shop.model, "performance_report", period.key, PerformanceReport)
    fit = shop.values.newest(shop.model, "fitness", period.key, Fitness)
    found = {
        "data": problem,
        "scoring": "; ".join(scored.problems) if scored is not None else "",
        "control": trouble(report.control) if report is not None else "",
        "going_back": "" if fit is None or not fit.problem else f"there is no way back: {fit.problem}",
    }
    return {kind: why for kind, why in found.items() if why}


def _begun(shop: Workshop, period: Period) -> RetrainDecision | None:
    """The decision that a killed run of this period already put on record: it stands."""
    for entry in shop.entries():
        if entry.kind == DECIDED and entry.body["period"] == period.key:
            return decision_of(shop, period.key, entry.body["decision_id"])
    return None


def decision_of(shop: Workshop, period: str, decision_id: str | None = None) -> RetrainDecision | None:
    """The decision with this id, else the newest of the period."""
    if decision_id is None:
        return shop.values.newest(shop.model, "retrain_decision", period, RetrainDecision)
    return shop.values.get(shop.model, "retrain_decision", period, decision_id, RetrainDecision)
