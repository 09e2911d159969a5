"""How a version is released to live traffic: the section `release.live` of a spec."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from retrain_platform.dataset.duration import ClockSpan
from retrain_platform.dataset.memory import Memory
from retrain_platform.dataset.record import Record
from retrain_platform.release.live.freeze import Freeze
from retrain_platform.release.live.measures import ErrorRate, Labels, Latency, LiveMeasure
from retrain_platform.release.live.triggers import Trigger, Triggers

Then = Literal["abort", "go_on", "wait"]
"""What a stage does when its longest time is over and the evidence still says 'not yet'."""


def _growing(value: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
    if not value or value[-1] != 100 or any(a >= b for a, b in pairwise(value)) or value[0] < 1:
        must = "must increase from at least 1 and end at 100, as in [5, 50, 100]"
        raise ValueError(f"{info.field_name} == {list(value)}, {must}")
    return value


Steps = Annotated[tuple[int, ...], AfterValidator(_growing)]
"""Shares of the entities in percent, one a step; the last is all of them."""


class Staging(Record):
    """What must hold on a staging instance before the shadow; None is not asked, but measured.

    All stored smoke requests must be answered as they were at training, and all consumers' contracts must hold.
    `p95` in milliseconds of a request of one row, `cpu` in milliseconds of processor time of one. `longest` is how long
    the verdict may take before the release is aborted.
    """

    memory: Memory | None = None
    p95: float | None = Field(default=None, gt=0)
    cpu: float | None = Field(default=None, gt=0)
    requests: int = Field(default=200, ge=1)
    longest: ClockSpan = timedelta(hours=1)


class Shadow(Record):
    """Every request is scored beside, unused, for `time` and for `requests` of them, whichever comes later."""

    time: ClockSpan = timedelta(hours=1)
    requests: int = Field(default=0, ge=0)
    longest: ClockSpan = timedelta(days=7)
    then: Then = "abort"

    @model_validator(mode="after")
    def _ends(self) -> Shadow:
        if self.longest <= self.time:
            raise ValueError(f"longest == {self.longest}, must be longer than time == {self.time}")
        return self


class _Rollout(Record):
    """How long a step may stay undecided at most, and what then."""

    longest: ClockSpan = timedelta(days=3)
    then: Then = "abort"


class Canary(_Rollout):
    """A growing share of entities: `steps` in percent, each held for `hold`; or from `first`, growing by `by`.

    Given `by`, the steps are `first`, `first` + `by`, ... 100. `hold` is the least time of a step.
    """

    kind: Literal["canary"] = "canary"
    steps: Steps = (5, 50, 100)
    first: int | None = Field(default=None, ge=1, le=99)
    by: int | None = Field(default=None, ge=1, le=99)
    hold: ClockSpan = timedelta(hours=1)

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Canary:
        if (self.first is None) != (self.by is None):
            raise ValueError(f"by == {self.by} with first == {self.first}, must be given together, as in 10 and 15")
        if self.by is not None and "steps" in self.model_fields_set:
            raise ValueError(f"steps == {list(self.steps)} with by == {self.by}, must be only one of them")
        if self.longest <= self.hold:
            raise ValueError(f"longest == {self.longest}, must be longer than hold == {self.hold}")
        return self

    @property
    def shares(self) -> tuple[int, ...]:
        """Percent of entities at each step, ending at 100, the promotion."""
        if self.first is None or self.by is None:
            return self.steps
        return (*range(self.first, 100, self.by), 100)


class ABTest(_Rollout):
    """Half of the entities, or `share` percent, for the whole `time`; then each measure must show what it `must`.

    What is inconclusive at the end keeps the champion. Whatever is worse sends it back before.
    """

    kind: Literal["ab_test"] = "ab_test"
    share: int = Field(default=50, ge=1, le=99)
    time: ClockSpan = timedelta(days=14)
    primary: LiveMeasure = Labels(must="superior")
    secondary: tuple[LiveMeasure, ...] = ()

    @model_validator(mode="after")
    def _primary_decides(self) -> ABTest:
        if self.primary.must == "guard":
            raise ValueError("primary.must == 'guard', must be 'superior' or 'not_worse': it decides the test")
        if "longest" in self.model_fields_set or "then" in self.model_fields_set:
            raise ValueError("longest or then given, must not be: inconclusive after time keeps the champion")
        return self

    @property
    def shares(self) -> tuple[int, ...]:
        """The test's share, then all."""
        return (self.share, 100)

    @property
    def hold(self) -> timedelta:
        """The step's least time: all of it."""
        return self.time


