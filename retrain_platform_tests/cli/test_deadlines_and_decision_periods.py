"""A deadline that passed, and days between two decisions, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from retrain_platform_tests.cli.commands import DAYS, SPEC, retrain
from retrain_platform_tests.steps.tiny import rows as rows_of

POLICY = """\
kind: any_of
    decide_every: 2d
    policies:
      - {kind: escalation, rows: [{drift: psi, over: 0.5, action: retrain, within: 24h}]}
"""
WATCHED = SPEC.replace("policy: {kind: schedule, every: 30d}\n", f"policy:\n    {POLICY}").replace(
    "mode: act", "mode: observe"
)


def words(*command: str) -> str:
    return " ".join(retrain(*command).output.split())


def test_from_the_spec_to_the_alert(project: Path) -> None:
    """In observe no retrain begins: the first model is trained in act, then the feature moves on the sixth day."""
    (project / "defs.yaml").write_text(WATCHED.replace("mode: observe", "mode: act"))
    file = project / "rows" / "5.parquet"
    rows = pd.read_parquet(file)
    rows.assign(x=rows["x"] + 3).to_parquet(file)
    eighth = rows_of(DAYS.at(7))
    eighth.to_parquet(project / "rows" / "7.parquet")  # a day closes when a later row is there
    assert "a decision every 2d" in words("check", "defs.yaml")

    assert retrain("run", "tiny", "--until", "2024-01-05").exit_code == 0
    assert "the next decision is due on 2024-01-07, in 1 period" in words("why", "tiny", "--at", "2024-01-05")

    (project / "defs.yaml").write_text(WATCHED)
    assert retrain("run", "tiny", "--until", "2024-01-06").exit_code == 0
    (standing,) = json.loads(retrain("status", "--json").stdout)
    assert standing["deadline"] == "a retrain is due by 2024-01-08 00:00"
    assert retrain("run", "tiny", "--until", "2024-01-07").exit_code == 0

    (standing,) = json.loads(retrain("status", "--json").stdout)
    assert standing["deadline"] == "missed: a retrain was due by 2024-01-08 00:00"
    assert standing["newest_incident"].startswith(
        "2024-01-08 no retrain has begun within 1d of the decision of 2024-01-06"
    )
    (fleet,) = json.loads(retrain("fleet", "--json").stdout)["models"]
    assert fleet["deadline"] == standing["deadline"]
    assert "deadline missed: no retrain has begun within 1d" in words("log", "tiny")


def test_a_decision_period_of_part_periods_is_told_with_file_line_and_cure(project: Path) -> None:
    (project / "defs.yaml").write_text(WATCHED.replace("decide_every: 2d", "decide_every: 36h"))
    told = retrain("check", "defs.yaml")
    assert told.exit_code == 1
    said = " ".join(told.output.split())
    assert "policy.decide_every" in said
    assert "must be a whole number of periods of 1d; write decide_every: 1d or 2d" in said
