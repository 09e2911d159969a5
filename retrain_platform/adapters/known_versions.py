"""What every registry says of a version that is not registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrain_platform.training.base import AliasTaken, ModelVersion, UnknownVersion


def known_version(version: str, model: str, versions: Sequence[ModelVersion]) -> ModelVersion:
    """The version; one that is not registered is refused.

    Raises:
        UnknownVersion: naming those that are.
    """
    found = next((made for made in versions if made.version == version), None)
    if found is None:
        there = ", ".join(made.version for made in versions) or "those registered: none yet"
        raise UnknownVersion(f"version == {version!r} of model {model!r}, must be one of {there}")
    return found


def of_others(aliases: Mapping[str, str], changed: Sequence[str], versions: Sequence[ModelVersion]) -> list[str]:
    """Those of the aliases that are to change which stand on versions that the platform did not register."""
    ours = {made.version for made in versions if "decision_id" in made.tags}
    return [alias for alias in changed if alias in aliases and aliases[alias] not in ours]


def refuse_taken(model: str, taken: Sequence[str], aliases: Mapping[str, str]) -> None:
    """Say which aliases were left alone.

    Raises:
        AliasTaken: there are some.
    """
    if taken:
        told = ", ".join(f"{alias} (version {aliases[alias]})" for alias in taken)
        raise AliasTaken(
            f"alias == {told} of {model!r}, must be on a version of ours to be moved: somebody else set it; name ours "
            "otherwise, as in release: {aliases: {champion: our_champion}}"
        )
