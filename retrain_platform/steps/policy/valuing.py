"""Was it worth it? Every retrain's version against the one that it replaced, on the rows that came after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.policy.history import Released
from retrain_platform.policy.refit import Outcome, Refit, refit
from retrain_platform.policy.worth import RetrainValue, priced
from retrain_platform.release.base import Entry
from retrain_platform.stats.intervals import Interval, paired
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import asked, judged, together
from retrain_platform.steps.known import days_of, labelled, ripened
from retrain_platform.steps.lines import DECIDED, RETRAINED
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.policy.history import released
from retrain_platform.steps.workshop import CannotLoad, Workshop

ASSET = "retrain_value"
MOST = 8
"""In so many periods is a version held against the one before: later, both are old."""


class _Reign(NamedTuple):
    """A retrain whose version took over, from the version `instead`; `until` is when another one did."""

    ended: Entry
    instead: str
    since: datetime
    until: datetime | None


def value_retrains(shop: Workshop, as_of: datetime) -> None:
    """Keep the value of every retrain that no later period changes any more, once."""
    for reign in _reigns(shop.entries(), as_of):
        if _kept(shop, reign.ended) is not None or not (answered := _answered(shop, reign, as_of)).closed:
            continue
        value = _valued(shop, reign, answered, as_of)
        if value.closed:
            key, period = reign.ended.body["decision_id"], reign.ended.body["period"]
            shop.values.put(shop.model, ASSET, period, key, value)


def kept_values(shop: Workshop, as_of: datetime) -> dict[str, RetrainValue]:
    """What is kept of the retrains that had ended by then, by decision."""
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED and entry.as_of <= as_of]
    return {entry.body["decision_id"]: value for entry in ended if (value := _kept(shop, entry)) is not None}


def values_so_far(shop: Workshop, as_of: datetime) -> dict[str, RetrainValue]:
    """By decision: what is kept, and what the other retrains were worth as far as rows are ripe; nothing is kept."""
    kept = kept_values(shop, as_of)
    reigns = {reign.ended.body["decision_id"]: reign for reign in _reigns(shop.entries(), as_of)}
    return kept | {
        key: _valued(shop, reign, _answered(shop, reign, as_of), as_of)
        for key, reign in reigns.items()
        if key not in kept
    }


def refitted(shop: Workshop, as_of: datetime, confidence: float = 0.95) -> tuple[Refit, ...]:
    """The limits of the spec's policy, held against what the retrains were worth that each asked for alone."""
    worth = values_so_far(shop, as_of)
    outcomes = []
    for entry in shop.entries():
        value = worth.get(entry.body["decision_id"]) if entry.kind == RETRAINED else None
        if value is not None and value.net is not None:
            decision = decision_of(shop, entry.body["period"], value.decision_id)
            outcomes += [] if decision is None else [Outcome(decision.finding, value.net)]
    return refit(shop.spec.policy, outcomes, confidence)


def _kept(shop: Workshop, ended: Entry) -> RetrainValue | None:
    return shop.values.get(shop.model, ASSET, ended.body["period"], ended.body["decision_id"], RetrainValue)


def _reigns(entries: Sequence[Entry], as_of: datetime) -> Iterator[_Reign]:
    """Every retrain whose version took over from another one by its own release."""
    known = [entry for entry in entries if entry.as_of <= as_of]
    made = {entry.body["version"]: entry for entry in known if entry.kind == RETRAINED}
    takeovers: list[Released | None] = [*released(known), None]
    for place, (each, after) in enumerate(pairwise(takeovers)):
        before = takeovers[place - 1] if place else None
        if each is not None and before is not None and each.how == "release" and each.version in made:
            yield _Reign(made[each.version], before.version, each.as_of, after.as_of if after else None)


class _Answered(NamedTuple):
    """The first whole ripe periods of a reign; `closed`: there will be no others."""

    periods: list[Period]
    closed: bool


def _answered(shop: Workshop, reign: _Reign, as_of: datetime) -> _Answered:
    ripe = ripened(shop, as_of)
    found, waits = [], reign.until is None
    for period in _whole(shop.spec.period, reign.since, reign.until or as_of):
        if period.key in ripe:
            found.append(period)
        else:
            waits = True
        if len(found) == MOST:
            return _Answered(found, True)
    return _Answered(found, not waits)


def _whole(calendar: Calendar, since: datetime, until: datetime) -> Iterator[Period]:
    """The periods that lie between."""
    holding = calendar.holding(since)
    place = 0 if holding is None else calendar.index(holding.key)
    while (period := calendar.at(place)).end <= until:
        if period.start >= since:
            yield period
        place += 1


def _valued(shop: Workshop, reign: _Reign, answered: _Answered, as_of: datetime) -> RetrainValue:
    made = RetrainValue(
        decision_id=reign.ended.body["decision_id"],
        version=reign.ended.body["version"],
        instead=reign.instead,
        metric=shop.spec.primary,
        periods=tuple(period.key for period in answered.periods),
        closed=answered.closed,
        confidence=shop.spec.monitoring.confidence,
    )
    if not answered.periods:
        return made.model_copy(update={"why": "no period that it answered whole is ripe"})
    try:
        interval = _compared(shop, made, as_of)
    except CannotLoad as error:  # a registry that is away comes back: this is not its last word
        return made.model_copy(update={"closed": False, "why": f"the two cannot be compared: {error}"})
    except (MissingColumns, UnfitColumn) as error:
        return made.model_copy(update={"why": f"the two cannot be compared: {error}"})
    found = made.model_copy(update=_bounds(interval, made.metric))
    begun = (e for e in shop.entries() if e.kind == DECIDED and e.body["decision_id"] == made.decision_id)
    took = hours(next(begun, None), reign.ended)
    return priced(found, shop.spec.cost, interval.rows / len(answered.periods), took)


def _compared(shop: Workshop, made: RetrainValue, as_of: datetime) -> Interval:
    """Both versions on the same rows, a period at a time, so that the memory is one period's."""
    newer, older = shop.fitted(made.version), shop.fitted(made.instead)
    parts = []
    for key in made.periods:
        frame = labelled(shop, key, as_of)
        keep = [name for name in ("_label", "_event_time", shop.spec.label.query) if name is not None]
        parts.append((frame[keep], asked(newer, frame), asked(older, frame)))
    rows = pd.concat([frame for frame, _, _ in parts], ignore_index=True)
    both = judged(shop.spec, rows, together([each for _, each, _ in parts]), together([each for _, _, each in parts]))
    days = days_of(rows, shop.spec.period.timezone)
    new, old = both.scores
    return paired(both.labels, new, old, days, metric(made.metric), made.confidence, both.queries)


def _bounds(interval: Interval, name: str) -> dict[str, object]:
    if not np.isfinite(interval.value):
        return {"why": f"{name} is undefined on the {interval.rows} rows"}
    known = np.isfinite(interval.low)
    return {
        "value": interval.value,
        "low": interval.low if known else None,
        "high": interval.high if known else None,
        "rows": interval.rows,
        "days": interval.groups,
    }


def hours(begun: Entry | None, ended: Entry) -> float:
    """What a retrain took, from the line of its decision to its own; 0 where that one is not on record."""
    return (ended.at - (begun or ended).at) / timedelta(hours=1)
