"""The version that people say, as in 2.1.0: what changed since the version before, in three numbers."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.record import fingerprint
from retrain_platform.training.base import ModelVersion, Task
from retrain_platform.training.recipe import Recipe

SEMANTIC_VERSION, RECIPE = "semantic_version", "recipe"
"""The tags of a registered version that hold its semantic version and its recipe's fingerprint."""


def recipe_fingerprint(training: Recipe, features: Sequence[str], label: str, task: Task) -> str:
    """Sixteen hex digits: equal for equal training settings, feature names (in any order), label column and task."""
    settings = training.model_dump(mode="json")
    return fingerprint({"training": settings, "features": sorted(features), "label": label, "task": task})


def semantic_version(recipe: str, earlier: Sequence[ModelVersion]) -> str:
    """The semantic version of a model made by `recipe` (its fingerprint) after the `earlier` ones, oldest first.

    The first is 1.0.0. Another recipe than the last one's raises the major, the same recipe on
    new data the minor. The patch is 0: it is kept for a model that only goes on learning. Versions
    that carry no semantic version do not count.
    """
    numbered = [version for version in earlier if SEMANTIC_VERSION in version.tags]
    if not numbered:
        return "1.0.0"
    last = numbered[-1].tags
    major, minor, _ = (int(number) for number in last[SEMANTIC_VERSION].split("."))
    return f"{major}.{minor + 1}.0" if last.get(RECIPE) == recipe else f"{major + 1}.0.0"
