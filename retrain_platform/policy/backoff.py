"""After a no or a failed search the same trigger waits until there is more to learn from, or a person asks."""

from __future__ import annotations

from math import ceil

from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.event import EventPolicy, RequestedPolicy
from retrain_platform.policy.guard import Stop
from retrain_platform.policy.history import SEARCH_FAILED, History, Retrained

PEOPLE = (RequestedPolicy().kind, EventPolicy().kind)
"""The triggers behind which somebody stands: they are heard again at once."""
_NO = {"failed": "the no to the candidate", SEARCH_FAILED: "the failed search"}
"""The verdicts after which the same rows would give the same again, and what is waited out of each.

Refused data is none of them: the rows themselves may have been put right by the next period.
"""


def triggers_of(finding: Finding) -> tuple[str, ...]:
    """The triggers without parts that fire for a retrain, each once."""
    if finding.parts:
        return tuple(dict.fromkeys(name for part in finding.parts for name in triggers_of(part)))
    return (finding.trigger,) if finding.fired and finding.action.retrains else ()


def backoff(finding: Finding, history: History) -> tuple[Stop, ...]:
    """The wait of `finding`'s triggers, where the newest attempt was theirs and came to nothing: its candidate was
    turned away, or no trial of its search could be fitted.

    They wait until the rows that became ripe since are `history.retry_after` of those it was made of. Another
    trigger beside them, an event or a person's request ends the wait, and so does a retrain now.
    """
    last = history.retrained[-1] if history.retrained else None
    fired = triggers_of(finding)
    if last is None or last.verdict not in _NO or last.ripe_until is None or not history.retry_after or not fired:
        return ()
    if not set(fired) <= set(last.triggers) or set(fired) & set(PEOPLE):
        return ()
    needed, new = ceil(history.retry_after * last.training_rows), _new_rows(last, history)
    if new >= needed:
        return ()
    why = (
        f"{_NO[last.verdict]} of {last.as_of.date()}: {' and '.join(fired)} waits for {needed} new ripe rows "
        f"({new} so far; or a person asks)"
    )
    return (Stop(why, Action.WATCH, yields=True),)


def _new_rows(last: Retrained, history: History) -> int:
    until = last.ripe_until
    return sum(period.labelled for period in history.ripe if until is not None and period.start >= until)
