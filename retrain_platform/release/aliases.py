"""The registry's aliases as a projection of the release: applied again by every tick."""

from __future__ import annotations

from retrain_platform.release.base import ReleaseState, Stage

ALIASES = ("champion", "challenger", "shadow")
"""The aliases that the platform sets; it touches no other."""


def aliases(state: ReleaseState) -> dict[str, str | None]:
    """The version of each of `ALIASES`; None takes the alias off.

    The challenger is the canary. All change together when a release moves, since all are read
    from one state.
    """
    opened = state.open
    return {
        "champion": state.champion,
        "challenger": opened.version if opened is not None and opened.stage is Stage.CANARY else None,
        "shadow": opened.version if opened is not None and opened.stage is Stage.SHADOW else None,
    }
