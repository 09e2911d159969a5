"""Drift within segments: each judged by itself, all together no more often falsely than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.base import Finding, FindingVerdict
from retrain_platform.policy.history import History
from retrain_platform.policy.streaks import NAMED, comparable, names

_FROM_YES: tuple[FindingVerdict, ...] = ("fired", "holding", "cannot tell", "quiet")


class WithinSegments(Protocol):
    """A policy on features that judges each segment by itself."""

    @property
    def kind(self) -> str:
        """Its name in a spec."""

    @property
    def measure(self) -> str:
        """The score that is judged."""

    @property
    def features(self) -> Sequence[str]:
        """Patterns of those that it watches."""

    @property
    def segments(self) -> Mapping[str, Sequence[str]]:
        """The named values of some segment columns."""

    @property
    def segment_columns(self) -> Sequence[str]:
        """The segment columns within which it judges."""

    def judge(self, reports: Sequence[Sequence[FeatureDrift]], history: History, looks: int | None) -> Finding:
        """The finding of one segment's reports, newest first, among so many looks."""

    def cannot_tell(self, history: History, why: str) -> Finding:
        """A finding that says what is missing."""


class Part(NamedTuple):
    """A segment and what its reports say of its features, newest first; nothing where it has no rows."""

    name: str
    reports: Sequence[Sequence[FeatureDrift]]


def decide_segments(policy: WithinSegments, history: History) -> Finding:
    """The finding of all segments: the most that any of them says, a part each."""
    reports = comparable(history.segment_drift, history.period.key)
    if not reports:
        return policy.cannot_tell(history, f"no drift within segments was measured for {history.period.key}")
    asked = [part for column in policy.segment_columns for part in _parts(policy, column, reports)]
    if not asked:
        columns = ", ".join(policy.segment_columns)
        return policy.cannot_tell(history, f"no segment of {columns} has rows in both the reference and the period")
    looks = sum(names(policy.features, each.feature) for part in asked for each in (part.reports or ((),))[0])
    return _together(policy, [_judged(policy, part, history, looks) for part in asked])


def _parts(policy: WithinSegments, column: str, reports: Sequence[DriftReport]) -> list[Part]:
    values = policy.segments.get(column) or tuple(reports[0].segments.get(column, {}))
    held = [each.segments.get(column, {}) for each in reports]
    return [
        Part(f"{column} = {value}", [each.get(value, ()) for each in held] if value in held[0] else ())
        for value in values
    ]


def _judged(policy: WithinSegments, part: Part, history: History, looks: int) -> Finding:
    if part.reports:
        found = policy.judge(part.reports, history, looks)
    else:
        found = policy.cannot_tell(history, "no rows in the reference or in the period")
    return found.model_copy(
        update={"trigger": f"{policy.kind} {part.name}", "sentence": f"{part.name}: {found.sentence}"}
    )


def _together(policy: WithinSegments, parts: Sequence[Finding]) -> Finding:
    verdict = next(each for each in _FROM_YES if any(part.verdict == each for part in parts))
    deciding = sorted(
        (part for part in parts if part.verdict == verdict),
        key=lambda part: (-part.held, -(part.value or 0.0) / (part.limit or 1.0), part.trigger),
    )
    more = f"; and {len(deciding) - NAMED} more" if len(deciding) > NAMED else ""
    said = "; ".join(part.sentence for part in deciding[:NAMED]) + more
    if verdict == "quiet":
        said = f"{policy.measure} within limits in {len(parts)} segments, nearest {deciding[0].sentence}"
    return deciding[0].model_copy(update={"trigger": policy.kind, "sentence": said, "parts": tuple(parts)})
