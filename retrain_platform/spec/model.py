"""`ModelSpec`: everything that one YAML file says of a model."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from retrain_platform.dataset.checks import ChecksSpec
from retrain_platform.dataset.control import ControlSet
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.places import GATEWAY_COLUMNS, AtGateway
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.recorded import Recorded
from retrain_platform.dataset.rolling import Rolling, rolled_names
from retrain_platform.dataset.source import Source
from retrain_platform.dataset.versions import Versions
from retrain_platform.monitoring.gap import ChallengerSpec
from retrain_platform.monitoring.reference import ChampionReference, ReferenceSpec
from retrain_platform.monitoring.severity import Limits
from retrain_platform.policy import Policy
from retrain_platform.policy.gain import CostSpec
from retrain_platform.release.base import ReleasePlan
from retrain_platform.release.serving import GatewaySpec
from retrain_platform.spec.notify import Notify
from retrain_platform.spec.operation import Operation
from retrain_platform.stats.metrics import DEFAULT_METRICS
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Task
from retrain_platform.validation import Gate
from retrain_platform.validation.card_facts import CardSpec

Mode = Literal["observe", "propose", "act"]


def _known_owner(value: str) -> str:
    team = value.startswith("team:") and len(value) > len("team:")
    if not team and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value):
        raise ValueError(f"owners == {value!r}, must be an e-mail address or 'team:NAME'")
    return value


Owner = Annotated[str, AfterValidator(_known_owner)]
"""Who answers for a model, as Dagster writes it."""


class Features(Record):
    """Which columns are learned from: glob patterns; `exclude` wins over `include`.

    `rolling` makes further features of each entity's past, which are learned from unless they are excluded.
    """

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    rolling: tuple[Rolling, ...] = ()

    @field_validator("rolling")
    @classmethod
    def _each_made_once(cls, value: tuple[Rolling, ...]) -> tuple[Rolling, ...]:
        names = rolled_names(value)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rolling == {', '.join(twice)} by two rules, must make each feature once")
        return value

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the rolling features."""
        return rolled_names(self.rolling)


class Monitoring(Record):
    """What is measured every period. `metrics`: the first is the model's own; empty takes the task's.

    `confidence` is two-sided, of every interval shown; `min_segment` the fewest labelled rows (of
    each class for a binary task, queries for ranking) under which a segment is `cannot tell`. `control` is a table
    that the champion is asked about every period: the same version must give the same scores.
    `measures` are tables of operations and business measures, for policies and screens to judge.
    `challenger` measures what a retrain would gain; without it nothing is fitted for that.
    `reference` says what a period is compared with, `severity` from which PSI on the asset's page calls
    a drift low, moderate or severe; the first `score_periods` periods that a version scored are what
    its later scores are compared with.
    """

    metrics: tuple[str, ...] = ()
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    min_segment: int = Field(default=50, ge=2)
    control: ControlSet | None = None
    measures: tuple[MeasureTable, ...] = ()
    challenger: ChallengerSpec | None = None
    reference: ReferenceSpec = ChampionReference()
    severity: Limits = Limits()
    score_periods: int = Field(default=4, ge=2)


class Validation(Record):
    """The exam: its gates, in the order of the report.

    `level` is the chance, two-sided, that the exam as a whole fails a candidate that is no worse than the
    champion, or passes one that is worse by a margin: all gates and segments share it. `spot_check`
    predictions of the exam's rows are shown in the report for a person to look at, from the lowest score to
    the highest.
    """

    gates: tuple[Gate, ...] = Field(min_length=1)
    level: float = Field(default=0.05, gt=0, lt=0.5)
    spot_check: int = Field(default=0, ge=0, le=100)


class ModelSpec(Record):
    """One model: where its rows come from, when it is retrained, what a candidate must show, how it takes over.

    `mode`: observe (measure, decide, record), propose (train and validate; a person releases), act.
    `versions` declares what makes the rows (encoder, tokenizer, labels, features, ...): where one is raised,
    another world of rows begins, and only its rows are learned from. `predictions` is a table of what another system
    answered, taken for the answers instead of scoring. `gateway` is said where the model is served over HTTP. `card` is
    what the model card says in the owners' own words.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    description: str = ""
    mode: Mode = "observe"
    owners: tuple[Owner, ...] = ()
    task: Task
    period: Calendar
    source: Source
    label: LabelSpec
    predictions: Recorded | None = None
    features: Features = Features()
    versions: Versions = {}
    segments: tuple[str, ...] = ()
    monitoring: Monitoring = Monitoring()
    checks: ChecksSpec = ChecksSpec()
    policy: Policy
    training: LearnerSpec
    validation: Validation
    release: ReleasePlan = ReleasePlan()
    gateway: GatewaySpec | None = None
    operation: Operation = Operation()
    notify: Notify = Notify()
    cost: CostSpec | None = None
    card: CardSpec = CardSpec()

    @property
    def not_features(self) -> tuple[str, ...]:
        """The columns that have another meaning: label, query, times, entity, propensity, the gateway's own."""
        label = (self.label.column, self.label.arrival, self.label.query, self.label.propensity)
        own = GATEWAY_COLUMNS if isinstance(self.source, AtGateway) else ()
        return tuple(name for name in (*label, self.source.event_time, self.source.entity, *own) if name is not None)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured, the model's own metric first."""
        return self.monitoring.metrics or DEFAULT_METRICS[self.task]

    @property
    def primary(self) -> str:
        """The metric that a release is judged by."""
        return self.release.metric or self.metrics[0]

    @property
    def plan(self) -> ReleasePlan:
        """The release section with its metric said."""
        return self.release.model_copy(update={"metric": self.primary})

    def label_wait(self) -> timedelta:
        """From a period's end until its labels can be ripe, in whole periods."""
        length = self.period.length()
        return -(-self.label.delay // length) * length
