"""Rows as LightGBM takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from retrain_platform.adapters.labels import of_known_classes
from retrain_platform.dataset.preparation import Preparation
from retrain_platform.training.base import Rows

if TYPE_CHECKING:
    import lightgbm as lgb
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

_MOST_RELEVANT = 10_000
"""LightGBM holds a gain for every whole number up to the greatest relevance."""


def valid_rows(valid: Rows | None, classes: Sequence[str]) -> Rows | None:
    """The rows that stop the fit; None where there are none."""
    rows = None if valid is None else of_known_classes(valid, classes)
    return rows if rows is not None and len(rows.labels) else None


def dataset(preparation: Preparation, rows: Rows, of: lgb.Dataset | None = None) -> lgb.Dataset:
    """The rows for LightGBM, binned as those `of` the training part where it is given.

    For ranking the rows of one query stand together, in their own order, and LightGBM is told how many each has.
    """
    import lightgbm as lgb

    sizes = None
    if rows.queries is not None:
        _whole_relevance(rows.labels)
        sizes = np.unique(rows.queries, return_counts=True)[1]
        rows = rows.of(np.argsort(rows.queries, kind="stable"))
    table, told = _table(preparation, rows.frame), {"weight": rows.weights, "group": sizes}
    if of is not None:
        return of.create_valid(table, rows.labels, **told)
    return lgb.Dataset(table, rows.labels, categorical_feature=list(preparation.categorical), **told)


def _whole_relevance(labels: NDArray[np.float64]) -> None:
    wrong = (labels != np.floor(labels)) | (labels > _MOST_RELEVANT)
    if wrong.any():
        raise ValueError(
            f"labels == {labels[wrong][0]:g} in places, must be whole numbers from 0 to {_MOST_RELEVANT} where "
            "LightGBM ranks: round the relevance, or rank by the regression of an estimator of scikit-learn"
        )


def _table(preparation: Preparation, frame: pd.DataFrame) -> pa.Table:
    """The rows as LightGBM reads them without a copy, no matrix made; the names are those it gives to a matrix's."""
    import pyarrow as pa

    columns = [
        pa.array(column, mask=column < 0) if name in preparation.categories else pa.array(column)
        for name, column in zip(preparation.features, preparation.columns(frame), strict=True)
    ]
    return pa.table(columns, names=[f"Column_{position}" for position in range(len(columns))])
