"""A release as a value: its stages, and the entries of the ledger whose fold it is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import Duration, parse_duration
from retrain_platform.dataset.record import Record
from retrain_platform.release.alias_names import AliasNames
from retrain_platform.release.live.evidence import LiveEvidence
from retrain_platform.release.live.plan import LivePlan, Steps


class Stage(StrEnum):
    """Where a version stands on its way to the traffic."""

    WAITING = "waiting"
    APPROVAL = "approval"
    STAGING = "staging"
    SHADOW = "shadow"
    CANARY = "canary"
    BAKE = "bake"
    DONE = "done"
    ABORTED = "aborted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"

    @property
    def open(self) -> bool:
        """Whether something is still to happen."""
        return self in (Stage.WAITING, Stage.APPROVAL, Stage.STAGING, Stage.SHADOW, Stage.CANARY, Stage.BAKE)


class Entry(Record):
    """One line of the ledger. `seq` counts from 1 within a model; `key` is unique within it.

    `as_of` is the data's time that it belongs to, `at` the wall clock's; `actor` who did it
    ('unattributed' when nobody said).
    """

    seq: int
    model: str
    kind: str
    key: str
    as_of: datetime
    at: datetime
    actor: str
    why: str = ""
    body: dict[str, Any] = {}


class Ledger(Protocol):
    """The append-only truth of what happened."""

    def append(
        self,
        model: str,
        kind: str,
        key: str,
        as_of: datetime,
        *,
        body: dict[str, Any] | None = None,
        actor: str = "platform",
        why: str = "",
        expect: int | None = None,
    ) -> Entry:
        """Add an entry, or return the one that already has `key` (a repeat doubles nothing).

        Raises:
            LedgerMoved: when `expect` is given and is not the model's last `seq`.
        """

    def entries(self, model: str) -> list[Entry]:
        """All entries of the model in order of `seq`."""

    def models(self) -> list[str]:
        """Every model with an entry, sorted."""


class LedgerMoved(RuntimeError):
    """Someone else wrote first: read again, decide again."""


class ReleasePlan(Record):
    """How a validated candidate takes over. Durations are whole ripe periods.

    `canary` are the shares in percent of each step, increasing, ending at 100. `metric` None is
    the model's first. `not_worse_by` is the margin, in the metric's unit; `confidence` two-sided.
    `bake`: how long the previous champion is scored beside the new one, ready to return.
    `patience`: the most ripe periods a stage may stay undecided before the champion is kept.
    `approval`: a person must say yes before the shadow; with `four_eyes` another than who asked for the retrain.
    `quarantine`: after a rollback what the version learned last is left out of training until a person clears it.
    `archive_after`: so long after its way ended a version that nobody may need again is tagged archived; None: never.
    `aliases` are the names that the registry knows champion, challenger and shadow by.
    `live` is said where the model answers live traffic: the release then moves by its evidence and its clock, and a
    spec may not say `shadow`, `canary`, `bake` or `patience` beside it.
    """

    shadow: Duration = Field(default_factory=lambda: parse_duration("1w"))
    canary: Steps = (50, 100)
    bake: Duration = Field(default_factory=lambda: parse_duration("1w"))
    approval: bool = False
    four_eyes: bool = False
    metric: str | None = None
    not_worse_by: float = Field(default=0.01, gt=0)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    patience: int = Field(default=4, ge=1)
    quarantine: bool = True
    aliases: AliasNames = AliasNames()
    archive_after: Duration | None = Field(default_factory=lambda: parse_duration("4w"))
    live: LivePlan | None = None

    @model_validator(mode="after")
    def _somebody_to_ask(self) -> ReleasePlan:
        if self.four_eyes and not self.approval:
            raise ValueError("four_eyes == true with approval == false, must have approval: true")
        return self

    @property
    def by_a_person(self) -> ReleasePlan:
        """The plan of what a person puts on its way: who does so approves it, but where two people must."""
        return self if self.four_eyes else self.model_copy(update={"approval": False})


class Release(Record):
    """One version's way: `share` is the percent of entities it answers now; `step` indexes the canary.

    `previous` is the champion that it replaced; `needs_approval`: a person must say yes before the shadow;
    `needs_staging`: it must hold on a staging instance first; `urgent`: it takes the plan's expedited road.
    """

    version: str
    decision_id: str
    stage: Stage
    share: int = 0
    step: int = 0
    opened_as_of: datetime
    stage_as_of: datetime
    previous: str | None = None
    needs_approval: bool = False
    needs_staging: bool = False
    urgent: bool = False
    sentence: str = ""


class ReleaseState(Record):
    """The fold of the ledger: who answers, who is on the way, what ended. `ended` is oldest first."""

    champion: str | None = None
    released_as_of: datetime | None = None
    proven_as_of: datetime | None = None
    open: Release | None = None
    waiting: Release | None = None
    ended: tuple[Release, ...] = ()

    @property
    def control(self) -> str | None:
        """The version that evidence holds the one under way against: the champion, in bake the one before it.

        None where no evidence is gathered: in no other stage than shadow, canary and bake.
        """
        if self.open is None or self.open.stage not in (Stage.SHADOW, Stage.CANARY, Stage.BAKE):
            return None
        return self.open.previous if self.open.stage is Stage.BAKE else self.champion


class Evidence(Record):
    """The open version against the other on all ripe rows that both scored since the stage began.

    `periods` are the ripe event periods counted; `difference` is open version minus the other (the champion, or in
    bake the previous champion), oriented so that positive is better; `low`/`high` its interval at the plan's
    confidence, corrected for the number of looks. `in_stage` is how many of `periods` are the stage's own, where it
    looks back further; `unscored` how many ripe periods of the stage one of the two could not score.
    """

    version: str
    other: str
    periods: tuple[str, ...]
    rows: int
    difference: float | None
    low: float | None
    high: float | None
    why: str = ""
    in_stage: int | None = None
    unscored: int = 0

    @property
    def clock(self) -> int:
        """The ripe periods that the stage has served: those that both versions scored."""
        return len(self.periods) if self.in_stage is None else self.in_stage


TransitionKind = Literal["opened", "advanced", "promoted", "proven", "aborted", "rolled_back", "rejected", "superseded"]
"""The kinds of ledger entry that the state of a release is folded from."""


class Transition(Record):
    """One move: from stage to stage, and why. `kind` is the ledger entry's kind, `event` the table's name of it.

    `to` is the version that answers after a 'rolled_back'; `needs_approval`, `needs_staging` and `urgent` are kept from
    'opened' on. `live` is the evidence of a live release as it was when it moved.
    """

    kind: TransitionKind
    version: str
    stage: Stage
    event: str = ""
    share: int = 0
    step: int = 0
    to: str | None = None
    needs_approval: bool = False
    needs_staging: bool = False
    urgent: bool = False
    sentence: str
    evidence: Evidence | None = None
    live: LiveEvidence | None = None
