"""The registry's aliases as a projection of the release: applied again by every tick."""

from __future__ import annotations

from retrain_platform.release.alias_names import AliasNames
from retrain_platform.release.base import ReleaseState, Stage


def aliases(state: ReleaseState, names: AliasNames | None = None) -> dict[str, str | None]:
    """The version of each role by its alias; None takes the alias off. The platform touches no other alias.

    The challenger is the canary. All change together when a release moves, since all are read
    from one state.
    """
    opened = state.open
    called = names or AliasNames()
    return {
        called.champion: state.champion,
        called.challenger: opened.version if opened is not None and opened.stage is Stage.CANARY else None,
        called.shadow: opened.version if opened is not None and opened.stage is Stage.SHADOW else None,
    }
