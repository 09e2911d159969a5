"""What a live release is judged by: each measure of a version against its control of the same time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from retrain_platform.dataset.record import Record

Must = Literal["superior", "not_worse", "guard"]
"""What a measure must show before a step up: that it is better, that it is not worse by more than the margin, or
nothing: a guard can only send the release back."""

Quantile = Literal["p50", "p95", "p99"]
QUANTILES: dict[Quantile, float] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class _Measure(Record):
    """What every measure says."""

    kind: str
    must: Must = "guard"

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return self.kind


class ErrorRate(_Measure):
    """The share of calls that the version failed; `not_worse_by` is added to the control's share."""

    kind: Literal["error_rate"] = "error_rate"
    must: Must = "not_worse"
    not_worse_by: float = Field(default=0.003, gt=0, lt=1)


class Latency(_Measure):
    """A quantile of the calls' latencies; `not_slower_by` is a share of the control's own."""

    kind: Literal["latency"] = "latency"
    must: Must = "not_worse"
    quantile: Quantile = "p95"
    not_slower_by: float = Field(default=0.10, ge=0.05, le=10)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return f"{self.kind}_{self.quantile}"


class _Rate(_Measure):
    """A share of what people or events said of answers; `of` is the kind of feedback."""

    of: str = Field(min_length=1)
    better: Literal["higher", "lower"] = "higher"

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return f"{self.kind}_{self.of}"


class FeedbackRate(_Rate):
    """The share of feedback of `of` with a value above 0, by the time at which it came."""

    kind: Literal["feedback"] = "feedback"
    not_worse_by: float = Field(default=0.02, gt=0, lt=1)


class EventRate(_Rate):
    """The share of answered rows after which `of` came (a click, a complaint), once `gateway.ripe_after` old."""

    kind: Literal["event"] = "event"
    not_worse_by: float = Field(default=0.01, gt=0, lt=1)


class Labels(_Measure):
    """The mean loss on labelled rows, each within [0, 1]: of the same rows where both versions scored them."""

    kind: Literal["labels"] = "labels"
    not_worse_by: float = Field(default=0.01, gt=0, lt=1)


MEASURES = (ErrorRate, Latency, FeedbackRate, EventRate, Labels)
LiveMeasure = Annotated[ErrorRate | Latency | FeedbackRate | EventRate | Labels, Field(discriminator="kind")]
"""One question to live traffic."""
