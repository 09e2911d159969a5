"""`ModelSpec`: everything that one YAML file says of a model."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from retrain_platform.dataset.checks import ChecksSpec
from retrain_platform.dataset.control import ControlSet
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.source import Source
from retrain_platform.dataset.versions import Versions
from retrain_platform.monitoring.gap import ChallengerSpec
from retrain_platform.monitoring.reference import ChampionReference, ReferenceSpec
from retrain_platform.monitoring.severity import Limits
from retrain_platform.policy import Policy
from retrain_platform.policy.gain import CostSpec
from retrain_platform.release.base import ReleasePlan
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Task
from retrain_platform.validation import Gate

Mode = Literal["observe", "propose", "act"]
DEFAULT_METRICS: dict[str, tuple[str, ...]] = {"binary": ("auc", "log_loss"), "regression": ("rmse", "mae")}


def _known_owner(value: str) -> str:
    team = value.startswith("team:") and len(value) > len("team:")
    if not team and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value):
        raise ValueError(f"owners == {value!r}, must be an e-mail address or 'team:NAME'")
    return value


Owner = Annotated[str, AfterValidator(_known_owner)]
"""Who answers for a model, as Dagster writes it."""


class Features(Record):
    """Which columns are learned from: glob patterns; `exclude` wins over `include`."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()


class Monitoring(Record):
    """What is measured every period. `metrics`: the first is the model's own; empty takes the task's.

    `confidence` is two-sided, of every interval shown; `min_segment` the fewest labelled rows (of
    each class, for a binary task) under which a segment is `cannot tell`. `control` is a table that the
    champion is asked about every period: the same version must give the same scores.
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
    """The exam: its gates, in the order of the report."""

    gates: tuple[Gate, ...] = Field(min_length=1)


class Operation(Record):
    """How runs are asked for. `attempts`: how often the sensors ask for one that failed."""

    attempts: int = Field(default=3, ge=1, le=20)


class ModelSpec(Record):
    """One model: where its rows come from, when it is retrained, what a candidate must show, how it takes over.

    `mode`: observe (measure, decide, record), propose (train and validate; a person releases), act.
    `versions` declares what makes the rows (encoder, tokenizer, labels, features, ...): where one is raised,
    another world of rows begins, and only its rows are learned from.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    description: str = ""
    mode: Mode = "observe"
    owners: tuple[Owner, ...] = ()
    task: Task
    period: Calendar
    source: Source
    label: LabelSpec
    features: Features = Features()
    versions: Versions = {}
    segments: tuple[str, ...] = ()
    monitoring: Monitoring = Monitoring()
    checks: ChecksSpec = ChecksSpec()
    policy: Policy
    training: LearnerSpec
    validation: Validation
    release: ReleasePlan = ReleasePlan()
    operation: Operation = Operation()
    cost: CostSpec | None = None

    @property
    def not_features(self) -> tuple[str, ...]:
        """The columns that have another meaning: label, times, entity, propensity."""
        label = (self.label.column, self.label.arrival, self.label.propensity)
        return tuple(name for name in (*label, self.source.event_time, self.source.entity) if name is not None)

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
