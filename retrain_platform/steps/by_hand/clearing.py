"""A person lets the rows in again that a version learned last before it was rolled back."""

from __future__ import annotations

from retrain_platform.policy.history import Quarantine
from retrain_platform.release.base import Ledger
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import Act, NotNow, reason
from retrain_platform.steps.by_hand.asking import put_on_record
from retrain_platform.steps.lines import CLEARED, on_calendar
from retrain_platform.steps.release.quarantine import quarantines


def clear(spec: ModelSpec, ledger: Ledger, act: Act, version: str | None = None) -> Quarantine:
    """End the quarantine of `version`'s rows, None: of the newest; gives it as it stood.

    Raises:
        NotNow: no rows of it are in quarantine; somebody else wrote first.
        WrongUse: no reason.
    """
    reason(act.why)
    entries = on_calendar(spec.period, ledger.entries(spec.name))
    standing = [each for each in quarantines(spec, entries) if not each.cleared]
    meant = [each for each in standing if version in (None, each.version)]
    if not meant:
        of = f"those of version {', '.join(each.version for each in standing)} are" if standing else "none are"
        raise NotNow(f"no rows of version {version or 'any'} are in quarantine; {of}")
    put_on_record(spec, ledger, entries, CLEARED, act, {"version": meant[-1].version})
    return meant[-1]
