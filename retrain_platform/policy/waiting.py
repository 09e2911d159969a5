"""How long a history has waited, and until when it will: blind to the clock changes of its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from retrain_platform.policy.base import DEPTHS, Depth
from retrain_platform.policy.history import History

_CLOCK_CHANGE = timedelta(hours=1)


def waited(history: History, since: datetime) -> timedelta:
    """The true time from `since` to the history's `as_of`.

    In UTC, for Python subtracts the wall clocks of two moments in one zone, and a moment that was
    read back from JSON is in another zone than one from the calendar.
    """
    return history.as_of.astimezone(UTC) - since.astimezone(UTC)


def served(history: History, since: datetime, span: timedelta) -> bool:
    """Whether `span` has passed since `since`: eight weeks across a clock change are still eight weeks."""
    return waited(history, since) + _slack(history) >= span


def last_attempt(history: History, depth: Depth = "incremental") -> datetime | None:
    """When a retrain was last attempted, turned away or not; None when there never was one.

    With a `depth` only one as deep counts, or the first of all where none was.
    """
    attempts = [(retrained.as_of, retrained.depth) for retrained in history.retrained]
    if history.champion is not None:
        known = {retrained.decision_id: retrained.depth for retrained in history.retrained}
        attempts.append((history.champion.trained_as_of, known.get(history.champion.decision_id, "full")))
    deep = [moment for moment, went in attempts if DEPTHS.index(went) >= DEPTHS.index(depth)]
    return max(deep, default=min((moment for moment, _ in attempts), default=None))


def shortest_cadence(period_length: timedelta, label_delay: timedelta) -> timedelta:
    """The shortest time in which a new period can close and ripen: a faster cadence has nothing to learn from.

    >>> shortest_cadence(timedelta(weeks=1), timedelta(days=10)) // timedelta(weeks=1)
    3
    """
    return period_length - (-label_delay // period_length) * period_length


def first_tick(history: History, moment: datetime) -> date:
    """The local day of the first decision after this one that is not before `moment`."""
    ahead = -waited(history, moment) - _slack(history)
    ticks = max(1, -(-ahead // history.period_length))
    return (history.as_of + ticks * history.period_length).date()


def _slack(history: History) -> timedelta:
    """An hour at most, and never so much that another period would do."""
    return min(_CLOCK_CHANGE, history.period_length / 2)
