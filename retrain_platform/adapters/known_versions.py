"""What every registry says of a version that is not registered."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.training.base import ModelVersion, UnknownVersion


def known_version(version: str, model: str, versions: Sequence[ModelVersion]) -> None:
    """Refuse a version that is not registered.

    Raises:
        UnknownVersion: naming those that are.
    """
    known = [made.version for made in versions]
    if version not in known:
        there = ", ".join(known) or "those registered: none yet"
        raise UnknownVersion(f"version == {version!r} of model {model!r}, must be one of {there}")
