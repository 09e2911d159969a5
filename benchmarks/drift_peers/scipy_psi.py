"""PSI of every column as people write it by hand: deciles of the reference, a histogram, the categories' shares."""

import json
import sys

import numpy as np
import pandas as pd


def shares(column: pd.Series, edges: np.ndarray) -> np.ndarray:
    return np.histogram(column, bins=edges)[0] / len(column)


def psi(expected: np.ndarray, actual: np.ndarray) -> float:
    expected, actual = np.clip(expected, 1e-6, None), np.clip(actual, 1e-6, None)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def numeric(reference: pd.Series, current: pd.Series) -> float:
    reference, current = reference.dropna(), current.dropna()
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, 11)))
    edges[0], edges[-1] = -np.inf, np.inf
    return psi(shares(reference, edges), shares(current, edges))


def categorical(reference: pd.Series, current: pd.Series) -> float:
    expected, actual = reference.value_counts(normalize=True), current.value_counts(normalize=True)
    names = expected.index.union(actual.index)
    return psi(expected.reindex(names, fill_value=0).to_numpy(), actual.reindex(names, fill_value=0).to_numpy())


before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
scores = {
    name: (numeric if pd.api.types.is_numeric_dtype(before[name]) else categorical)(before[name], now[name])
    for name in before
}
with open(sys.argv[3], "w") as file:
    json.dump(scores, file)
