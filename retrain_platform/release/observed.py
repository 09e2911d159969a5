"""Where live evidence is read from where another system serves: counters of a Prometheus server. Configuration only."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from retrain_platform.dataset.duration import ClockSpan
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.secrets import Option, SecretUrl
from retrain_platform.release.live.bins import WIDTH


class Prometheus(Record):
    """Counters by version, read over `/api/v1/query_range`.

    `requests`, `errors` and `latency` are PromQL that selects counters as they are, neither rated nor summed: requests
    answered, requests failed, and the buckets of a latency histogram in seconds. `label` of each series, without
    `prefix`, is the version that answered, as the registry counts it. `every` is how often the counters are scraped,
    in whole tens of seconds; `lag` how long after its end a stretch of time is in the server as a whole.
    """

    kind: Literal["prometheus"] = "prometheus"
    url: SecretUrl
    token: Option | None = None
    requests: str = Field(min_length=1)
    errors: str = Field(min_length=1)
    latency: str | None = None
    label: str = "version"
    prefix: str = ""
    every: ClockSpan = timedelta(seconds=30)
    lag: ClockSpan = timedelta(seconds=30)

    @field_validator("every")
    @classmethod
    def _whole_bins(cls, value: timedelta) -> timedelta:
        if value <= timedelta() or value % WIDTH:
            raise ValueError(f"every == {value}, must be 10s, 20s, 30s, ...: evidence stands in bins of ten seconds")
        return value
