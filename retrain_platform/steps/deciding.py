"""Put together what was known, decide, and record it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.reports import DriftReport, PerformanceReport
from retrain_platform.policy.base import Champion, History, Incident, Released, Requested, RetrainDecision, Retrained
from retrain_platform.policy.decide import decide as judge
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import fold
from retrain_platform.steps.control import trouble
from retrain_platform.steps.detecting import with_detected
from retrain_platform.steps.drifting import segment_reports
from retrain_platform.steps.known import ripened
from retrain_platform.steps.lines import DECIDED, INCIDENT, REQUESTED, RETRAINED, WATCHED, asked
from retrain_platform.steps.measuring import measured_until
from retrain_platform.steps.quality import known_concepts, known_estimates
from retrain_platform.steps.releasing import frontier, is_next
from retrain_platform.steps.ripening import performances
from retrain_platform.steps.schema import world_of
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop

_HOW: dict[str, Literal["release", "rollback", "outside"]] = {
    "promoted": "release",
    "rolled_back": "rollback",
    "outside_promotion": "outside",
}


def history(shop: Workshop, period: Period) -> History:
    """What was known when the period was decided; entries and reports of later data time do not enter."""
    spec, as_of = shop.spec, period.end
    entries = _as_then(shop, period)
    champion = _champion(shop, entries, as_of)
    ripe = [value.period for value in ripened(shop, as_of).values()]
    reports = shop.values.all(shop.model, "drift_report", DriftReport)
    readings = [r for r in performances(shop, as_of) if r.role == "champion"]
    ingested = shop.values.newest(shop.model, "events", period.key, Ingested)
    state = fold(entries)
    known = History(
        model=spec.name,
        as_of=as_of,
        period=period,
        period_length=spec.period.length(),
        timezone=spec.period.timezone,
        label_delay=spec.label.delay,
        champion=champion,
        drift=tuple(report for key, report in reports.items() if key <= period.key),
        segment_drift=segment_reports(shop, period),
        performance=tuple(readings),
        concept=known_concepts(shop, as_of),
        estimated=known_estimates(shop, as_of),
        gaps=tuple(r for r in shop.values.all(shop.model, "challenger_gap", GapReading).values() if r.as_of <= as_of),
        ripe=tuple(ripe),
        rows_needed=spec.checks.min_rows,
        periods_needed=_periods_needed(shop),
        new_ripe_rows=sum(p.labelled for p in ripe if champion is None or p.start >= champion.seen_until),
        retrained=tuple(_retrained(entry) for entry in entries if entry.kind == RETRAINED),
        released=_released(entries),
        requested=_unanswered(entries),
        incidents=_incidents(entries),
        release_open=state.open.version if state.open else None,
        versions=ingested.versions if ingested else {},
        code=ingested.code if ingested else "",
        world=world_of(shop, period),
        measures=measured_until(shop, period),
        unexplored=spec.label.unexplored,
        cost=spec.cost,
        reading_confidence=spec.monitoring.confidence,
        problem="; ".join(ingested.problems) if ingested else "the period has no rows",
    )
    return with_detected(shop, known)


def _periods_needed(shop: Workshop) -> int:
    """What a first fit takes apart: its holdout, what stops it early, and a period to learn from."""
    length, recipe = shop.spec.period.length(), shop.spec.training
    return max(1, round(recipe.holdout / length)) + round(recipe.early_stop_on / length) + 1


def _as_then(shop: Workshop, period: Period) -> list[Entry]:
    """The ledger as the period's newest decision saw it, so that deciding again gives the same answer.

    All of it where the decision is still to come: on the road's next period, or after a new request.
    """
    entries = shop.entries()
    if is_next(shop, period) or (asked(entries) and frontier(shop) == period.key):
        return [entry for entry in entries if entry.as_of <= period.end]
    recorded = [e for e in entries if e.kind in (DECIDED, WATCHED) and e.body["period"] == period.key]
    decided = [entry for entry in recorded if entry.kind == DECIDED]
    last = (decided or recorded)[-1].seq if recorded else len(entries) + 1
    return [entry for entry in entries if entry.seq < last and entry.as_of <= period.end]


def _is_newest(shop: Workshop, period: Period) -> bool:
    newest = frontier(shop)
    return is_next(shop, period) or newest == period.key


def champion_at(shop: Workshop, period: Period) -> Champion | None:
    """Who answers as the period's newest decision saw it."""
    return _champion(shop, _as_then(shop, period), period.end)


