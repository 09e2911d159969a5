"""KS of every column of numbers by `scipy.stats.ks_2samp`, chi-squared of every column of texts."""

import json
import sys

import pandas as pd
from scipy.stats import chi2_contingency, ks_2samp


def numeric(reference: pd.Series, current: pd.Series) -> float:
    return float(ks_2samp(reference.dropna(), current.dropna()).statistic)


def categorical(reference: pd.Series, current: pd.Series) -> float:
    counts = pd.concat([reference.value_counts(), current.value_counts()], axis=1).fillna(0)
    return float(chi2_contingency(counts.to_numpy().T).statistic)


before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
scores = {
    name: (numeric if pd.api.types.is_numeric_dtype(before[name]) else categorical)(before[name], now[name])
    for name in before
}
with open(sys.argv[3], "w") as file:
    json.dump(scores, file)
