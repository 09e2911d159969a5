"""From the rows of a dataset to what a learner is given: cleaned, balanced, weighted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from retrain_platform.dataset.cleaning import Limits, clipped, limits_of, outside
from retrain_platform.dataset.draws import draws
from retrain_platform.dataset.weights import (
    Factors,
    age_weights,
    class_factors,
    factors_of_rows,
    kept_factors,
    undersampled,
)
from retrain_platform.training.adjusted import Adjustment
from retrain_platform.training.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from retrain_platform.dataset.split import Split


class Lesson(NamedTuple):
    """Rows to learn from and rows to stop by, whole; their weights, None where all count alike.

    `adjustment` is what the fitted model must do with every row that it is asked about.
    """

    train: pd.DataFrame
    valid: pd.DataFrame
    weights: NDArray[np.float64] | None
    valid_weights: NDArray[np.float64] | None
    adjustment: Adjustment


def lesson(recipe: Recipe, rows: Split, features: Sequence[str], limits: Limits | None = None) -> Lesson:
    """What the recipe makes of the training part and of the part that stops the fit.

    `limits` are those of the snapshot; None fits them on `rows.train`. Rows to stop by are as they come, but for
    weights that make their classes count as they did in training: a loss is compared under one prior.
    Where the recipe asks for nothing, the frames are those of `rows`.
    """
    rule = recipe.rows.outliers
    bounds = (limits_of(rows.train, rule, features) if limits is None else limits) if rule else {}
    train = rows.train
    if rule and rule.action == "drop":
        far = outside(train, bounds)
        train, bounds = (train[~far] if far.any() else train), {}
    train, factors = _balanced(recipe, train)
    weights = age_weights(train["_event_time"], recipe.half_life) if recipe.half_life is not None else None
    if recipe.balance == "weights":
        factors = class_factors(_labels(train), weights)
        weights = factors_of_rows(_labels(train), factors) * (1.0 if weights is None else weights)
    return Lesson(
        train=clipped(train, bounds),
        valid=clipped(rows.valid, bounds),
        weights=None if weights is None else weights / weights.mean(),
        valid_weights=factors_of_rows(_labels(rows.valid), factors) if factors and len(rows.valid) else None,
        adjustment=Adjustment(limits=bounds, factors=factors),
    )


def _balanced(recipe: Recipe, train: pd.DataFrame) -> tuple[pd.DataFrame, Factors]:
    """The rows with as many of each class as the rarest has, where the recipe asks for that."""
    if recipe.balance != "undersample":
        return train, {}
    kept = undersampled(_labels(train), draws(train, recipe.seed, "balance"))
    return train[kept], kept_factors(_labels(train))


def _labels(frame: pd.DataFrame) -> NDArray[np.generic]:
    labels: NDArray[np.generic] = frame["_label"].to_numpy()
    return labels
