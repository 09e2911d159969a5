"""The split that a ledger says: who answers which share, who scores beside, who stays warm, and who moved it last."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.release.base import Entry, Release, ReleaseState, Stage
from retrain_platform.release.fold import moves_release
from retrain_platform.release.split import Split


def split_of(model: str, entries: Sequence[Entry], state: ReleaseState, *, elsewhere: str | None = None) -> Split:
    """The split after `entries`, in order of `seq`, whose fold is `state`.

    Its own `seq` is that of the last line that moved anything. `elsewhere` names the version that another system
    serves: nobody here can load it, so it has no share.
    """
    moves = [entry for entry in entries if moves_release(entry)]
    if not moves:
        return Split(model=model)
    opened, last = state.open, moves[-1]
    canary = opened if opened is not None and opened.stage is Stage.CANARY else None
    return Split(
        model=model,
        seq=last.seq,
        champion=_here(state.champion, elsewhere),
        canary=None if canary is None else canary.version,
        share=0 if canary is None else canary.share,
        beside=_known(_beside(state, opened), elsewhere),
        warm=_known(_warm(state, opened), elsewhere),
        stage=None if opened is None else opened.stage,
        since=last.at,
        by=last.actor,
        why=last.why,
    )


def _beside(state: ReleaseState, opened: Release | None) -> tuple[str | None, ...]:
    """Who scores what it does not answer: the evidence is paired in every stage."""
    if opened is None or state.champion is None:
        return ()
    if opened.stage is Stage.SHADOW:
        return (opened.version,)
    if opened.stage is Stage.CANARY:
        return (state.champion, opened.version)
    return (opened.previous,) if opened.stage is Stage.BAKE else ()


def _warm(state: ReleaseState, opened: Release | None) -> tuple[str | None, ...]:
    """Who must be able to answer at once: while a version bakes, the champion before it."""
    return (opened.previous,) if opened is not None and opened.stage is Stage.BAKE else ()


def _here(version: str | None, elsewhere: str | None) -> str | None:
    return None if version == elsewhere else version


def _known(versions: Sequence[str | None], elsewhere: str | None) -> tuple[str, ...]:
    return tuple(version for version in versions if version is not None and version != elsewhere)
