"""The version that people say, as in 2.1.0: what changed since the version before, in three numbers."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.record import fingerprint
from retrain_platform.training.base import ModelVersion, Task
from retrain_platform.training.recipe import LATER, Recipe

SEMANTIC_VERSION, RECIPE, FOUND = "semantic_version", "recipe", "found_params"
"""The tags of a registered version that hold its semantic version, its recipe's fingerprint, and, as JSON, the
parameters that a search found: the recipe is the one that the spec writes, whatever was found."""


def recipe_fingerprint(training: Recipe, features: Sequence[str], label: str, task: Task) -> str:
    """Sixteen hex digits: equal for equal training settings, feature names (in any order), label column and task.

    A setting that recipes did not have from the beginning counts only where it says something.
    """
    settings = training.model_dump(mode="json")
    for name in LATER & set(settings):
        if getattr(training, name) == type(training).model_fields[name].default:
            del settings[name]
    return fingerprint({"training": settings, "features": sorted(features), "label": label, "task": task})


def semantic_version(recipe: str, earlier: Sequence[ModelVersion], *, continued: bool = False) -> str:
    """The semantic version of a model made by `recipe` (its fingerprint) after the `earlier` ones, oldest first.

    The first is 1.0.0. Another recipe than the last one's raises the major, the same recipe on
    new data the minor; a model that only goes on learning from an earlier one (`continued`) raises the patch.
    Versions that carry no semantic version do not count.
    """
    numbered = [version for version in earlier if SEMANTIC_VERSION in version.tags]
    if not numbered:
        return "1.0.0"
    last = numbered[-1].tags
    major, minor, patch = (int(number) for number in last[SEMANTIC_VERSION].split("."))
    if continued and last.get(RECIPE) == recipe:
        return f"{major}.{minor}.{patch + 1}"
    return f"{major}.{minor + 1}.0" if last.get(RECIPE) == recipe else f"{major + 1}.0.0"
