"""What would have to be otherwise for a decision to be the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any, NamedTuple

from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.guard import Stop
from retrain_platform.policy.history import History
from retrain_platform.policy.wording import number as plain
from retrain_platform.policy.wording import periods

_CLOCKS = ("schedule", "adaptive")
"""The triggers whose value and limit are days."""
_UNTOLD = 10.0
"""How far away a trigger is counted that cannot be told, or has no limit: farther than any that can."""
_SAID = {
    "requested": ("a person asked for one", "nobody had asked for one"),
    "event": ("an event was filed that asks for one", "no event had been filed"),
    "versions": ("a declared version were raised", "no declared version had changed"),
    "schema": ("a change of the columns were declared (versions.features raised)", "no such change had been declared"),
    "code_changed": ("the code that prepares and fits changed", "that code were the champion's"),
    "no_champion": ("there were no champion", "a version answered"),
}
"""Triggers that have no measure: what would make each fire, and not."""


class Way(NamedTuple):
    """Something that would have to be otherwise, and how far that is: 0 for at once."""

    said: str
    distance: float


class Judged(NamedTuple):
    """A policy, or a row of one, beside what it found."""

    policy: Any
    finding: Finding

    @property
    def retrains(self) -> bool:
        """Whether it fires for a retrain."""
        return self.finding.fired and self.finding.action.retrains

    @property
    def parts(self) -> list[Judged]:
        """What it was composed of: policies, or rows."""
        within: Sequence[Any] = getattr(self.policy, "policies", ()) or getattr(self.policy, "rows", ())
        return [Judged(*pair) for pair in zip(within, self.finding.parts, strict=False)] if self.finding.parts else []

    @property
    def needed(self) -> int:
        """How many of the parts must fire; one of the rows of a table."""
        return int(getattr(self.policy, "needed", 1)) if hasattr(self.policy, "policies") else 1

    @property
    def given(self) -> Action | None:
        """The action that a composition asks for whatever its parts do."""
        return self.policy.action if hasattr(self.policy, "policies") else None


def opposite(parts: Sequence[Judged], finding: Finding, stops: Sequence[Stop], history: History) -> str:
    """One sentence: the change nearest to hand that turns a yes into a no, or a no into a yes.

    `parts` are the policy and what is always listened to, `finding` the decision's, `stops` what stands
    against any retrain now.
    """
    if finding.fired and finding.action.retrains:
        ways = [to_stop(each) for each in parts if each.retrains]
        urgent = (
            f", or if it were not urgent: {_and(finding.overrides)} would hold it back" if finding.overrides else ""
        )
        return f"no retrain would follow if {_and(way.said for way in ways)}{urgent}"
    if any(each.retrains for each in parts):
        return f"a retrain would follow if {_gone(stop.why for stop in stops)}"
    found = [way for each in parts if (way := to_fire(each, history, retrain=True)) is not None]
    nearest = min(found, key=lambda way: way.distance)
    guards = [_gone(stop.why for stop in stops)] if stops else []
    return f"a retrain would follow if {_and([nearest.said, *guards])}"


def to_fire(judged: Judged, history: History, *, retrain: bool) -> Way | None:
    """The nearest change that makes it fire (`retrain`: for a retrain); None where nothing does."""
    if judged.finding.held_by:
        if retrain and not _could_retrain(judged):
            return None
        return Way(_gone(judged.finding.held_by), 0.0)
    if not judged.parts:
        return None if retrain and not _could_retrain(judged) else _leaf_fires(judged, history)
    if retrain and judged.given is not None and not judged.given.retrains:
        return None
    ways = _missing(judged, history, retrain=retrain and judged.given is None)
    guards = [stop.why for stop in judged.policy.stops(history)] if ways and hasattr(judged.policy, "stops") else []
    if not ways:
        return None
    said = [way.said for way in ways] + ([_gone(guards)] if guards else [])
    return Way(_and(said), max(way.distance for way in ways))


def to_stop(judged: Judged) -> Way:
    """The nearest change by which it no longer fires for a retrain."""
    if not judged.parts:
        return _leaf_stops(judged)
    if hasattr(judged.policy, "rows"):
        rows = sorted(judged.parts, key=lambda row: row.finding.limit or 0.0, reverse=True)
        lowest = {row.finding.trigger: row for row in rows if _applies(row)}
        return _all(to_stop(row) for row in lowest.values())
    fired = [each for each in judged.parts if each.finding.fired]
    few = sorted((to_stop(each) for each in fired), key=lambda way: way.distance)[: len(fired) - judged.needed + 1]
    those = [to_stop(each) for each in fired if each.retrains]
    if judged.given is None and 0 < len(those) < len(few):
        return _all(those)
    return _all(few)


def _applies(row: Judged) -> bool:
    """Whether a row of a table asks for a retrain, or would if those before it did not decide."""
    return row.retrains or (bool(row.finding.held_by) and _could_retrain(row))


def _could_retrain(judged: Judged) -> bool:
    if judged.parts:
        given = judged.given
        return given.retrains if given is not None else any(_could_retrain(each) for each in judged.parts)
    asked = (getattr(judged.policy, "action", Action.RETRAIN), getattr(judged.policy, "then", None))
    return any(each is not None and each.retrains for each in asked)


def _missing(judged: Judged, history: History, *, retrain: bool) -> list[Way]:
    """The nearest parts that must fire as well; none where it cannot be."""
    parts = judged.parts
    firing = [each for each in parts if each.finding.fired]
    silent = [each for each in parts if not each.finding.fired]
    lacking, chosen = judged.needed - len(firing), []
    if retrain and not any(each.retrains for each in firing):
        asking = [each for each in parts if not each.retrains]
        found = _ways(asking, history, retrain=True)
        if not found:
            return []
        first, way = found[0]
        chosen.append(way)
        silent = [each for each in silent if each is not first]
        lacking -= not first.finding.fired
    if lacking > 0:
        rest = _ways(silent, history, retrain=False)[:lacking]
        if len(rest) < lacking:
            return []
        chosen += [way for _, way in rest]
    return chosen


def _ways(parts: Iterable[Judged], history: History, *, retrain: bool) -> list[tuple[Judged, Way]]:
    found = [(each, way) for each in parts if (way := to_fire(each, history, retrain=retrain)) is not None]
    return sorted(found, key=lambda pair: pair[1].distance)


def _leaf_fires(judged: Judged, history: History) -> Way:
    finding, name = judged.finding, judged.finding.trigger
    if name in _SAID:
        return Way(_SAID[name][0], _UNTOLD * 2)
    if finding.verdict == "cannot tell" or finding.value is None or finding.limit is None:
        return Way(f"{name} could be told and were over its limit ({finding.sentence})", _UNTOLD)
    more = finding.needed - finding.held
    if name in _CLOCKS:
        return _clock(finding, history)
    if finding.verdict in ("holding", "fired"):
        if more > 0:
            said = f"{name} stayed beyond {_number(finding.limit)} (now {_number(finding.value)}) for {_more(more)}"
            return Way(said, more / finding.needed / 2)
        return Way(f"{name} were confirmed ({finding.sentence})", 0.25)
    verb = "fell below" if _fires_below(judged.policy) else "reached" if name == "volume" else "went over"
    dwell = f" for {periods(finding.needed)}" if finding.needed > 1 else ""
    return Way(f"{name} {verb} {_number(finding.limit)} (now {_number(finding.value)}){dwell}", _gap(finding))


def _clock(finding: Finding, history: History) -> Way:
    if finding.verdict == "holding":
        return Way(f"{finding.trigger} no longer waited ({finding.sentence})", 0.1)
    days = (finding.limit or 0.0) - (finding.value or 0.0)
    ticks = max(1, -int(-days * 86_400 // history.period_length.total_seconds()))
    return Way(
        f"{_number(days)} more days passed without a training ({finding.trigger}: {_more(ticks)})", _gap(finding)
    )


def _leaf_stops(judged: Judged) -> Way:
    finding, name = judged.finding, judged.finding.trigger
    if name in _SAID:
        return Way(_SAID[name][1], _UNTOLD * 2)
    if finding.value is None or finding.limit is None:
        return Way(f"{name} did not fire ({finding.sentence})", _UNTOLD)
    if name in _CLOCKS:
        said = f"the last training were less than {_number(finding.limit)} days ago (now {_number(finding.value)})"
        return Way(f"{said}, so that {name} were not due", _gap(finding))
    verb = "were at least" if _fires_below(judged.policy) else "were below" if name == "volume" else "were at most"
    return Way(f"{name} {verb} {_number(finding.limit)} (now {_number(finding.value)})", _gap(finding))


def _fires_below(policy: Any) -> bool:
    """Whether it fires when its value is too small."""
    side = (
        getattr(policy, "at_least", None) if getattr(policy, "kind", "") == "floor" else getattr(policy, "below", None)
    )
    return side is not None


def _gap(finding: Finding) -> float:
    """How far the value is from the limit, as a share of the larger: 0 where they meet."""
    value, limit = finding.value or 0.0, finding.limit or 0.0
    return abs(limit - value) / max(abs(limit), abs(value), 1e-12)


def _all(ways: Iterable[Way]) -> Way:
    found = list(ways)
    return Way(_and(way.said for way in found), max((way.distance for way in found), default=inf))


def _gone(whys: Iterable[str]) -> str:
    return f"this no longer stood against it: {_and(whys)}"


def _number(value: float) -> str:
    """As sentences write it; what is only rounding is nothing."""
    return plain(round(value, 12))


def _more(count: int) -> str:
    return periods(count, "more")


def _and(said: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(said))
