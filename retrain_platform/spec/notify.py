"""The section `notify`: who is told what, where, how soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from retrain_platform.dataset.duration import ClockSpan
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.secrets import Address

NoticeKind = Literal[
    "decision", "soft_trigger", "hard_trigger", "turned_away", "gate", "opened", "moved", "approval", "rolled_back",
    "ended", "run", "retrains", "champion", "infrastructure", "deadline", "outside",
]  # fmt: skip
"""What a message is about; `docs/notices.md` says which line of the ledger each tells of."""

Severity = Literal["info", "warning", "critical"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From least to most."""

SEVERITY: Mapping[NoticeKind, Severity] = MappingProxyType(
    {
        "decision": "info",
        "soft_trigger": "info",
        "hard_trigger": "warning",
        "turned_away": "warning",
        "gate": "warning",
        "opened": "info",
        "moved": "info",
        "approval": "warning",
        "rolled_back": "critical",
        "ended": "info",
        "run": "critical",
        "retrains": "warning",
        "champion": "critical",
        "infrastructure": "critical",
        "deadline": "warning",
        "outside": "warning",
    }
)
"""How much each kind matters."""


def _an_address(value: Address) -> Address:
    if "://" not in value.get_secret_value():
        raise ValueError("url == '***', must be an address of apprise, as in slack://, mailto://, jsons://")
    return value


class Target(Record):
    """One place that is told. `url` is apprise's address of it, from the environment alone.

    `kinds` are told there (none named: all), from the severity `at_least` on. `owner` is who reads it, one of the
    model's owners; its name stands in the message. `environment`: told only where RETRAIN_ENVIRONMENT says the same.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)
    url: Annotated[Address, AfterValidator(_an_address)]
    kinds: tuple[NoticeKind, ...] = ()
    at_least: Severity = "info"
    owner: str = ""
    environment: str = ""

    def wants(self, kind: NoticeKind, severity: Severity) -> bool:
        """Whether it is told."""
        return (not self.kinds or kind in self.kinds) and rank(severity) >= rank(self.at_least)


class Digest(Record):
    """What can wait: these kinds are told together, once `every` so long; what is critical never waits."""

    every: ClockSpan = timedelta(days=1)
    kinds: tuple[NoticeKind, ...] = ("decision", "soft_trigger", "opened", "moved", "ended")


class Slow(Record):
    """When retrains are in trouble: one took `longer_than`, or of the newest `of` tries `failed_share` failed.

    A try is a run that broke, or a retrain that ended; of fewer than 3 no share is told.
    """

    longer_than: ClockSpan = timedelta(hours=6)
    failed_share: float = Field(default=0.5, gt=0, le=1)
    of: int = Field(default=10, ge=3, le=100)


class Notify(Record):
    """Who is told what happens to the model.

    Of one incident one message is sent, and what follows within `cooldown` is counted into the next, unless it is
    worse. `links` is the gateway's address as people reach it: with it, a message about a version that waits has a
    link to answer by, good for `links_for`. `pages` is Dagster's address, for links to the model's assets.
    """

    targets: tuple[Target, ...] = ()
    cooldown: ClockSpan = timedelta(hours=4)
    digest: Digest | None = None
    retrains: Slow = Slow()
    links: str = ""
    links_for: ClockSpan = timedelta(days=3)
    pages: str = ""

    @field_validator("links", "pages")
    @classmethod
    def _of_the_web(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(f"value == {value!r}, must begin with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _told_apart(self) -> Notify:
        names = [target.name for target in self.targets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"targets == {', '.join(twice)} twice, must each have a name of its own")
        return self

    def here(self, environment: str) -> tuple[Target, ...]:
        """The targets of this environment: those that name it, and those that name none."""
        return tuple(target for target in self.targets if target.environment in ("", environment))


def rank(severity: Severity) -> int:
    """0 for info, 2 for critical."""
    return SEVERITIES.index(severity)
