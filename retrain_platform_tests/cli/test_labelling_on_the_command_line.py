"""`retrain label`: what a person is asked to label, on the screen, in a file, for programs; and every no."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform_tests.cli.commands import DAYS, SPEC, retrain, write_project
from retrain_platform_tests.steps.tiny import rows

ASK = ("label", "tiny", "--budget")


def some(period: Period) -> pd.DataFrame:
    """Every tenth row has no label."""
    frame = rows(period)
    return frame.assign(bad=frame["bad"].where(np.arange(len(frame)) % 10 > 0))


@pytest.fixture(scope="module")
def asked(project: Path) -> Path:
    """The tiny model with rows that have no label and two segments, played for two days."""
    spec = SPEC.replace("  monitoring", "  segments: [shop]\n  monitoring").replace("delay: 12h", "delay: 0h")
    write_project(project, spec, some)
    done = retrain("run", "tiny", "--until", "2024-01-02")
    assert done.exit_code == 0, done.output
    return project


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("0",), "--budget == 0, must be at least 1"),
        (("5", "--explore", "1.2"), "--explore == 1.2, must be a share from 0 to 1"),
        (("5", "--limit", "1"), "--limit == 1, must be a chance between 0 and 1"),
        (("5", "--out", "rows.parquet"), "--out == 'rows.parquet', must end in .csv"),
    ],
)
def test_wrong_use_leaves_with_2(project: Path, words: tuple[str, ...], said: str) -> None:
    told = retrain(*ASK, *words)
    assert (told.exit_code, told.output) == (2, f"{said}\n")


def test_nothing_played_leaves_with_1_and_makes_nothing(project: Path) -> None:
    assert not (project / "home").exists()
    told = retrain(*ASK, "5")
    assert (told.exit_code, told.output) == (1, "tiny: nothing has been played yet. Begin with: retrain run tiny\n")
    assert not (project / "home").exists()


def test_rows_are_shown_written_and_not_asked_for_twice(asked: Path) -> None:
    refused = retrain(*ASK, "10", "--out", "no/such/folder/rows.csv")
    assert refused.exit_code == 2
    assert "--out == 'no/such/folder/rows.csv', must be a file that can be written" in refused.output

    told = retrain(*ASK, "10", "--explore", "0.3", "--out", "rows.csv")
    assert told.exit_code == 0, told.output
    assert "drawn evenly at random: 3 of 60 rows" in told.output  # all 60: what was refused is not on record
    assert "few labels: shop = " in told.output
    assert "10 of 60 rows without a label, 3 of them drawn." in told.output
    assert "note: no champion yet: no row is chosen by a score" in told.output
    assert told.output.endswith("Fill in 'bad' where the source keeps it; the rows stand in rows.csv.\n")

    table = pd.read_csv("rows.csv")
    assert list(table) == ["at", "who", "x", "shop", "bad", "queue_period", "queue_reason", "queue_probability"]
    assert table["bad"].isna().all()
    assert (table["queue_period"] == table["at"].str[:10]).all()
    assert table["queue_probability"].dropna().tolist() == [0.05] * 3
    source = pd.concat(some(DAYS.at(day)) for day in range(2))
    assert set(table["x"].round(9)) <= set(source["x"].round(9))

    again = json.loads(retrain(*ASK, "10", "--explore", "0.3", "--again", "--json").stdout)
    assert [row["entity"] for row in again["rows"]] == table["who"].tolist()
    rest = json.loads(retrain(*ASK, "100", "--json").stdout)
    assert (len(rest["rows"]), rest["pool"], rest["earlier"]) == (50, 50, 10)
    assert not {row["event_time"] for row in rest["rows"]} & {row["event_time"] for row in again["rows"]}

    nothing = retrain(*ASK, "5", "--json")
    assert nothing.exit_code == 1
    assert json.loads(nothing.stdout)["error"] == (
        "tiny: nothing to label: all 60 rows that lack a label were asked for already; --again asks for them once more"
    )


def test_a_task_without_a_decision_has_no_limit(project: Path, tmp_path: Path) -> None:
    spec = tmp_path / "defs.yaml"
    text = SPEC.replace("task: binary", "task: regression").replace(
        "metric: auc, at_least: 0.6", "metric: mae, at_most: 1"
    )
    spec.write_text(text, encoding="utf-8")
    told = retrain("label", str(spec), "--budget", "5", "--limit", "0.4")
    assert told.exit_code == 2
    assert "--limit == 0.4: tiny is no binary task, so no score of it has a limit" in told.output