def _champion(shop: Workshop, entries: list[Entry], as_of: datetime) -> Champion | None:
    state = fold(entries)
    if state.champion is None or state.released_as_of is None:
        return None
    trained = next((e for e in reversed(entries) if e.kind == RETRAINED and e.body["version"] == state.champion), None)
    if trained is None:
        return None
    return Champion(
        version=state.champion,
        decision_id=trained.body["decision_id"],
        trained_as_of=trained.as_of,
        training_rows=trained.body["training_rows"],
        seen_until=trained.body["seen_until"],
        released_as_of=state.released_as_of,
        versions=trained.body.get("versions", {}),
        code=trained.body.get("code", ""),
    )


def _retrained(entry: Entry) -> Retrained:
    body = entry.body
    return Retrained(
        decision_id=body["decision_id"],
        as_of=entry.as_of,
        version=body["version"],
        verdict=body["verdict"],
        training_rows=body["training_rows"],
    )


def _released(entries: list[Entry]) -> tuple[Released, ...]:
    """Every take-over; a rollback's body names the version that left, and `to` the one that answers again."""
    found: list[Released] = []
    for entry in entries:
        if entry.kind in _HOW:
            how: Literal["first", "release", "rollback", "outside"] = (
                "first" if entry.kind == "promoted" and not found else _HOW[entry.kind]
            )
            version = entry.body.get("to") or entry.body["version"]
            found.append(Released(version=version, as_of=entry.as_of, how=how, by_hand=entry.actor != "platform"))
    return tuple(found)


def _unanswered(entries: list[Entry]) -> tuple[Requested, ...]:
    answered = {key for entry in entries if entry.kind == DECIDED for key in entry.body["answers"]}
    return tuple(
        Requested(key=e.key, kind=e.body["kind"], as_of=e.as_of, why=e.why, actor=e.actor, urgent=e.body["urgent"])
        for e in entries
        if e.kind == REQUESTED and e.key not in answered
    )


def _incidents(entries: list[Entry]) -> tuple[Incident, ...]:
    return tuple(Incident(kind=e.body["kind"], as_of=e.as_of, why=e.why) for e in entries if e.kind == INCIDENT)


def decide(shop: Workshop, period: Period) -> RetrainDecision:
    """Decide for the period and keep the decision; on the road's newest period also put it on record.

    The same evidence gives the same decision and the same record: a repeat changes nothing.
    """
    live, opens = _is_newest(shop, period), is_next(shop, period)
    known = history(shop, period)
    decision = (_begun(shop, period) if opens else None) or judge(shop.spec.policy, known)
    shop.values.put(shop.model, "retrain_decision", period.key, decision.id, decision)
    if not live:
        return decision
    if decision.action.retrains or known.requested:
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
                "answers": list(decision.answers),
                "overrides": list(decision.overrides),
            },
        )
    if known.problem and opens:
        shop.ledger.append(
            shop.model,
            INCIDENT,
            f"data:{period.key}",
            period.end,
            why=known.problem,
            body={"kind": "data", "period": period.key},
        )
    if opens:
        _unscored(shop, period)
        _answered_otherwise(shop, period)
        shop.ledger.append(
            shop.model,
            WATCHED,
            f"watched:{period.key}",
            period.end,
            why=decision.reason,
            body={"period": period.key, "decision_id": decision.id, "action": decision.action.value},
        )
    return decision


def _unscored(shop: Workshop, period: Period) -> None:
    """A version that could not score the period is an incident on record: someone must look."""
    scored = shop.values.newest(shop.model, "predictions", period.key, Scored)
    if scored is not None and scored.problems:
        shop.ledger.append(
            shop.model,
            INCIDENT,
            f"scoring:{period.key}",
            period.end,
            why="; ".join(scored.problems),
            body={"kind": "scoring", "period": period.key},
        )


def _answered_otherwise(shop: Workshop, period: Period) -> None:
    """A champion that answers its control set in another way than it did is an incident on record."""
    report = shop.values.newest(shop.model, "performance_report", period.key, PerformanceReport)
    why = trouble(report.control) if report is not None else ""
    if why:
        shop.ledger.append(
            shop.model,
            INCIDENT,
            f"control:{period.key}",
            period.end,
            why=why,
            body={"kind": "control", "period": period.key},
        )


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