class BlueGreen(_Rollout):
    """From the shadow straight to all traffic; the version before stays warm to return to."""

    kind: Literal["blue_green"] = "blue_green"

    @property
    def shares(self) -> tuple[int, ...]:
        """All at once."""
        return (100,)

    @property
    def hold(self) -> timedelta:
        """There is no step to hold."""
        return timedelta()


Rollout = Annotated[Canary | ABTest | BlueGreen, Field(discriminator="kind")]
"""How the traffic is handed over."""


class Expedited(Record):
    """The shorter road of an urgent release; `through_freeze`: freeze windows do not hold it."""

    shadow: Shadow = Shadow(time=timedelta(minutes=10))
    rollout: Rollout = Canary(steps=(25, 100), hold=timedelta(minutes=15))
    through_freeze: bool = False

    @property
    def parts(self) -> int:
        """The stages and steps that share the level: shadow, each step below 100, and bake."""
        return len(self.rollout.shares) + 1


class Traffic(Record):
    """The least that both sides must have seen in a stage before any verdict of the evidence."""

    calls: int = Field(default=100, ge=1)
    labels: int = Field(default=100, ge=1)


class CheckEvery(Record):
    """A look after the promotion, `every` so long, `until` so long after it."""

    every: ClockSpan
    until: ClockSpan


class LivePlan(Record):
    """How a validated candidate takes over live traffic, and what sends it back.

    `level` is the chance that a version that is no worse than its control is ever sent back by the evidence, over all
    stages, measures and looks together; `confidence` how sure a measure must be, one-sided, to move it up. `mismatch`
    is the level at which shares that are not as they should be stop it. `settle`: a bin counts so long after its end.
    `alike` is the intraclass correlation of the calls of one entity: 0 where they are independent, 1 where they all go
    the same way; in a canary the evidence is then worth as many calls as are left by the design effect,
    1 + (calls of an entity - 1) * `alike`. `failures`: so many bins running in which every call of the
    version failed, and not every one of the control's. `inconclusive`: so many of its least times without a verdict
    end a stage or step, as its `longest` does: whichever comes first. `bake` is the time from the promotion to
    *proven*, `checks` the looks after it.
    """

    staging: Staging | None = Staging()
    shadow: Shadow = Shadow()
    rollout: Rollout = Canary()
    expedited: Expedited | None = None
    bake: ClockSpan = timedelta(days=7)
    freeze: tuple[Freeze, ...] = ()
    traffic: Traffic = Traffic()
    measures: tuple[LiveMeasure, ...] = (ErrorRate(), Latency(), Labels())
    triggers: Triggers = Triggers()
    level: float = Field(default=0.05, gt=0, lt=0.5)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    mismatch: float = Field(default=0.001, gt=0, lt=0.5)
    alike: float = Field(default=0.02, ge=0, le=1)
    settle: ClockSpan = timedelta(seconds=10)
    failures: int = Field(default=3, ge=1)
    inconclusive: int = Field(default=24, ge=1)
    checks: tuple[CheckEvery, ...] = (
        CheckEvery(every=timedelta(hours=2), until=timedelta(days=1)),
        CheckEvery(every=timedelta(days=1), until=timedelta(days=7)),
        CheckEvery(every=timedelta(hours=12), until=timedelta(days=14)),
    )

    @model_validator(mode="after")
    def _each_once(self) -> LivePlan:
        for rollout in (self.rollout, None if self.expedited is None else self.expedited.rollout):
            names = [measure.name for measure in self.asked(rollout)]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"measures == {names}, must name each once: {', '.join(twice)} is there twice")
        return self

    @model_validator(mode="after")
    def _checks_go_on(self) -> LivePlan:
        ends = [each.until for each in self.checks]
        if any(a >= b for a, b in pairwise(ends)):
            raise ValueError(f"checks until == {[str(end) for end in ends]}, must increase")
        return self

    def road(self, *, urgent: bool) -> Expedited:
        """The shadow and the rollout that a release takes."""
        if urgent and self.expedited is not None:
            return self.expedited
        return Expedited(shadow=self.shadow, rollout=self.rollout)

    def asked(self, rollout: Rollout | None) -> tuple[LiveMeasure, ...]:
        """What a rollout is judged by: an A/B test's own measures, then the plan's that it does not name itself."""
        own = (rollout.primary, *rollout.secondary) if isinstance(rollout, ABTest) else ()
        named = {measure.name for measure in own}
        return (*own, *(measure for measure in self.measures if measure.name not in named))

    def undecided(self, held: timedelta, longest: timedelta) -> timedelta:
        """How long a stage or step may stay so, of which these are the least and the longest time."""
        return min(longest, self.inconclusive * held) if held else longest

    def limits(self, *, promoted: bool) -> tuple[Trigger, ...]:
        """The fixed limits that hold before or after the promotion."""
        return self.triggers.during(promoted=promoted)
