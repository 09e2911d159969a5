"""Old versions are archived: tagged, and kept. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from retrain_platform.release.base import Release, ReleaseState
from retrain_platform.release.fold import moves_release
from retrain_platform.steps.lines import ARCHIVED
from retrain_platform.steps.release.fitness import return_target
from retrain_platform.steps.release.quarantine import quarantines
from retrain_platform.steps.workshop import Workshop

TAG = "archived"
"""The registry's tag, with the day of the data's time."""


def archive(shop: Workshop, state: ReleaseState, as_of: datetime) -> tuple[str, ...]:
    """Tag every version whose way ended `release.archive_after` ago, once; gives those that are new.

    Who answers, who is on the way, who a rollback returns to, and who was rolled back while its rows are in quarantine
    are spared; so is one that carries an alias of anybody's.
    """
    after, found = shop.spec.release.archive_after, []
    if after is None:
        return ()
    entries = shop.entries()
    done = {entry.key for entry in entries if entry.kind == ARCHIVED}
    ended = {str(entry.body["version"]): entry.seq for entry in entries if moves_release(entry)}
    due = [each for each in _needless(shop, state) if each.stage_as_of + after <= as_of]
    due = [each for each in due if f"{ARCHIVED}:{each.version}:{ended.get(each.version)}" not in done]
    named = set(shop.registry.aliases(shop.model).values()) if due else set()
    for each in due:
        if each.version in named:
            continue
        why = f"version {each.version} ended {each.stage.value.replace('_', ' ')} on {each.stage_as_of:%Y-%m-%d}"
        shop.registry.tag(shop.model, each.version, {TAG: f"{as_of:%Y-%m-%d}"})
        key = f"{ARCHIVED}:{each.version}:{ended.get(each.version)}"
        shop.ledger.append(shop.model, ARCHIVED, key, as_of, body={"version": each.version}, why=why)
        found.append(each.version)
    return tuple(found)


def _needless(shop: Workshop, state: ReleaseState) -> Iterator[Release]:
    """The versions that have ended and that nobody may need again."""
    spared = {state.champion, return_target(state)}
    spared |= {each.version for each in quarantines(shop.spec, shop.entries()) if not each.cleared}
    for each in state.ended:
        if each.version not in spared and not shop.is_outside(each.version):
            yield each
