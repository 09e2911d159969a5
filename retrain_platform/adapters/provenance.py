"""Which code made a model: the commit and the lock file, where the project has them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

LOCK_FILES = ("requirements.lock", "uv.lock", "poetry.lock", "pdm.lock", "requirements.txt")


def code_tags(root: Path) -> dict[str, str]:
    """`git_commit` ('-dirty' where files changed) and `lock_file` with its hash; what is missing is not said."""
    tags = {}
    if (commit := _git(root, "rev-parse", "HEAD")) is not None:
        tags["git_commit"] = commit + ("-dirty" if _git(root, "status", "--porcelain") else "")
    for name in LOCK_FILES:
        if (root / name).is_file():
            tags["lock_file"] = f"{name}:{hashlib.sha256((root / name).read_bytes()).hexdigest()[:16]}"
            break
    return tags


def _git(root: Path, *words: str) -> str | None:
    """Git's answer; None where there is no git or no repository."""
    try:
        said = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None
