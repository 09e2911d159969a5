"""PSI of every column of numbers and chi-squared of every column of texts by frouros' detectors."""

import json
import sys

import pandas as pd
from frouros.detectors.data_drift import PSI, ChiSquareTest


def score(reference: pd.Series, current: pd.Series) -> float:
    numeric = pd.api.types.is_numeric_dtype(reference)
    detector = PSI() if numeric else ChiSquareTest()
    detector.fit(X=reference.dropna().to_numpy())
    result, _ = detector.compare(X=current.dropna().to_numpy())
    return float(result.distance if numeric else result.statistic)


before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
with open(sys.argv[3], "w") as file:
    json.dump({name: score(before[name], now[name]) for name in before}, file)
