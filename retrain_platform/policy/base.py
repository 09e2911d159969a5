"""What judging and deciding give: `Action`, the `Finding` of a trigger, `RetrainDecision`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.record import Record
from retrain_platform.policy.gain import ExpectedGain


class Action(StrEnum):
    """What a decision asks for, from least to most."""

    NONE = "none"
    WATCH = "watch"
    INVESTIGATE = "investigate"
    SCHEDULE = "schedule"
    RETRAIN = "retrain"
    RETRAIN_NOW = "retrain_now"

    @property
    def rank(self) -> int:
        """Position on the ladder: 0 for none, 5 for retrain now."""
        return list(Action).index(self)

    @property
    def retrains(self) -> bool:
        """Whether a retrain run follows."""
        return self in (Action.RETRAIN, Action.RETRAIN_NOW)


Depth = Literal["incremental", "light", "full"]
"""How much work a retrain is: go on from the champion, train anew with the last best parameters, or search for them."""

DEPTHS: tuple[Depth, ...] = get_args(Depth)
"""From least work to most."""


ChosenWindow: TypeAlias = Literal["all"] | Duration
"""How far back a retrain learns from, where a policy chooses that: all the past, or the newest rows of so long."""


FindingVerdict = Literal["fired", "holding", "quiet", "cannot tell", "held back"]


def asks(verdict: FindingVerdict, action: Action) -> Action:
    """What a trigger whose action is `action` asks for while its verdict is `verdict`."""
    if verdict == "fired":
        return action
    return Action.WATCH if verdict in ("holding", "held back") else Action.NONE


class Finding(Record):
    """What one trigger saw: the value against its limit, how long it has held, and one sentence.

    `fired`: it asks for `action`. `holding`: over the limit, its dwell not yet served. `quiet`:
    within limits. `cannot tell`: too little data, the sentence says what is missing. `held back`:
    it would fire, and a guard (cooldown, cap, open release, broken data) stopped it.
    `parts` are the findings it was composed of. `action` is what it asks for now (while
    holding or held back at most to look into it); `overrides` are the guards that it passed because it was urgent,
    `held_by` those that hold it back. `within` is the time that its action leaves, where the spec says one, `depth`
    how deep it asks the retrain to go, `window` how far back it is to learn from.
    """

    trigger: str
    verdict: FindingVerdict
    action: Action = Action.NONE
    value: float | None = None
    limit: float | None = None
    held: int = 0
    needed: int = 1
    sentence: str
    parts: tuple[Finding, ...] = ()
    overrides: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    within: Duration | None = None
    depth: Depth | None = None
    window: ChosenWindow | None = None

    @property
    def fired(self) -> bool:
        """Whether it asks for its action."""
        return self.verdict == "fired"


def held_back(finding: Finding, reasons: tuple[str, ...], action: Action) -> Finding:
    """`finding`, which would fire, held back for `reasons`; `action` is asked for instead."""
    asked = finding.action.value.replace("_", " ")
    return finding.model_copy(
        update={
            "verdict": "held back",
            "action": action,
            "sentence": f"{asked} held back by {' and '.join(reasons)}: {finding.sentence}",
            "overrides": (),
            "held_by": reasons,
            "within": None,
        }
    )


Urgency = Literal["none", "planned", "soon", "now"]


class RetrainDecision(Record):
    """One per model and tick, yes or no. `id` is a hash of model, policy, `as_of` and evidence.

    `within` is the time that is left for the action, counted from `as_of`, where the spec says one. `opposite`
    says what would have to be otherwise for the other answer (a retrain, or none). `expected_gain` is what a retrain
    now would gain, where it is measured. `depth` is how deep a retrain is to go, `full` where nothing says otherwise,
    `window` how far back it learns from (None: as the spec's training says).
    """

    id: str
    model: str
    period: str
    as_of: datetime
    policy: str
    action: Action
    automatic: bool
    overrides: tuple[str, ...] = ()
    reason: str
    finding: Finding
    answers: tuple[str, ...] = ()
    within: Duration | None = None
    opposite: str = ""
    expected_gain: ExpectedGain | None = None
    depth: Depth = "full"
    window: ChosenWindow | None = None

    @property
    def urgency(self) -> Urgency:
        """How soon: now, within the time that is left, as planned, or nothing is to be done."""
        if self.action is Action.RETRAIN_NOW:
            return "now"
        if self.within is not None:
            return "soon"
        return "planned" if self.action.rank >= Action.SCHEDULE.rank else "none"

    @property
    def by(self) -> datetime | None:
        """When the action should be done; None where the spec leaves no certain time."""
        return None if self.within is None else self.as_of + self.within
