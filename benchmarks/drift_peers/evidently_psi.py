"""PSI of every column by evidently's `DataDriftPreset`, the result taken as a dictionary."""

import json
import sys

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

before, now = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
run = Report([DataDriftPreset(method="psi")]).run(now, before)
scores = {
    metric["config"]["column"]: float(metric["value"])
    for metric in run.dict()["metrics"]
    if "column" in metric.get("config", {})
}
with open(sys.argv[3], "w") as file:
    json.dump(scores, file)
