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


class ErrorRate(Record):
    """The share of calls that the version failed; `not_worse_by` is added to the control's share."""

    kind: Literal["error_rate"] = "error_rate"
    must: Must = "not_worse"
    not_worse_by: float = Field(default=0.003, gt=0, lt=1)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return self.kind


class Latency(Record):
    """A quantile of the calls' latencies; `not_slower_by` is a share of the control's own."""

    kind: Literal["latency"] = "latency"
    must: Must = "not_worse"
    quantile: Quantile = "p95"
    not_slower_by: float = Field(default=0.10, ge=0.05, le=10)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return f"latency_{self.quantile}"


class FeedbackRate(Record):
    """The share of feedback of `of` with a value above 0, by the time at which it came."""

    kind: Literal["feedback"] = "feedback"
    must: Must = "guard"
    of: str = Field(min_length=1)
    better: Literal["higher", "lower"] = "higher"
    not_worse_by: float = Field(default=0.02, gt=0, lt=1)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return f"feedback_{self.of}"


class EventRate(Record):
    """The share of answered rows after which `of` came (a click, a complaint), once `gateway.ripe_after` old."""

    kind: Literal["event"] = "event"
    must: Must = "guard"
    of: str = Field(min_length=1)
    better: Literal["higher", "lower"] = "higher"
    not_worse_by: float = Field(default=0.01, gt=0, lt=1)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return f"event_{self.of}"


class Labels(Record):
    """The mean loss on labelled rows, each within [0, 1]: of the same rows where both versions scored them."""

    kind: Literal["labels"] = "labels"
    must: Must = "guard"
    not_worse_by: float = Field(default=0.01, gt=0, lt=1)

    @property
    def name(self) -> str:
        """What readings and sentences call it."""
        return self.kind


MEASURES = (ErrorRate, Latency, FeedbackRate, EventRate, Labels)
LiveMeasure = Annotated[ErrorRate | Latency | FeedbackRate | EventRate | Labels, Field(discriminator="kind")]
"""One question to live traffic."""
