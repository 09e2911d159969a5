"""A split in words: who answers which share, and what a change of it was for."""

from __future__ import annotations

import shlex

from retrain_platform.release.split import Split


def told(split: Split) -> str:
    """Who answers which share, in which stage of a release, who scores beside."""
    if split.champion is None:
        return f"nobody answers yet (503); a first model comes with: retrain run {shlex.quote(split.model)}"
    said = ", ".join(f"version {version} answers {share}%" for version, share in split.shares.items())
    seen = [version for version in split.beside if version not in split.shares]
    said += f", {' and '.join(seen)} scored beside" if seen else ""
    return said if split.stage is None else f"{said} ({split.stage.value})"
