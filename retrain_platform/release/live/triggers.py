"""Fixed limits that send a live release back at once, each over a window of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from retrain_platform.dataset.duration import ClockSpan
from retrain_platform.dataset.record import Record
from retrain_platform.release.live.bins import WIDTH
from retrain_platform.release.live.measures import Quantile


def _a_bin(value: timedelta) -> timedelta:
    if value < WIDTH:
        raise ValueError(f"over == {value}, must be at least {WIDTH.total_seconds():.0f}s, the length of a bin")
    return value


Over = Annotated[ClockSpan, AfterValidator(_a_bin)]
"""The time that a trigger looks back over; the window must lie within the stage."""

FEWEST = 3
"""One or two failed calls are nobody's rate."""


class _Limit(Record):
    """Looks back over `over`, and is not asked of fewer than `least` calls or labels."""

    kind: str
    over: Over
    least: int = Field(default=100, ge=1)


class ErrorRateOver(_Limit):
    """More than the share `limit` of the window's calls failed, at least `FEWEST`."""

    kind: Literal["error_rate"] = "error_rate"
    limit: float = Field(gt=0, lt=1)


class LatencyOver(_Limit):
    """The window's quantile lies above `milliseconds`."""

    kind: Literal["latency"] = "latency"
    quantile: Quantile
    milliseconds: float = Field(gt=0)


class AccuracyUnder(_Limit):
    """1 less the mean loss of the labels that came in the window lies under `limit`."""

    kind: Literal["accuracy"] = "accuracy"
    limit: float = Field(gt=0, lt=1)


class QualityFall(_Limit):
    """1 less the mean loss fell by more than `by` under the other version's, in the window's labels (an MRR's fall)."""

    kind: Literal["quality_fall"] = "quality_fall"
    by: float = Field(gt=0, lt=1)


TRIGGERS = (ErrorRateOver, LatencyOver, AccuracyUnder, QualityFall)
Trigger = Annotated[ErrorRateOver | LatencyOver | AccuracyUnder | QualityFall, Field(discriminator="kind")]
"""A limit that is not argued with."""

_5, _10, _30 = (timedelta(minutes=count) for count in (5, 10, 30))


class Triggers(Record):
    """The limits during the rollout and after it; a list that is given stands instead of the preset's.

    `shipped`: error rate 1% and p95 300 ms over 10 minutes, after the promotion 2% and p99 500 ms over 5. `playbook`:
    error rate 5% and p95 5 s over 10 minutes, accuracy 0.75 over `accuracy_over` (None: left out), in
    both.
    """

    preset: Literal["shipped", "playbook", "none"] = "shipped"
    rollout: tuple[Trigger, ...] | None = None
    after: tuple[Trigger, ...] | None = None
    accuracy_over: Over | None = _30

    def during(self, *, promoted: bool) -> tuple[Trigger, ...]:
        """The limits that hold before or after the promotion."""
        given = self.after if promoted else self.rollout
        if given is not None:
            return given
        if self.preset == "shipped":
            return _SHIPPED_AFTER if promoted else _SHIPPED_ROLLOUT
        return () if self.preset == "none" else self._playbook()

    def _playbook(self) -> tuple[Trigger, ...]:
        fast: tuple[Trigger, ...] = (
            ErrorRateOver(limit=0.05, over=_10),
            LatencyOver(quantile="p95", milliseconds=5_000, over=_10),
        )
        return fast if self.accuracy_over is None else (*fast, AccuracyUnder(limit=0.75, over=self.accuracy_over))


_SHIPPED_ROLLOUT: tuple[Trigger, ...] = (
    ErrorRateOver(limit=0.01, over=_10),
    LatencyOver(quantile="p95", milliseconds=300, over=_10),
)
_SHIPPED_AFTER: tuple[Trigger, ...] = (
    ErrorRateOver(limit=0.02, over=_5),
    LatencyOver(quantile="p99", milliseconds=500, over=_5),
)
