"""Which version answers an entity: a stable hash, the same in batch and at a gateway."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from retrain_platform.monitoring.reports import Role
from retrain_platform.release.base import Release, ReleaseState, Stage
from retrain_platform.release.table import IllegalMove

_BITS = 48


def share_of(entity: str, version: str) -> float:
    """The entity's place in [0, 100), even and for ever the same.

    `version` salts the hash, so that not the same entities try every new model first.
    """
    digest = hashlib.blake2b(f"{version}\0{entity}".encode(), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest, "big") / float(2**_BITS) * 100


def in_canary(entity: str, release: Release) -> bool:
    """Whether the release answers this entity while it is a canary.

    A larger share keeps every entity of a smaller one; outside the canary nobody is in it.
    """
    return release.stage is Stage.CANARY and share_of(entity, release.version) < release.share


def canary_mask(entities: Sequence[str], release: Release) -> list[bool]:
    """`in_canary` of each row's entity, hashing each distinct entity once."""
    known = {entity: in_canary(entity, release) for entity in set(entities)}
    return [known[entity] for entity in entities]


def route(entity: str, state: ReleaseState) -> str:
    """The version that answers.

    Raises:
        IllegalMove: no model answers yet.
    """
    if state.champion is None:
        raise IllegalMove("no model answers yet: release a first one")
    if state.open is not None and in_canary(entity, state.open):
        return state.open.version
    return state.champion


def scored_versions(state: ReleaseState) -> dict[Role, str]:
    """The versions that score every row of the next period, by role; empty before the first model.

    The canary scores all rows too, so that it is judged paired on all of them: its share only
    limits whom it answers.
    """
    if state.champion is None:
        return {}
    scored: dict[Role, str] = {"champion": state.champion}
    opened = state.open
    if opened is None:
        return scored
    if opened.stage is Stage.SHADOW:
        scored["shadow"] = opened.version
    elif opened.stage is Stage.CANARY:
        scored["canary"] = opened.version
    elif opened.stage is Stage.BAKE and opened.previous is not None:
        scored["previous"] = opened.previous
    return scored
