"""What drifted, as a person reads it: segments, shares and scores from the spec to `retrain decide`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from retrain_platform_tests.cli.commands import SPEC, retrain

POLICY = """\
segments: [shop]
  policy:
    kind: any_of
    policies:
      - {kind: schedule, every: 30d}
      - {kind: feature_drift, features: [x], over: 0.3, segment: shop, action: investigate}
      - {kind: severe_features, more_than: 5}
      - {kind: correlation, features: [x]}
      - {kind: segment_mix}
      - {kind: prediction_drift, dwell: 2d}
"""


def test_a_segment_that_moved_is_named_from_the_spec_to_the_decision(project: Path) -> None:
    spec = SPEC.replace("policy: {kind: schedule, every: 30d}\n", POLICY)
    (project / "defs.yaml").write_text(spec)
    file = project / "rows" / "4.parquet"
    rows = pd.read_parquet(file)
    rows.assign(x=rows["x"] + 3 * (rows["shop"] == "north")).to_parquet(file)

    explained = retrain("check", "defs.yaml", "--explain").output
    assert "investigate when psi of at least 1 of x in any shop is over 0.3" in " ".join(explained.split())

    retrain("run", "tiny", "--until", "2024-01-05")
    decided = json.loads(retrain("decide", "tiny", "--as-of", "2024-01-05", "--json").stdout)
    assert decided["action"] == "investigate"
    parts = {each["trigger"]: each for each in decided["finding"]["parts"][0]["parts"]}
    assert parts["feature_drift"]["verdict"] == "fired"
    assert [each["verdict"] for each in parts["feature_drift"]["parts"]] == ["fired", "quiet"]
    assert parts["segment_mix"]["verdict"] == "quiet"
    assert parts["prediction_drift"]["verdict"] == "cannot tell"
    told = retrain("decide", "tiny", "--as-of", "2024-01-05").output
    assert "shop = north: psi over its limit" in " ".join(told.split())


def test_a_segment_that_is_not_measured_is_refused_with_its_cure(project: Path) -> None:
    (project / "defs.yaml").write_text(
        SPEC.replace("policy: {kind: schedule, every: 30d}\n", POLICY).replace("segment: shop", "segment: shelf")
    )
    told = retrain("check", "defs.yaml")
    assert told.exit_code == 1
    assert "must be measured too: add it to segments, now ['shop']" in " ".join(told.output.split())
