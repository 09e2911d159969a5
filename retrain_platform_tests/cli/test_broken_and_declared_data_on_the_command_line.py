"""`retrain run` on files that break, change as declared, or fall with the machines: what is trained, what is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from retrain_platform_tests.cli.commands import DAYS, SPEC, at_home, retrain
from retrain_platform_tests.steps.tiny import rows

SCHEDULE = "policy: {kind: schedule, every: 30d}"


def day(number: int) -> pd.DataFrame:
    return rows(DAYS.at(number - 1))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the tiny model with a file a day until the 8th; nothing was played."""
    (tmp_path / "rows").mkdir()
    for number in range(1, 9):
        day(number).to_parquet(tmp_path / "rows" / f"{number}.parquet")
    at_home(monkeypatch, tmp_path, columns=200)
    return tmp_path


def write(folder: Path, policy: str, more: str = "") -> None:
    assert SCHEDULE in SPEC
    (folder / "defs.yaml").write_text(SPEC.replace(SCHEDULE, f"policy: {policy}{more}"), encoding="utf-8")


def told(*words: str) -> Any:
    ran = retrain(*words, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def action(key: str) -> tuple[str, str]:
    decision = told("why", "tiny", "--at", key)["decision"]
    return decision["action"], decision["reason"]


def test_bad_data_is_an_alert_and_the_retrain_that_was_due_is_skipped(folder: Path) -> None:
    """The schedule is due on the 6th, whose file lost a column; the 7th is sound and makes up for it."""
    write(folder, "{kind: schedule, every: 2d}")
    day(6).drop(columns="x").to_parquet(folder / "rows" / "6.parquet")
    ran = told("run", "tiny", "--until", "2024-01-06")
    assert ran["failed"] in (None, "")
    said, why = action("2024-01-06")
    assert said == "investigate"
    assert "retrain held back by broken data (column 'x' vanished; if the columns are meant to be so, declare it" in why
    assert "2024-01-06" not in [line["period"] for line in told("log", "tiny")]
    assert "column 'x' vanished" in ran["status"]["newest_incident"]
    told("run", "tiny", "--until", "2024-01-07")
    assert action("2024-01-07")[0] == "retrain"
    assert "2024-01-07" in [line["period"] for line in told("log", "tiny")]


def test_a_declared_change_of_the_columns_retrains_on_the_new_rows(folder: Path) -> None:
    write(folder, "{kind: schema}", "\n  versions: {features: 1}")
    for number in (6, 7, 8):
        day(number).assign(y=1.0).to_parquet(folder / "rows" / f"{number}.parquet")
    told("run", "tiny", "--until", "2024-01-05")
    write(folder, "{kind: schema}", "\n  versions: {features: 2}")
    assert retrain("check").exit_code == 0
    told("run", "tiny")
    said, why = action("2024-01-06")
    assert said == "watch"
    assert "features from 1 to 2 since version 1 was trained: column 'y' is new" in why
    assert "training can help from 2024-01-10 on" in why


def test_a_floor_is_not_believed_while_the_machines_were_slow(folder: Path) -> None:
    policy = """
    kind: any_of
    screens: [{measure: latency, above: 300}]
    policies:
      - {kind: floor, metric: auc, at_least: 0.99, confirmed: false}
      - {kind: measure, name: orders, below: 5}"""
    tables = '\n  monitoring: {min_segment: 20, measures: [{kind: files, path: "ops/*.csv", time: at}]}'
    write(folder, policy, "")
    text = (folder / "defs.yaml").read_text(encoding="utf-8")
    assert "must have a table to read: name one in monitoring.measures" in retrain("check").output
    text = text.replace("\n  monitoring: {min_segment: 20}", tables)
    (folder / "defs.yaml").write_text(text, encoding="utf-8")
    (folder / "ops").mkdir()
    hours = pd.date_range("2024-01-01", "2024-01-08 23:00", freq="h")
    latency = pd.DataFrame({"at": hours, "measure": "latency", "value": [400 if at.day == 5 else 200 for at in hours]})
    orders = pd.DataFrame({"at": hours, "measure": "orders", "value": [3 if at.day == 7 else 9 for at in hours]})
    pd.concat([latency, orders]).to_csv(folder / "ops" / "all.csv", index=False)
    told("run", "tiny", "--until", "2024-01-06")
    said, why = action("2024-01-06")
    assert said == "watch"
    assert "held back by a fault in the same period (latency 400 in 2024-01-05, over 300): auc" in why
    told("run", "tiny")
    said, why = action("2024-01-07")
    assert said == "retrain"
    assert "orders 3 in 2024-01-07, below 5 for 1 of 1 period" in why
    assert "must be at least 0.99" in why


def test_labels_that_depend_on_the_prediction_are_told_by_check(folder: Path) -> None:
    write(folder, "{kind: schedule, every: 2d}")
    text = (folder / "defs.yaml").read_text(encoding="utf-8")
    (folder / "defs.yaml").write_text(text.replace("delay: 12h", "delay: 12h, depends_on_prediction: shown"), "utf-8")
    said = retrain("check").output.replace("\n", " ")
    assert "nothing is promoted by itself, every release waits for a person: labels depend on the prediction" in said
