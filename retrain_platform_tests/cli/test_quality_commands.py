"""Estimates, the control set and the policies on errors, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import DAYS, SPEC, retrain, write_days
from retrain_platform_tests.steps.tiny import rows

LATE = SPEC.replace("delay: 12h}", "delay: 30h}").replace(
    "monitoring: {min_segment: 20}",
    'monitoring: {min_segment: 20, control: {kind: files, path: "{{ env.CONTROL }}", rows: 50}}',
)
POLICY = """\
  policy:
    kind: any_of
    policies:
      - {kind: schedule, every: 30d}
      - {kind: error_stream, false_alarm_every: 90d}
      - {kind: estimate, metric: auc, falls_by: 0.05}
"""
LAST = "2024-01-11"


@pytest.fixture(scope="module")
def lately(project: Path) -> str:
    """The tiny model with labels that come a day late, a control set, and thirteen days of rows, played."""
    write_days(project, 13)
    rows(DAYS.at(0), 80).to_csv(project / "control.csv", index=False)
    spec = LATE.replace("{{ env.CONTROL }}", str(project / "control.csv"))
    (project / "defs.yaml").write_text(
        spec.replace("  policy: {kind: schedule, every: 30d}\n", POLICY), encoding="utf-8"
    )
    done = retrain("run", "tiny", "--until", LAST)
    assert done.exit_code == 0, done.output
    return done.output


def test_status_tells_what_was_measured_apart_from_what_is_estimated(lately: str) -> None:
    row = json.loads(retrain("status", "tiny", "--json").output)[0]
    assert row["measured"].startswith("auc 0.")
    assert row["measured"].endswith("in 2024-01-09")
    assert row["estimated"].startswith("auc about 0.")
    assert row["estimated"].endswith("in 2024-01-11, no labels yet")


def test_decide_shows_each_of_the_policies(lately: str) -> None:
    said = retrain("decide", "tiny", "--as-of", LAST).output
    assert "error_stream: cannot tell" in said
    assert "15 ripe days" in said
    assert "estimate: cannot tell" in said
    assert "before its labels are in: a reading without an interval, and a spread takes 10 proven days" in said


def test_another_control_set_is_an_incident(lately: str, project: Path) -> None:
    assert json.loads(retrain("status", "tiny", "--json").output)[0]["newest_incident"] is None
    rows(DAYS.at(1), 80).to_csv(project / "control.csv", index=False)
    assert retrain("run", "tiny", "--until", "2024-01-12").exit_code == 0
    incident = json.loads(retrain("status", "tiny", "--json").output)[0]["newest_incident"]
    assert "the control set is not the one of" in incident


def test_explain_says_what_each_policy_promises(lately: str) -> None:
    said = retrain("check", "--explain").output
    assert "a false alarm in 90d on average" in " ".join(said.split())
    assert "estimated before its labels come" in " ".join(said.split())


def test_a_slip_in_the_control_set_is_told(lately: str, project: Path) -> None:
    path = project / "defs.yaml"
    right = path.read_text(encoding="utf-8")
    try:
        path.write_text(right.replace("rows: 50", "rwos: 50"), encoding="utf-8")
        said = retrain("check").output
    finally:
        path.write_text(right, encoding="utf-8")
    assert "did you mean rows?" in said
