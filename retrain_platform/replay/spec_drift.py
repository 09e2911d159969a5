"""Drift on a walk: each period beside the reference that its champion of then would have had, by the steps' rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.drift import Reference
from retrain_platform.monitoring.reference import lead
from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.history import Released
from retrain_platform.policy.reads import segments_read
from retrain_platform.release.advance import open_release
from retrain_platform.release.base import ReleasePlan, ReleaseState
from retrain_platform.replay.cells import Made
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.road import Retrain
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.monitoring.drifting import compared, make_profile
from retrain_platform.steps.monitoring.reference import reference_periods
from retrain_platform.steps.release.releasing import record
from retrain_platform.steps.workshop import Workshop

Read = tuple[str, ...]
"""The segment columns whose drift a policy reads."""


class Answering(NamedTuple):
    """A champion of a walk: its version there, its training, and what that was made of."""

    version: str
    made: Retrain
    of: Made


class SpecDrift:
    """The drift reports of a spec's ground, each made once for the periods of a reference and a period."""

    def __init__(self, ground: Ground, kept: Measured) -> None:
        self._ground, self._kept = ground, kept
        self._profiled = False
        self._shops: dict[tuple[Retrain, str, Read], Workshop] = {}
        self._references: dict[Read, dict[tuple[str, ...], Reference | None]] = {}
        self._found: dict[tuple[Retrain, str, Read, int], DriftReport | None] = {}

    def report(self, policy: Policy, champion: Answering, place: int) -> DriftReport | None:
        """The period's drift beside its champion, with the segments whose noise `policy` reads.

        None where either side has no rows.
        """
        read = tuple(sorted(segments_read(policy)))
        key = (champion.made, champion.version, read, place)
        if key not in self._found:
            self._found[key] = self._report(self.beside(policy, champion), read, place)
        return self._found[key]

    def _report(self, shop: Workshop, read: Read, place: int) -> DriftReport | None:
        """Two champions that learned from the same periods have the same report, but for what is said of them."""
        period = self._ground.periods[place]
        reference = reference_periods(shop, period)

        def made() -> DriftReport | None:
            self._profile()
            return compared(shop, period, reference, within=read)

        ahead = lead(shop.spec.period, reference, period)
        found = self._kept.drift(place, (*reference.periods, f"lead {ahead}", *read), made)
        if found is None:
            return None
        return found.model_copy(update={"basis": reference.basis, "said": reference.said})

    def beside(self, policy: Policy, champion: Answering) -> Workshop:
        """A workshop on whose record the champion answers, and nothing else happened."""
        read = tuple(sorted(segments_read(policy)))
        key = (champion.made, champion.version, read)
        if key not in self._shops:
            shop, references = self._ground.beside(), self._references.setdefault(read, {})
            spec = shop.spec.model_copy(update={"policy": policy})
            shop = replace(shop, spec=spec, references=references)
            _answers(shop, champion, self._ground.periods[champion.made.at])
            self._shops[key] = shop
        return self._shops[key]

    def _profile(self) -> None:
        """Count every period's rows, once, when the first policy reads drift; with labels at once they are the same."""
        shop = self._ground.shop
        if not self._profiled:
            for period in self._ground.periods:
                if shop.values.newest_bytes(shop.model, "profile", period.key) is None:
                    make_profile(shop, period)
            self._profiled = True


def _answers(shop: Workshop, champion: Answering, decided: Period) -> None:
    """Put on record that the version was trained when it was decided, and has answered ever since."""
    snapshot = champion.of.snapshot
    shop.values.put(shop.model, "training_dataset", decided.key, snapshot.decision_id, snapshot)
    body = {
        "decision_id": snapshot.decision_id,
        "period": decided.key,
        "version": champion.version,
        "training_rows": snapshot.rows,
        "seen_until": champion.of.seen_until.isoformat(),
    }
    shop.ledger.append(shop.model, RETRAINED, f"{RETRAINED}:{snapshot.decision_id}", decided.end, body=body)
    first = open_release(ReleaseState(), champion.version, snapshot.decision_id, decided.end, ReleasePlan(), mode="act")
    record(shop, first, key="open", as_of=decided.end, decision_id=snapshot.decision_id)


def champions(released: Sequence[Released], ground: Ground, until: int) -> dict[int, str]:
    """The version that answered when each period up to `until` ended, before anything was decided there."""
    found: dict[int, str] = {}
    for place in range(until + 1):
        there = [each for each in released if each.as_of < ground.periods[place].end]
        if there:
            found[place] = there[-1].version
    return found


def only(report: DriftReport, columns: Mapping[str, object]) -> DriftReport:
    """What of a report is read of segments."""
    kept = {name: values for name, values in report.segments.items() if name in columns}
    return report.model_copy(update={"features": (), "segments": kept, "predictions": None})
