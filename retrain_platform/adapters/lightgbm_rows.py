"""Rows as LightGBM takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from retrain_platform.adapters.labels import of_known_classes
from retrain_platform.dataset.preparation import Preparation

if TYPE_CHECKING:
    import lightgbm as lgb
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

_MOST_RELEVANT = 10_000
"""LightGBM holds a gain for every whole number up to the greatest relevance."""


class Rows(NamedTuple):
    """Rows as LightGBM takes them: for ranking those of one query stand together, and `sizes` has how many each has."""

    frame: pd.DataFrame
    labels: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    sizes: NDArray[np.integer] | None = None

    def by_query(self, queries: NDArray[np.integer] | None) -> Rows:
        """The rows in the order of their queries, those of one query in their own."""
        if queries is None:
            return self
        order = np.argsort(queries, kind="stable")
        weights = None if self.weights is None else self.weights[order]
        return Rows(self.frame.iloc[order], self.labels[order], weights, np.unique(queries, return_counts=True)[1])


def valid_rows(
    valid: pd.DataFrame | None, labels: NDArray[Any] | None, weights: NDArray[np.float64] | None, classes: Sequence[str]
) -> Rows | None:
    """The rows that stop the fit; None where there are none."""
    if valid is None or labels is None:
        return None
    rows = Rows(*of_known_classes(valid, labels, weights, classes)) if classes else Rows(valid, labels, weights)
    return rows if len(rows.labels) else None


def dataset(preparation: Preparation, rows: Rows, of: lgb.Dataset | None = None) -> lgb.Dataset:
    """The rows for LightGBM, binned as those `of` the training part where it is given."""
    import lightgbm as lgb

    _whole_relevance(rows)
    table, told = _table(preparation, rows.frame), {"weight": rows.weights, "group": rows.sizes}
    if of is not None:
        return of.create_valid(table, rows.labels, **told)
    return lgb.Dataset(table, rows.labels, categorical_feature=list(preparation.categorical), **told)


def _whole_relevance(rows: Rows) -> None:
    if rows.sizes is None:
        return
    wrong = (rows.labels != np.floor(rows.labels)) | (rows.labels > _MOST_RELEVANT)
    if wrong.any():
        raise ValueError(
            f"labels == {rows.labels[wrong][0]:g} in places, must be whole numbers from 0 to {_MOST_RELEVANT} where "
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
