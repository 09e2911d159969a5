"""What a spec says of the rows that are learned from, held against its task, its periods and its learner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.staleness import StalenessPolicy
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction, placed
from retrain_platform.training.ensemble import Ensemble

_RECIPE = "training.window"
_WITH_CLASSES = ("binary", "multiclass")
_OF_THE_LEARNER = ("class_weight", "is_unbalance", "scale_pos_weight", "pos_bagging_fraction", "neg_bagging_fraction")
"""Parameters that change how much a class counts."""


def row_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure) wherever the section `training` asks of the rows what they cannot give."""
    stands = spec.__dict__
    if "training" not in stands:
        return
    if "task" in stands and not lost("task") and spec.task not in _WITH_CLASSES:
        yield from _without_classes(spec)
    if spec.training.balance != "none" and not lost("training.balance"):
        yield from _twice(spec.training)
    if "period" in stands and "label" in stands and not lost("period.every") and not lost("label.delay"):
        yield from _too_short(spec, lost)


def _without_classes(spec: ModelSpec) -> Iterator[Contradiction]:
    recipe = spec.training
    if recipe.balance != "none":
        said = f"must be none where task is {spec.task}: there are no classes to balance"
        yield "training.balance", repr(recipe.balance), said
    if recipe.split.by == "stratified":
        said = f"must be time or random where task is {spec.task}: there are no classes to draw by"
        yield "training.split.by", "'stratified'", said
    if recipe.split.by == "random" and spec.task == "ranking":
        yield "training.split.by", "'random'", "must be time where task is ranking: rows of one query stay together"


def _twice(recipe: Any) -> Iterator[Contradiction]:
    recipes = {"training": recipe}
    if isinstance(recipe, Ensemble):
        recipes = {f"training.{path}": member for path, member in recipe.recipes()}
    places = [(f"{path}.params", getattr(each, "params", {})) for path, each in recipes.items()]
    for path, each in recipes.items():
        places += [(f"{path}.steps[{at}].params", step.params) for at, step in enumerate(getattr(each, "steps", ()))]
    for path, params in places:
        for name in _OF_THE_LEARNER:
            if params.get(name) not in (None, False, 1, 1.0):
                said = f"must be left out where balance is {recipe.balance}: the scores would not be put back for it"
                yield f"{path}.{name}", repr(params[name]), said


def _too_short(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """A window reaches back from the decision, and its newest periods still wait for their labels."""
    length, wait, kept = spec.period.length(), spec.label_wait(), spec.training.kept_apart([], spec.period.length())
    needed = kept.stop + kept.holdout + 1
    for path, window in _reaching_back(spec, lost):
        if (window - wait) // length < needed:
            said = (
                f"must reach over the labels' wait of {duration_text(wait)} and {needed} periods of "
                f"{duration_text(length)} ({kept.holdout} to examine, {kept.stop} to stop early by, 1 to learn from); "
                f"write {'window: ' if path == _RECIPE else ''}{duration_text(wait + needed * length)}"
            )
            yield path, duration_text(window), said


def _reaching_back(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[tuple[str, timedelta]]:
    """The recipe's window, and those that a policy may choose in its place, where they are durations."""
    if isinstance(spec.training.window, timedelta) and not lost(_RECIPE):
        yield _RECIPE, spec.training.window
    for path, policy in placed(getattr(spec, "policy", None)):
        for position, window in enumerate(policy.windows if isinstance(policy, StalenessPolicy) else ()):
            if isinstance(window, timedelta) and not lost(f"{path}.windows[{position}]"):
                yield f"{path}.windows[{position}]", window
