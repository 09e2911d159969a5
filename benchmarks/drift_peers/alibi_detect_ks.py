"""KS of every column of numbers and chi-squared of every column of texts by alibi-detect's `TabularDrift`.

It takes one array of numbers without gaps: texts become codes, missing values the reference's median.
"""

import json
import sys

import numpy as np
import pandas as pd
from alibi_detect.cd import TabularDrift

before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
texts = [name for name in before if not pd.api.types.is_numeric_dtype(before[name])]
middle = before.drop(columns=texts).median()
known = {name: before[name].astype("category").cat.categories for name in texts}


def as_array(frame: pd.DataFrame) -> np.ndarray:
    frame = frame.fillna(middle)
    for name in texts:
        frame[name] = pd.Categorical(frame[name], categories=known[name]).codes
    return frame.to_numpy(dtype=np.float64)


detector = TabularDrift(as_array(before), categories_per_feature={before.columns.get_loc(name): None for name in texts})
found = detector.predict(as_array(now), drift_type="feature")["data"]["distance"]
with open(sys.argv[3], "w") as file:
    json.dump({name: float(value) for name, value in zip(before.columns, found, strict=True)}, file)
