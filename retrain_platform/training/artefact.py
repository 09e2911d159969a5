"""The files of a fitted model as bytes: whether they are still those that were kept, and how many there are."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE_DIGEST = "package_digest"
"""The registered version's tag with the digest of its bytes."""


def folder_digest(folder: Path) -> str:
    """The SHA-256 of the names and bytes of all files in `folder`, whatever their order and times; but hidden ones."""
    found = hashlib.sha256()
    for path in _files(folder):
        name, data = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        for piece in (name, data):
            found.update(len(piece).to_bytes(8, "big"))
            found.update(piece)
    return found.hexdigest()


def folder_bytes(folder: Path) -> int:
    """How many bytes the files in `folder` hold."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    within = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in within if not any(part.startswith(".") for part in path.relative_to(folder).parts))
