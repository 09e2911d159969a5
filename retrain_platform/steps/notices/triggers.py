"""Hard triggers, and soft ones with their dwell, from what a period's decision saw."""

from __future__ import annotations

from collections.abc import Iterator

from retrain_platform.policy import POLICIES
from retrain_platform.policy.base import Finding, RetrainDecision
from retrain_platform.policy.compose import leaves
from retrain_platform.policy.wording import number, periods
from retrain_platform.release.base import Entry
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import SEVERITY, NoticeKind
from retrain_platform.steps.notices.base import Notice

PLANNED = frozenset(
    {
        "schedule",
        "volume",
        "adaptive",
        "cost",
        "gap",
        "staleness",
        "python",
        "event",
        "requested",
        "no_champion",
        "broken_data",
    }
)
"""What fires as it was planned, or because somebody asked: the decision tells of it."""
_SOFT = frozenset(
    str(policy.model_fields["kind"].default)
    for policy in POLICIES
    if getattr(policy, "soft", False) or ("soft" in policy.model_fields and policy.model_fields["soft"].default)
)
_TOLD = ("fired", "holding", "held back")


def seen(spec: ModelSpec, entry: Entry, decision: RetrainDecision) -> Iterator[Notice]:
    """A notice for each trigger that fires, holds or is held back; the same streak of it is told once."""
    for finding in _leaves(decision.finding):
        kind = finding.trigger.partition(" ")[0].rstrip(":")
        if finding.verdict in _TOLD and kind not in PLANNED:
            yield _notice(spec, entry, decision, finding, soft=_is_soft(spec, kind))


def _leaves(finding: Finding) -> Iterator[Finding]:
    if not finding.parts:
        yield finding
    for part in finding.parts:
        yield from _leaves(part)


def _is_soft(spec: ModelSpec, kind: str) -> bool:
    """A kind of which the spec says that one is hard counts as hard: better told louder than it is."""
    mine = [getattr(leaf, "soft", False) for leaf in leaves(spec.policy) if leaf.kind == kind]
    return all(mine) if mine else kind in _SOFT


def _notice(spec: ModelSpec, entry: Entry, decision: RetrainDecision, finding: Finding, *, soft: bool) -> Notice:
    kind: NoticeKind = "soft_trigger" if soft else "hard_trigger"
    began = max(0, spec.period.index(decision.period) - max(finding.held, 1) + 1)
    streak = f"{kind}:{finding.trigger}:{finding.verdict}:{spec.period.at(began).key}"
    served = finding.verdict == "fired"
    limit = [] if finding.limit is None else [f"limit {number(finding.limit)}"]
    value = [] if finding.value is None else [f"value {number(finding.value)}"]
    dwell = [f"held {finding.held} of {periods(finding.needed)}"] if finding.needed > 1 else []
    return Notice(
        key=streak,
        incident=f"{kind}:{finding.trigger}:{finding.verdict}",
        kind=kind,
        severity="warning" if served and soft else SEVERITY[kind],
        model=spec.name,
        title=f"{'soft' if soft else 'hard'} trigger {finding.trigger}: {finding.verdict}",
        why=finding.sentence,
        numbers=(*value, *limit, *dwell, f"period {decision.period}"),
        todo=_todo(finding),
        commands=(f"retrain why {spec.name} --at {decision.period}",),
        asset="drift_report" if not soft else "performance_report",
        seq=entry.seq,
        at=entry.at,
    )


def _todo(finding: Finding) -> str:
    if finding.verdict == "fired":
        return "Nothing, where the decision answers it by itself; look at what was seen."
    if finding.verdict == "held back":
        return f"Look at what holds it back: {' and '.join(finding.held_by) or 'see the sentence'}."
    return "Nothing yet: it has not held for its dwell."
