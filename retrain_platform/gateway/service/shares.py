"""A split in words: who answers which share, and what a change of it was for."""

from __future__ import annotations

import shlex

from retrain_platform.release.split import Split


def shares(split: Split) -> dict[str, int]:
    """The percent of entities that each version answers; empty while nobody does."""
    if split.champion is None:
        return {}
    found = {split.champion: 100 - split.share}
    return found if split.canary is None else {**found, split.canary: split.share}


def told(split: Split) -> str:
    """Who answers which share, in which stage of a release, who scores beside."""
    if split.champion is None:
        return f"nobody answers yet (503); a first model comes with: retrain run {shlex.quote(split.model)}"
    said = ", ".join(f"version {version} answers {share}%" for version, share in shares(split).items())
    seen = [version for version in split.beside if version not in shares(split)]
    said += f", {' and '.join(seen)} scored beside" if seen else ""
    return said if split.stage is None else f"{said} ({split.stage.value})"
