"""A run that failed: `retrain status` says when the sensors ask again, `retrain run` asks at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from retrain_platform.cli.app import found
from retrain_platform.defs.failures import record_failure
from retrain_platform.defs.names import named
from retrain_platform.resources import ledger, settings
from retrain_platform_tests.cli.commands import SPEC, retrain

FIRST = "2024-01-01"


def status() -> dict[str, Any]:
    (row,) = json.loads(retrain("status", "tiny", "--json").stdout)
    return dict(row)


def test_status_says_when_the_next_attempt_is_due_and_by_hand_nothing_waits(project: Path) -> None:
    assert status()["next_attempt"] is None
    spec = found("tiny").spec
    record_failure(ledger(settings()), named(spec), f"watch:{FIRST}", FIRST, "run-1", "it broke")
    due = ledger(settings()).entries("tiny")[-2].at + timedelta(minutes=10)

    row, shown = status(), " ".join(retrain("status", "tiny").output.split())

    assert datetime.fromisoformat(row["next_attempt"]) == due
    assert f"watch:{FIRST} failed: attempt 2 of 3 is due at {due:%Y-%m-%d %H:%M:%S} UTC" in row["next"]
    assert f"attempt 2 of 3 is due at {due:%Y-%m-%d}" in shown
    ran = retrain("run", "tiny", "--until", FIRST, "--json")
    assert ran.exit_code == 0
    assert [step["work"] for step in json.loads(ran.stdout)["steps"]] == [f"watch:{FIRST}"]
    assert status()["next"] == "watch 2024-01-02"


def test_a_wait_that_is_none_is_told_with_all_other_mistakes(project: Path, tmp_path: Path) -> None:
    wrong = SPEC + "  operation: {retry_wait: 10 minutes, attempts: 0, retry_wat: 5m}\n"
    (tmp_path / "defs.yaml").write_text(wrong, encoding="utf-8")
    (told,) = json.loads(retrain("check", str(tmp_path / "defs.yaml"), "--json").stdout)
    problems = {each["field"]: each for each in told["problems"]}
    assert set(problems) == {"operation.retry_wait", "operation.attempts", "operation.retry_wat"}
    assert problems["operation.retry_wait"]["value"] == "'10 minutes'"
    assert problems["operation.retry_wait"]["cure"] == "must be a whole number and m or h, as in '10m', '1h'"
    assert problems["operation.retry_wat"]["cure"].endswith("did you mean retry_wait?")
