"""Starting points by domain and risk: each resolves to an ordinary policy, as a spec writes it.

The figures are those that teams' own guides name for such models (docs/policies.md says which); none was measured on
the model at hand. A replay is to judge them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.drift import DriftMethod, NewCategoriesPolicy
from retrain_platform.policy.escalation import SHIPPED
from retrain_platform.policy.fields import MetricName, Patterns, Span
from retrain_platform.policy.waiting import shortest_cadence

Domain: TypeAlias = Literal[
    "news",
    "spam",
    "markets",
    "marketplace",
    "social",
    "fraud",
    "moderation",
    "recommendations",
    "account_health",
    "chatbot",
    "credit",
    "advertising",
    "sentiment",
]
Risk = Literal["low", "medium", "high"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
RISKS: tuple[Risk, ...] = get_args(Risk)

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


class Limits(NamedTuple):
    """What one guide asks of its models: drift over a limit for a time, a fall by a share for a time, more rows."""

    method: DriftMethod
    over: float
    dwell: timedelta | None
    falls_by_share: float
    falls_for: timedelta | None
    more_rows: float | None = None


CADENCE_GUIDE = Limits("psi", 0.2, 3 * _DAY, 0.01, 7 * _DAY)
PLAYBOOK = Limits("kl", 0.5, None, 0.1, None)
MODEL_GUIDE = Limits("js", 0.2, None, 0.05, None, more_rows=0.2)


class Habit(NamedTuple):
    """How often such models are retrained, and the limits of the guide that says so."""

    every: timedelta
    limits: Limits


HABITS: dict[Domain, Habit] = {
    "news": Habit(_DAY, CADENCE_GUIDE),
    "spam": Habit(_DAY, CADENCE_GUIDE),
    "markets": Habit(_DAY, PLAYBOOK),
    "marketplace": Habit(_WEEK, CADENCE_GUIDE),
    "social": Habit(_WEEK, CADENCE_GUIDE),
    "fraud": Habit(_WEEK, PLAYBOOK),
    "moderation": Habit(_WEEK, PLAYBOOK),
    "recommendations": Habit(4 * _WEEK, PLAYBOOK),
    "account_health": Habit(4 * _WEEK, MODEL_GUIDE),
    "chatbot": Habit(13 * _WEEK, PLAYBOOK),
    "credit": Habit(13 * _WEEK, PLAYBOOK),
    "advertising": Habit(13 * _WEEK, MODEL_GUIDE),
    "sentiment": Habit(26 * _WEEK, MODEL_GUIDE),
}
"""Of each domain."""

RELEASES_A_MONTH = 2
"""Of a model at high risk at most so many releases by themselves, where its cadence leaves that."""
_FALLS = tuple(row for row in SHIPPED if row.falls_by_share is not None)
_TABLE_RETRAINS = min(row.falls_by_share or 1.0 for row in _FALLS if row.action.retrains)


class Preset(Record):
    """A policy by domain and risk; what is said beside them stands instead of the domain's own.

    `risk` is what a stale or a wrong model costs. Low: the cadence alone. Medium: drift, a confirmed fall and (where
    the guide asks for it) more rows retrain sooner. High: beside these new categories, and the escalation table of
    falls; at most two automatic releases in 30 days, where the cadence leaves that. `every`, `dwell` and `falls_for`
    are lifted to whole periods in which labels can come. `metric` is the model's own unless said.
    """

    kind: Literal["preset"] = "preset"
    domain: Domain
    risk: Risk = "medium"
    every: Span | None = None
    features: Patterns = ("*",)
    over: float | None = Field(default=None, gt=0)
    dwell: Span | None = None
    metric: MetricName | None = None
    falls_by_share: float | None = Field(default=None, gt=0, lt=1)
    falls_for: Span | None = None
    cooldown: Span | None = None
    automatic_releases_a_month: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _nothing_idle(self) -> Preset:
        said = self.model_fields_set & {"features", "over", "dwell", "metric", "falls_by_share", "falls_for"}
        idle = said if self.risk == "low" else set() if self._fall_retrains else said & {"falls_by_share", "falls_for"}
        why = "it is a cadence alone"
        if self.risk != "low":
            why = f"by falls from {_TABLE_RETRAINS:g} on its escalation table retrains; smaller ones can be said"
        for name in sorted(idle):
            value = self.model_dump(mode="json")[name]
            raise ValueError(f"{name} == {value!r}, must be left out at risk {self.risk}: {why}")
        return self

    @property
    def _share(self) -> float:
        return self.falls_by_share or HABITS[self.domain].limits.falls_by_share

    @property
    def _fall_retrains(self) -> bool:
        """Whether a fall is a trigger of its own: at high risk only what the escalation table does not retrain by."""
        return self.risk == "medium" or (self.risk == "high" and self._share < _TABLE_RETRAINS)

    @property
    def usual(self) -> timedelta:
        """The cadence that is said, else the domain's own."""
        return self.every or HABITS[self.domain].every

    def resolved(self, period: timedelta, label_delay: timedelta, metric: str) -> dict[str, Any]:
        """The policy as a spec writes it, for periods so long, labels so late and a model's own metric."""
        least = shortest_cadence(period, label_delay)
        every = max(self.usual, least)
        parts = [{"kind": "schedule", "every": duration_text(every)}]
        if self.risk != "low":
            parts += self._triggers(period, label_delay, self.metric or metric)
        guards: dict[str, Any] = {} if self.cooldown is None else {"cooldown": duration_text(self.cooldown)}
        if (cap := self._cap(every)) is not None:
            guards["automatic_releases_a_month"] = cap
        return {"kind": "any_of", **guards, "policies": parts}

    def _cap(self, every: timedelta) -> int | None:
        if self.automatic_releases_a_month is not None:
            return self.automatic_releases_a_month
        leaves = every * RELEASES_A_MONTH >= timedelta(days=30)
        return RELEASES_A_MONTH if self.risk == "high" and leaves else None

    def _triggers(self, period: timedelta, label_delay: timedelta, metric: str) -> list[dict[str, Any]]:
        usual, features = HABITS[self.domain].limits, list(self.features)
        drift = {"kind": "feature_drift", "features": features, "method": usual.method, "over": self.over or usual.over}
        parts: list[dict[str, Any]] = [drift | _dwell(self.dwell or usual.dwell, period)]
        if self._fall_retrains:
            falls = {"kind": "performance", "metric": metric, "falls_by_share": self._share}
            parts.append(falls | _dwell(max(self.falls_for or usual.falls_for or period, label_delay), period))
        if usual.more_rows is not None:
            parts.append({"kind": "volume", "new_ripe_share": usual.more_rows})
        if self.risk == "high":
            over = NewCategoriesPolicy.model_fields["over"].default
            parts.append({"kind": "new_categories", "features": features, "over": over})
            rows = [row.model_dump(mode="json", exclude_defaults=True) for row in _FALLS]
            parts.append({"kind": "escalation", "metric": metric, "rows": rows})
        return parts


def _dwell(span: timedelta | None, period: timedelta) -> dict[str, str]:
    """The dwell in whole periods, at least one, which need not be said."""
    count = 1 if span is None else -(-span // period)
    return {} if count == 1 else {"dwell": duration_text(count * period)}
