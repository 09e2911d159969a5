"""What the walks of a spec measured, kept between replays: readings of models, and drift."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from pydantic import TypeAdapter

from retrain_platform.dataset.record import fingerprint
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance
from retrain_platform.replay.matrix import Kept
from retrain_platform.replay.remembered import Remembered
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.spec.model import ModelSpec


class Measured:
    """Readings and drift reports by what they were made of: one more period, policy or window leaves them standing."""

    def __init__(self, past: SpecPast, kept: Kept) -> None:
        self._past, spec = past, past.ground.shop.spec
        readings: TypeAdapter[PeriodPerformance | None] = TypeAdapter(PeriodPerformance | None)
        reports: TypeAdapter[DriftReport | None] = TypeAdapter(DriftReport | None)
        self._readings = Remembered(kept, f"{_read_as(spec)}-readings", readings)
        self._reports = Remembered(kept, f"{_compared_as(spec)}-drift", reports)

    def reading(
        self, training: str, place: int, at_once: bool, make: Callable[[], PeriodPerformance | None]
    ) -> PeriodPerformance | None:
        """How a training did in a period, with its labels as they came or all at once."""
        digest = self._past.periods[place].digest
        return self._readings.of(f"{training} {digest}{' at once' if at_once else ''}", make)

    def drift(self, place: int, beside: Iterable[str], make: Callable[[], DriftReport | None]) -> DriftReport | None:
        """How far a period is from a reference, which `beside` names."""
        named = hashlib.sha256("\n".join([self._histories[place], *beside]).encode()).hexdigest()[:32]
        return self._reports.of(f"{self._past.ground.periods[place].key} {named}", make)

    def save(self) -> None:
        """Keep what is new."""
        self._readings.save()
        self._reports.save()

    @cached_property
    def _histories(self) -> Sequence[str]:
        """For each period what tells its past from any other: the grids of a column are those that it first had."""
        found, so_far = [], hashlib.sha256()
        for each in self._past.periods:
            so_far.update(f"{each.period.key} {each.digest}\n".encode())
            found.append(so_far.hexdigest())
        return found


def _read_as(spec: ModelSpec) -> str:
    """What of a spec makes a reading, beside the rows and the model."""
    return fingerprint(
        {
            "metrics": list(spec.metrics),
            "segments": list(spec.segments),
            "confidence": spec.monitoring.confidence,
            "min_segment": spec.monitoring.min_segment,
            "timezone": spec.period.timezone,
            "query": spec.label.query,
        }
    )


def _compared_as(spec: ModelSpec) -> str:
    """What of a spec makes a drift report, beside the rows."""
    return fingerprint(
        {
            "model": spec.name,
            "task": spec.task,
            "period": spec.period.model_dump(mode="json"),
            "label": spec.label.model_dump(mode="json"),
            "features": spec.features.model_dump(mode="json"),
            "segments": list(spec.segments),
            "monitoring": spec.monitoring.model_dump(mode="json"),
        }
    )
