"""A person lets the rows in again that a version learned last before it was rolled back."""

from __future__ import annotations

from retrain_platform.policy.history import Quarantine
from retrain_platform.release.base import Ledger, LedgerMoved
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import Act, NotNow, last_line, moved_meanwhile, reason
from retrain_platform.steps.lines import CLEARED, on_calendar
from retrain_platform.steps.release.live_time import data_time
from retrain_platform.steps.release.quarantine import quarantines


def clear(spec: ModelSpec, ledger: Ledger, act: Act, version: str | None = None) -> Quarantine:
    """End the quarantine of `version`'s rows, None: of the newest; gives it as it stood.

    Raises:
        NotNow: no rows of it are in quarantine; somebody else wrote first.
        WrongUse: no reason.
    """
    why, entries = reason(act.why), on_calendar(spec.period, ledger.entries(spec.name))
    standing = [each for each in quarantines(spec, entries) if not each.cleared]
    meant = [each for each in standing if version in (None, each.version)]
    if not meant:
        of = f"those of version {', '.join(each.version for each in standing)} are" if standing else "none are"
        raise NotNow(f"no rows of version {version or 'any'} are in quarantine; {of}")
    last, body = last_line(entries, act), {"version": meant[-1].version}
    try:
        ledger.append(
            spec.name,
            CLEARED,
            f"{CLEARED}:{last + 1}",
            data_time(spec, entries),
            body=body,
            actor=act.actor,
            why=why,
            expect=last,
        )
    except LedgerMoved:
        raise moved_meanwhile(spec.name) from None
    return meant[-1]
