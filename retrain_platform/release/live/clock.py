"""The wall clock's moments of the release under way: what holds, windows and bins are counted from."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.release.base import Entry, ReleaseState
from retrain_platform.release.fold import TRANSITION_KINDS
from retrain_platform.release.live.evidence import StageClock


def stage_clock(entries: Sequence[Entry], state: ReleaseState) -> StageClock | None:
    """When the release under way was opened, and when its stage or step began; None where none is.

    `state` is the fold of `entries`.
    """
    opened = state.open
    if opened is None:
        return None
    own = [entry for entry in entries if entry.kind in TRANSITION_KINDS and entry.body.get("version") == opened.version]
    begun = [place for place, entry in enumerate(own) if entry.kind == "opened"]
    own = own[begun[-1] :] if begun else own  # a person may have opened it again
    return StageClock(opened=own[0].at, stage=own[-1].at)
