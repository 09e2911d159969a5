"""What stops a retrain that would otherwise happen: one way for every reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.base import Action, Finding, held_back
from retrain_platform.policy.calendar import Blackout, local
from retrain_platform.policy.history import History
from retrain_platform.policy.waiting import last_attempt, served
from retrain_platform.policy.wording import periods

MONTH = timedelta(days=30)
"""How far back automatic releases are counted."""


class Stop(NamedTuple):
    """One reason against a retrain now. `action` is asked for instead; `yields` to an urgent one."""

    why: str
    action: Action
    yields: bool


def hold_back(finding: Finding, stops: Sequence[Stop]) -> Finding:
    """`finding`, held back where it fires a retrain, scheduled or at once, and a stop stands against it.

    Where every stop yields and the finding asks for retrain now, it passes, and the stops are
    listed in its `overrides`.
    """
    if not stops or not finding.fired or finding.action.rank < Action.SCHEDULE.rank:
        return finding
    reasons = tuple(stop.why for stop in stops)
    if finding.action is Action.RETRAIN_NOW and all(stop.yields for stop in stops):
        return finding.model_copy(update={"overrides": (*finding.overrides, *reasons)})
    return held_back(finding, reasons, max((stop.action for stop in stops), key=lambda action: action.rank))


def cooldown(span: timedelta | None, history: History) -> tuple[Stop, ...]:
    """The cooldown of `span` since the last attempted retrain, also one that was turned away."""
    since = last_attempt(history)
    if span is None or since is None or served(history, since, span):
        return ()
    why = f"the cooldown of {duration_text(span)} until {(since + span).date()}"
    return (Stop(why, Action.WATCH, yields=True),)


def blackout(ranges: Sequence[Blackout], history: History) -> tuple[Stop, ...]:
    """The days without automatic retrains that today, the local day of `as_of`, lies in."""
    now = local(history)
    return tuple(
        Stop(f"the blackout {each} until {each.ends(now)}", Action.WATCH, yields=True)
        for each in ranges
        if each.holds(now.date())
    )


def between_decisions(span: timedelta | None, history: History) -> tuple[Stop, ...]:
    """The wait for the end of a decision period of `span`, counted from the calendar's start in whole periods."""
    due = next_decision(span, history)
    return (Stop(f"the wait for the next decision, {due}", Action.WATCH, yields=True),) if due else ()


def next_decision(span: timedelta | None, history: History) -> str:
    """When the decision period of `span` ends, in words; empty where it ends now, or none is asked for."""
    ahead = 0 if span is None else -(history.number + 1) % history.periods_in(span)
    return f"due on {(history.as_of + ahead * history.period_length).date()}, in {periods(ahead)}" if ahead else ""


def release_cap(most: int | None, history: History) -> tuple[Stop, ...]:
    """The cap of `most` automatic releases within 30 days; over it, a person is needed."""
    if most is None:
        return ()
    counted = sorted(
        released.as_of
        for released in history.released
        if released.how == "release" and not released.by_hand and not served(history, released.as_of, MONTH)
    )
    if len(counted) < most:
        return ()
    frees = f", the next is free on {(counted[len(counted) - most] + MONTH).date()}" if most else ""
    why = f"the cap of {most} automatic releases in {MONTH.days} days ({len(counted)} so far{frees}; or a person asks)"
    return (Stop(why, Action.INVESTIGATE, yields=True),)
