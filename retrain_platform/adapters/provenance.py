"""Which code made a model: the commit and the lock file, where the project has them."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from retrain_platform.spec.model import ModelSpec

LOCK_FILES = ("requirements.lock", "uv.lock", "poetry.lock", "pdm.lock", "requirements.txt")
_CODE = {
    "lightgbm": ("adapters.lightgbm_learner", "adapters.lightgbm_rows", "training.lightgbm"),
    "sklearn": ("adapters.sklearn_learner", "adapters.sklearn_online", "training.sklearn"),
    "python": ("adapters.python_learner", "training.python"),
    "ensemble": (
        "adapters.ensemble_learner",
        "adapters.lightgbm_learner",
        "adapters.lightgbm_rows",
        "adapters.sklearn_learner",
        "adapters.sklearn_online",
        "training.anomalies",
        "training.ensemble",
    ),
}
"""What fits each kind of learner, beside what all share."""
_SHARED = (
    "adapters.labels", "dataset.cleaning", "dataset.preparation", "dataset.weights", "training.adjusted",
    "training.lesson", "training.recipe",
)  # fmt: skip
"""What makes of rows what any learner is given, and of its scores what is answered."""


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


def code_modules(spec: ModelSpec) -> tuple[str, ...]:
    """The modules that prepare and fit this model: its learner, the preparation, a source's own function."""
    own = (*_SHARED, *_CODE[spec.training.kind])
    places = (spec.source, *spec.source.joins, spec.training)
    called = (place.call.partition(":")[0] for place in places if place.kind == "python")
    return (*(f"retrain_platform.{name}" for name in own), *called)


@lru_cache(maxsize=64)
def code_fingerprint(*modules: str) -> str:
    """Sixteen hex digits of the code of `modules`, as this process found them; comments and docstrings do not count.

    A module that is not there, or has no source, counts by its name alone.
    """
    digest = hashlib.sha256()
    for name in sorted(set(modules)):
        digest.update(f"{name}\0{_bare_code(name)}\0".encode())
    return digest.hexdigest()[:16]


def _bare_code(module: str) -> str:
    """The module's source without comments, docstrings and layout; empty where there is none to read."""
    try:
        found = find_spec(module)
        text = Path(found.origin).read_text(encoding="utf-8") if found and found.origin else ""
        tree = ast.parse(text)
    except (ImportError, ValueError, OSError, SyntaxError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _documented(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _git(root: Path, *words: str) -> str | None:
    """Git's answer; None where there is no git or no repository."""
    try:
        said = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() if said.returncode == 0 else None
