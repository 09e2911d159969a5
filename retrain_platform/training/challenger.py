"""A recipe made cheap, for models that are measured and thrown away."""

from __future__ import annotations

from retrain_platform.training import LearnerSpec
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM

_LEARNING_RATE = 0.1
"""LightGBM's own default: at a slower rate few trees would not get anywhere."""


def cheap(recipe: LearnerSpec, *, trees: int, leaves: int) -> LearnerSpec:
    """The recipe with at most so many trees and leaves; an estimator of scikit-learn as it is.

    Of an ensemble each member is made cheap, and nothing is fitted twice for an anomaly limit.
    """
    if isinstance(recipe, Ensemble):
        few = {name: cheap(member, trees=trees, leaves=leaves) for name, member in recipe.members.items()}
        one = cheap(recipe.member, trees=trees, leaves=leaves)
        return recipe.model_copy(update={"member": one, "members": few, "anomaly": None})
    if not isinstance(recipe, LightGBM):
        return recipe
    rate = max(_LEARNING_RATE, float(recipe.params.get("learning_rate", _LEARNING_RATE)))
    fewest = min(leaves, int(recipe.params.get("num_leaves", leaves)))
    params = {**recipe.params, "num_leaves": fewest, "learning_rate": rate}
    return recipe.model_copy(update={"params": params, "rounds": min(trees, recipe.rounds)})
