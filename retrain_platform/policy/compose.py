"""Policies made of policies, and the family as one visible union."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.adaptive import AdaptivePolicy
from retrain_platform.policy.base import Action, Depth, Finding, FindingVerdict
from retrain_platform.policy.calendar import Blackout
from retrain_platform.policy.concept import CalibrationPolicy, ConceptDriftPolicy
from retrain_platform.policy.correlation import CorrelationPolicy
from retrain_platform.policy.cost import CostPolicy
from retrain_platform.policy.depth import asked_depth
from retrain_platform.policy.drift import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.error_stream import ErrorStreamPolicy
from retrain_platform.policy.escalation import EscalationPolicy
from retrain_platform.policy.estimate import EstimatePolicy
from retrain_platform.policy.event import EventPolicy, NoChampionPolicy, RequestedPolicy
from retrain_platform.policy.fields import Span
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.gap import GapPolicy
from retrain_platform.policy.guard import (
    Stop,
    between_decisions,
    blackout,
    cooldown,
    hold_back,
    next_decision,
    release_cap,
)
from retrain_platform.policy.history import History
from retrain_platform.policy.measure import MeasurePolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.python import PythonPolicy
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.policy.screening import Screen, screened
from retrain_platform.policy.severe import SevereFeaturesPolicy
from retrain_platform.policy.shift import PredictionDriftPolicy, SegmentMixPolicy
from retrain_platform.policy.staleness import StalenessPolicy
from retrain_platform.policy.versions import CodeChangedPolicy, SchemaPolicy, VersionsPolicy
from retrain_platform.policy.volume import VolumePolicy

VERDICTS: tuple[FindingVerdict, ...] = ("quiet", "cannot tell", "holding", "held back", "fired")
"""From no to yes. With 'cannot tell' between them this is Kleene's strong three-valued logic: any
is the greatest verdict, all the least, at least n the n-th greatest."""


class Composition(Record):
    """Asks its policies and fires when enough of them fire; its guards can hold that back.

    It asks for the highest action among the parts that fired, or for `action` where that is given; for the deepest
    retrain that those ask for (one that says nothing asks for a full one), or for `depth`.
    `cooldown` counts from the last attempted retrain; `automatic_releases_a_month` is the most
    within 30 days; `blackouts` are days without automatic retrains. With `decide_every` its policies are judged
    every period, so that dwell counts periods, and it retrains only when that many have passed, counted from the
    calendar's start; every period between says when the next decision is due. A retrain now passes them all, on record.
    Soft triggers, also those of compositions within, are screened before they are counted: by faults of the data
    always, by the measures of `screens` where given.
    """

    kind: str
    policies: tuple[Policy, ...] = Field(min_length=1)
    action: Action | None = None
    depth: Depth | None = None
    decide_every: Span | None = None
    cooldown: Span | None = None
    automatic_releases_a_month: int | None = Field(default=None, ge=0)
    blackouts: tuple[Blackout, ...] = ()
    screens: tuple[Screen, ...] = ()

    @property
    @abstractmethod
    def needed(self) -> int:
        """How many of the policies must fire."""

    def decide(self, history: History) -> Finding:
        """Judge every policy, count, and apply the guards. `value` is how many fired, `limit` how many must."""
        return self.judged_within(history, ())

    def judged_within(self, history: History, screens: tuple[Screen, ...]) -> Finding:
        """As `decide`, with the screens of the compositions around it."""
        within = (*screens, *self.screens)
        parts = tuple(judged(policy, history, within) for policy in self.policies)
        found = hold_back(combine(self.kind, parts, self.needed, self.action, self.depth), self.stops(history))
        due = next_decision(self.decide_every, history)
        if not due or found.held_by or found.overrides:
            return found
        return found.model_copy(update={"sentence": f"{found.sentence}; the next decision is {due}"})

    def stops(self, history: History) -> tuple[Stop, ...]:
        """The guards that stand against a retrain now."""
        return (
            between_decisions(self.decide_every, history)
            + cooldown(self.cooldown, history)
            + release_cap(self.automatic_releases_a_month, history)
            + blackout(self.blackouts, history)
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        parts = "; ".join(policy.describe() for policy in self.policies)
        guards = [] if self.decide_every is None else [f"a decision every {duration_text(self.decide_every)}"]
        guards += [] if self.cooldown is None else [f"cooldown {duration_text(self.cooldown)}"]
        if self.automatic_releases_a_month is not None:
            guards.append(f"at most {self.automatic_releases_a_month} automatic releases in 30 days")
        guards += [f"nothing automatic in {each}" for each in self.blackouts]
        if self.screens:
            guards.append(f"soft triggers not believed with {' or '.join(one.describe() for one in self.screens)}")
        asked = "" if self.action is None else f"{self.action} when "
        asked += "" if self.depth is None else f"(depth {self.depth}) "
        return f"{asked}{self._heading()} of [{parts}]" + "".join(f", {guard}" for guard in guards)

    def _heading(self) -> str:
        return self.kind.removesuffix("_of")


class AnyOf(Composition):
    """Fires when one of its policies fires."""

    kind: Literal["any_of"] = "any_of"

    @property
    def needed(self) -> int:
        """One."""
        return 1


class AllOf(Composition):
    """Fires when all of its policies fire."""

    kind: Literal["all_of"] = "all_of"

    @property
    def needed(self) -> int:
        """All."""
        return len(self.policies)


class AtLeast(Composition):
    """Fires when `n` of its policies fire."""

    kind: Literal["at_least"] = "at_least"
    n: int = Field(ge=1)

    @model_validator(mode="after")
    def _reachable(self) -> AtLeast:
        if self.n > len(self.policies):
            raise ValueError(f"n == {self.n}, must be at most the number of policies, {len(self.policies)}")
        return self

    @property
    def needed(self) -> int:
        """`n`."""
        return self.n

    def _heading(self) -> str:
        return f"at least {self.n}"


def leaves(policy: Policy) -> Iterator[Policy]:
    """The policies that are no compositions, at any depth, in their order."""
    yield from (leaf for _, leaf in placed(policy, ""))


def placed(policy: Policy, path: str) -> Iterator[tuple[str, Policy]]:
    """`leaves`, each with its place below `path`, as in 'policy.policies[1]'."""
    if not isinstance(policy, Composition):
        yield path, policy
        return
    for position, part in enumerate(policy.policies):
        yield from placed(part, f"{path}.policies[{position}]")


def judged(policy: Policy, history: History, screens: tuple[Screen, ...] = ()) -> Finding:
    """What the policy says, soft triggers screened."""
    if isinstance(policy, Composition | EscalationPolicy | AdaptivePolicy):
        return policy.judged_within(history, screens)
    return screened(policy, policy.decide(history), history, screens)


def combine(
    trigger: str, parts: Sequence[Finding], needed: int, action: Action | None = None, depth: Depth | None = None
) -> Finding:
    """One finding of several: the `needed`-th greatest verdict, and the highest action among its holders.

    `action` replaces that action where the parts fire together, `depth` how deep they ask the retrain to go.
    """
    verdict = sorted((part.verdict for part in parts), key=VERDICTS.index, reverse=True)[needed - 1]
    deciding = [part for part in parts if part.verdict == verdict]
    asked = max((part.action for part in deciding), key=lambda candidate: candidate.rank)
    fired = [part for part in parts if part.fired]
    times = [part.within for part in deciding if part.within is not None and part.action == asked]
    return Finding(
        trigger=trigger,
        verdict=verdict,
        action=action if action is not None and verdict == "fired" else asked,
        value=len(fired),
        limit=needed,
        sentence=_sentence(deciding, len(fired), needed, len(parts)),
        parts=tuple(parts),
        overrides=tuple(dict.fromkeys(text for part in fired for text in part.overrides)),
        within=min(times, default=None),
        depth=asked_depth(parts, depth) if verdict == "fired" else None,
        window=next((part.window for part in fired if part.window is not None), None) if verdict == "fired" else None,
    )


def _sentence(deciding: Sequence[Finding], fired: int, needed: int, parts: int) -> str:
    """Where one part is enough, those that ask for most are the reason; else all that decide."""
    most = max(part.action.rank for part in deciding)
    said = "; ".join(part.sentence for part in deciding if needed > 1 or part.action.rank == most)
    if parts == 1:
        return said
    if deciding[0].verdict == "quiet" and fired == 0:
        return f"none of its {parts} triggers fires"
    return said if needed == 1 else f"{fired} of {parts} fire, {needed} needed: {said}"


Policy = Annotated[
    SchedulePolicy
    | VolumePolicy
    | FeatureDriftPolicy
    | NewCategoriesPolicy
    | SevereFeaturesPolicy
    | CorrelationPolicy
    | SegmentMixPolicy
    | PredictionDriftPolicy
    | PerformancePolicy
    | FloorPolicy
    | CalibrationPolicy
    | ConceptDriftPolicy
    | ErrorStreamPolicy
    | EstimatePolicy
    | GapPolicy
    | CostPolicy
    | StalenessPolicy
    | MeasurePolicy
    | VersionsPolicy
    | SchemaPolicy
    | CodeChangedPolicy
    | PythonPolicy
    | AdaptivePolicy
    | EscalationPolicy
    | EventPolicy
    | RequestedPolicy
    | NoChampionPolicy
    | AnyOf
    | AllOf
    | AtLeast,
    Field(discriminator="kind"),
]
"""Everything that can stand in a spec's `policy:`."""

for _composition in (Composition, AnyOf, AllOf, AtLeast):
    _composition.model_rebuild()
