"""What was known when a period was decided: recorded values and ledger lines as `History`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.reports import Role
from retrain_platform.policy.history import (
    Champion,
    History,
    Incident,
    Quarantine,
    Released,
    Requested,
    Retrained,
    RipePeriod,
)
from retrain_platform.release.base import Entry, Stage
from retrain_platform.release.fold import fold
from retrain_platform.steps.champion import as_then, champion_of
from retrain_platform.steps.dataset.schema import world_of
from retrain_platform.steps.known import ripened
from retrain_platform.steps.lines import DECIDED, INCIDENT, REQUESTED, RETRAINED
from retrain_platform.steps.monitoring.drifting import known_drift, segment_reports
from retrain_platform.steps.monitoring.measuring import measured_until
from retrain_platform.steps.monitoring.quality import known_concepts, known_estimates
from retrain_platform.steps.monitoring.ripening import performances
from retrain_platform.steps.policy.detecting import with_detected
from retrain_platform.steps.release.quarantine import quarantines
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop

_SEEN: tuple[Role, ...] = ("champion", "shadow", "previous")
"""The roles in which a whole period was scored by one version: beside each other two tell what the newer one gained."""
_HOW: dict[str, Literal["release", "rollback", "outside"]] = {
    "promoted": "release",
    "rolled_back": "rollback",
    "outside_promotion": "outside",
}


def history(shop: Workshop, period: Period) -> History:
    """What was known when the period was decided; entries and reports of later data time do not enter."""
    spec, entries = shop.spec, as_then(shop, period)
    champion = champion_of(entries, period.end)
    if champion is not None and spec.release.live is not None:
        champion = champion.model_copy(update={"until_proven": before_it_is_proven(entries)})
    ripe = [value.period for value in ripened(shop, period.end).values()]
    quarantined = quarantines(spec, entries)
    known = History(
        model=spec.name,
        as_of=period.end,
        period=period,
        number=spec.period.index(period.key),
        period_length=spec.period.length(),
        timezone=spec.period.timezone,
        label_delay=spec.label.delay,
        champion=champion,
        ripe=tuple(ripe),
        rows_needed=spec.checks.min_rows,
        periods_needed=_periods_needed(shop),
        quarantined=quarantined,
        new_ripe_rows=sum(p.labelled for p in ripe if _new(p, champion, quarantined)),
        world=world_of(shop, period),
        unexplored=spec.label.unexplored,
        retry_after=spec.operation.retry_after,
        cost=spec.cost,
        reading_confidence=spec.monitoring.confidence,
        **_from_reports(shop, period),
        **_from_ledger([entry for entry in entries if not _of_this_decision(entry, period)]),
        **_from_rows(shop, period),
    )
    return with_detected(shop, known)


def _new(period: RipePeriod, champion: Champion | None, quarantined: Sequence[Quarantine]) -> bool:
    """Whether there is something to learn from the period that the champion has not seen."""
    seen = champion is not None and period.start < champion.seen_until
    return not seen and not any(each.holds(period.start) for each in quarantined)


def _from_reports(shop: Workshop, period: Period) -> dict[str, Any]:
    """What was measured up to the period's end."""
    as_of = period.end
    return {
        "drift": tuple(known_drift(shop, period)),
        "segment_drift": segment_reports(shop, period),
        "performance": tuple(each for each in performances(shop, as_of) if each.role in _SEEN),
        "concept": known_concepts(shop, as_of),
        "estimated": known_estimates(shop, as_of),
        "gaps": tuple(known_gaps(shop, as_of)),
        "measures": measured_until(shop, period),
    }


def before_it_is_proven(entries: list[Entry]) -> str | None:
    """The version before one that took over and is not proven yet: its baseline stands until the ledger says so."""
    opened = fold(entries).open
    return opened.previous if opened is not None and opened.stage is Stage.BAKE else None


def known_gaps(shop: Workshop, until: datetime) -> list[GapReading]:
    """Every reading of the gap to a challenger that was taken at or before `until`, oldest first."""
    found = shop.values.all(shop.model, "challenger_gap", GapReading).values()
    return [each for each in found if each.as_of <= until]


def _from_ledger(entries: list[Entry]) -> dict[str, Any]:
    """What happened."""
    state = fold(entries)
    return {
        "retrained": tuple(_retrained(entry) for entry in entries if entry.kind == RETRAINED),
        "released": released(entries),
        "requested": _unanswered(entries),
        "incidents": tuple(
            Incident(kind=e.body["kind"], as_of=e.as_of, why=e.why) for e in entries if e.kind == INCIDENT
        ),
        "release_open": state.open.version if state.open else None,
    }


def _of_this_decision(entry: Entry, period: Period) -> bool:
    """Whether the period's own decision put this incident on record: it cannot have known it when it decided."""
    return entry.kind == INCIDENT and entry.as_of == period.end and entry.key.endswith(f":{period.key}")


def _from_rows(shop: Workshop, period: Period) -> dict[str, Any]:
    """What is on record of the period's own rows."""
    ingested = shop.values.newest(shop.model, "events", period.key, Ingested)
    if ingested is None:
        return {"problem": "the period has no rows"}
    return {"versions": ingested.versions, "code": ingested.code, "problem": "; ".join(ingested.problems)}


def _periods_needed(shop: Workshop) -> int:
    """What a first fit takes apart: its holdout, what stops it early, and a period to learn from.

    A search by time needs two days there, one before the other.
    """
    recipe, length = shop.spec.training, shop.spec.period.length()
    by_day = recipe.search is not None and recipe.search.by == "time" and length <= timedelta(days=1)
    return sum(recipe.kept_apart([], length)) + (2 if by_day else 1)


def _retrained(entry: Entry) -> Retrained:
    body = entry.body
    return Retrained(
        decision_id=body["decision_id"],
        as_of=entry.as_of,
        version=body["version"],
        verdict=body["verdict"],
        training_rows=body["training_rows"],
        depth=body.get("depth", "full"),
        triggers=body.get("triggers", ()),
        ripe_until=body.get("ripe_until"),
    )


def released(entries: Sequence[Entry]) -> tuple[Released, ...]:
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
        Requested(
            key=e.key,
            kind=e.body["kind"],
            as_of=e.as_of,
            why=e.why,
            actor=e.actor,
            urgent=e.body["urgent"],
            depth=e.body.get("depth"),
        )
        for e in entries
        if e.kind == REQUESTED and e.key not in answered
    )
