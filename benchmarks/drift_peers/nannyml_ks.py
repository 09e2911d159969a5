"""KS of every column of numbers and chi-squared of every column of texts by nannyml, the period as one chunk."""

import json
import sys

import nannyml as nml
import pandas as pd

before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
calculator = nml.UnivariateDriftCalculator(
    column_names=list(before.columns),
    continuous_methods=["kolmogorov_smirnov"],
    categorical_methods=["chi2"],
    chunk_number=1,
)
calculator.fit(before)
result = calculator.calculate(now).filter(period="analysis").to_df()
methods = ("kolmogorov_smirnov", "chi2")
scores = {
    name: float(result[name, method, "value"].iloc[0])
    for name in before
    for method in methods
    if (name, method, "value") in result
}
with open(sys.argv[3], "w") as file:
    json.dump(scores, file)
