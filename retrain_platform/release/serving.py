"""How a model is served over HTTP: configuration only, the section `gateway` of its spec."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from retrain_platform.dataset.duration import ClockSpan, Duration, parse_duration
from retrain_platform.dataset.label import Task
from retrain_platform.dataset.memory import Memory
from retrain_platform.dataset.record import Record
from retrain_platform.release.exporting import Export
from retrain_platform.release.observed import Prometheus

OWN_NAMES = ("aside", "office", "spool", "staging", "status")
"""What the gateway keeps for itself in the folder that has a place for each model by its name."""


class GatewaySpec(Record):
    """What the gateway does beside answering.

    `private` fields are hashed before they are written anywhere. `extra`: a field that the model does not know is
    refused, or ignored. `durable`: an answer is sent only after its line of the log is on the disk. `most_records` of
    one request, `most_bytes` of its body, `requests_a_second` of one token (None: no limit). `beside` is how many
    requests may wait to be scored off their path before more are dropped and counted. `keep` is how long the log's rows
    stay, `disk` the most bytes of it that wait to be taken over. `events` are the kinds of feedback of which only the
    yes is ever sent (a click, a complaint): they count `ripe_after` the answer. `trusted` are the packages of Python
    whose classes a model of the user's own may be of, beside that of `training.call`: of any other nothing is loaded.
    `contracts` are files of what consumers send and what they count on in the answer (docs/gateway.md), from the
    project's root: a version must keep them all on a staging instance before it is shown a real request.
    `exporters` are told each new split beside this gateway, `observed` is where live evidence is read from where
    another serves.
    """

    private: tuple[str, ...] = ()
    extra: Literal["refuse", "ignore"] = "refuse"
    durable: bool = False
    most_records: int = Field(default=1_000, ge=1)
    most_bytes: Memory = 2 * 2**20
    requests_a_second: float | None = Field(default=None, gt=0)
    beside: int = Field(default=2_000, ge=1)
    keep: Duration = Field(default_factory=lambda: parse_duration("90d"))
    disk: Memory = 2 * 2**30
    events: tuple[str, ...] = ("click", "complaint")
    ripe_after: ClockSpan = timedelta(hours=1)
    trusted: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    exporters: tuple[Export, ...] = ()
    observed: Prometheus | None = None

    @field_validator("contracts")
    @classmethod
    def _of_json(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [path for path in value if not path.endswith(".json")]
        if wrong:
            raise ValueError(f"contracts == {', '.join(wrong)}, must each be a file that ends in .json")
        return value

    @field_validator("keep", "ripe_after")
    @classmethod
    def _some_time(cls, value: timedelta) -> timedelta:
        if value <= timedelta():
            raise ValueError(f"value == {value}, must be > 0h")
        return value


class About(Record):
    """What a worker must know of a model beside its versions, which bring their features with them.

    `event_time`, `entity` and, for ranking, `query` are columns that a request may bring beside the features, `label`
    the column that feedback tells later. `metric` is the one that a release is judged by. `timezone` is that of times
    without one. `trusted` are the packages of Python that versions may name classes of.
    """

    model: str
    description: str = ""
    task: Task
    metric: str = ""
    label: str
    event_time: str | None = None
    entity: str | None = None
    query: str | None = None
    timezone: str = "UTC"
    gateway: GatewaySpec = GatewaySpec()
    trusted: tuple[str, ...] = ()

    @property
    def routed_by(self) -> str | None:
        """The column whose value decides who answers; a list that is ranked is answered whole by one model."""
        return self.query or self.entity
