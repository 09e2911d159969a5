"""What a period is compared with, as the spec says it."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.monitoring.reference import (
    ChampionReference,
    LastReference,
    ReferencePeriods,
    last,
    same_season,
)
from retrain_platform.policy.base import Finding, RetrainDecision
from retrain_platform.policy.history import Champion
from retrain_platform.policy.reads import DRIFT_KINDS
from retrain_platform.steps.champion import champion_at
from retrain_platform.steps.lines import RETRAINED, WATCHED
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop


def reference_periods(shop: Workshop, period: Period) -> ReferencePeriods:
    """The periods that the spec's `monitoring.reference` names for this one, all of them earlier."""
    spec = shop.spec.monitoring.reference
    if isinstance(spec, ChampionReference | LastReference):
        return _plain(shop, period, spec)
    found = same_season(spec, shop.spec.period, period, _held(shop, period))
    if found is not None:
        return found
    instead = _plain(shop, period, spec.otherwise)
    said = f"no two periods of the same season in the last {spec.years} years, so instead {instead.said}"
    return instead.model_copy(update={"said": said})


def _plain(shop: Workshop, period: Period, spec: ChampionReference | LastReference) -> ReferencePeriods:
    champion = champion_at(shop, period)
    learned = _training_periods(shop, period, champion)
    if isinstance(spec, LastReference):
        return last(spec, _sound(shop, period), _Drifted(shop), learned or ())
    if champion is not None and learned is not None:
        said = f"the {len(learned)} periods that version {champion.version} was trained on"
        return ReferencePeriods(periods=tuple(learned), said=said)
    held = _held(shop, period)
    return ReferencePeriods(periods=tuple(held), said=f"all {len(held)} earlier periods: there is no champion yet")


def _training_periods(shop: Workshop, period: Period, champion: Champion | None) -> list[str] | None:
    trained = champion and next(
        (e.body for e in shop.entries() if e.kind == RETRAINED and e.body["decision_id"] == champion.decision_id), None
    )
    if not trained:
        return None
    made = shop.values.get(shop.model, "training_dataset", trained["period"], trained["decision_id"], DatasetSnapshot)
    return None if made is None else [key for key in made.periods if key < period.key]


def _ingested(shop: Workshop, period: Period) -> dict[str, Ingested]:
    return {key: value for key, value in shop.values.all(shop.model, "events", Ingested).items() if key < period.key}


def _held(shop: Workshop, period: Period) -> list[str]:
    """The earlier periods with rows."""
    return [key for key, value in _ingested(shop, period).items() if value.rows]


def _sound(shop: Workshop, period: Period) -> list[str]:
    """The earlier periods with rows in which nothing was broken."""
    return [key for key, value in _ingested(shop, period).items() if value.rows and not value.problems]


class _Drifted:
    """Whether a policy on drift was over its limit in the decision that closed a period."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._closed = {e.body["period"]: e.body["decision_id"] for e in shop.entries() if e.kind == WATCHED}

    def __call__(self, key: str) -> bool:
        if key not in self._closed:
            return False
        shop = self._shop
        closed = shop.values.get(shop.model, "retrain_decision", key, self._closed[key], RetrainDecision)
        return closed is not None and _over([closed.finding])


def _over(findings: Sequence[Finding]) -> bool:
    return any(
        (each.trigger in DRIFT_KINDS and each.verdict in ("fired", "holding")) or _over(each.parts) for each in findings
    )
