"""After a rollback nothing is retrained by itself from the same rows: what the version learned last is held back."""

from __future__ import annotations

from math import ceil

from retrain_platform.policy.backoff import PEOPLE, triggers_of
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.guard import Stop
from retrain_platform.policy.history import History, Quarantine


def after_rollback(finding: Finding, history: History) -> tuple[Stop, ...]:
    """The wait after the newest rollback, until the rows that became ripe since are enough to learn something else.

    Enough are `history.retry_after` of those that the version was made of. An event or a person's request among the
    triggers ends the wait, so does clearing the quarantine, and so does a retrain now.
    """
    standing = [each for each in history.quarantined if not each.cleared]
    fired = triggers_of(finding)
    if not standing or not fired or set(fired) & set(PEOPLE):
        return ()
    last = standing[-1]
    needed, new = ceil(history.retry_after * last.training_rows), new_rows(last, history)
    if new >= needed:
        return ()
    why = (
        f"the rollback of version {last.version} on {last.as_of.date()}: what it learned last may be at fault, "
        f"{needed} new ripe rows are waited for ({new} so far; or a person asks, or clears the quarantine)"
    )
    return (Stop(why, Action.WATCH, yields=True),)


def new_rows(of: Quarantine, history: History) -> int:
    """The labelled rows that became ripe behind the window in quarantine."""
    return sum(period.labelled for period in history.ripe if period.start >= of.until)
