"""What `retrain run` says of failures, refusals and candidates turned away, to people and to programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import DAYS, SPEC, at_home, retrain
from retrain_platform_tests.steps.tiny import rows

Spoil = Callable[[pd.DataFrame, int], pd.DataFrame]


def same(frame: pd.DataFrame, day: int) -> pd.DataFrame:
    return frame


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A project of its own, its rows or its spec spoiled, and `retrain run` in it."""
    (tmp_path / "rows").mkdir()
    at_home(monkeypatch, tmp_path)

    def played(*words: str, spoil: Spoil = same, change: tuple[str, str] = ("", ""), days: int = 6) -> Result:
        for day in range(days):
            spoil(rows(DAYS.at(day)), day).to_parquet(tmp_path / "rows" / f"{day}.parquet")
        (tmp_path / "defs.yaml").write_text(SPEC.replace(*change, 1), encoding="utf-8")
        return retrain("run", *words)

    return played


def test_data_that_its_checks_refuse_is_an_outcome_said_plainly(play: Callable[..., Result]) -> None:
    told = play("tiny", spoil=lambda frame, day: frame.assign(bad=0.0))

    assert told.exit_code == 0
    assert "data refused: " in told.stdout
    assert "one class only" in told.stdout
    assert "DagsterAssetCheckFailedError" not in told.stdout + told.stderr
    assert told.stderr == ""


def test_a_candidate_turned_away_is_told_with_its_gate(play: Callable[..., Result]) -> None:
    told = play("tiny", "--json", change=("at_least: 0.6", "at_least: 0.99"))

    answered = json.loads(told.stdout)
    assert told.exit_code == 0
    assert [step["error"] for step in answered["steps"]] == [""] * len(answered["steps"])
    (outcome, *_) = [step["outcome"] for step in answered["steps"] if step["kind"] == "retrain"]
    assert outcome.startswith("turned away: floor auc (auc ")
    assert "must be at least 0.99" in outcome


def test_a_model_that_is_registered_is_told_with_its_version(play: Callable[..., Result]) -> None:
    assert "retrain of 2024-01-04: registered as version 1 (1.0.0)" in play("tiny", days=5).stdout


def test_a_step_that_fails_is_told_once_without_class_or_count(play: Callable[..., Result]) -> None:
    told = play("tiny", change=("entity: who", "entity: whom"))

    both = told.stdout + told.stderr
    assert told.exit_code == 1
    assert both.count("source.entity == 'whom', must be a column of the source") == 1
    assert "watching 2024-01-01 failed: source.entity == 'whom'" in told.stderr
    assert "defs.yaml: " in told.stderr
    assert "1 period watched" not in both
    assert "BadEvents" not in both


def test_the_way_on_is_printed_as_the_user_calls_the_model(
    play: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play("tiny", days=0, change=("name: tiny", "name: tiny"))
    elsewhere = tmp_path / "else where.yaml"
    (tmp_path / "defs.yaml").rename(elsewhere)

    assert retrain("log", str(elsewhere)).output.endswith(f"Begin with: retrain run '{elsewhere}'\n")
    assert f"retrain run '{elsewhere}'" in retrain("run", str(elsewhere)).stderr


def test_times_that_cannot_be_read_are_an_incident_once(play: Callable[..., Result]) -> None:
    def late(frame: pd.DataFrame, day: int) -> pd.DataFrame:
        return frame.assign(at="soon") if day == 3 else frame

    first = play("tiny", spoil=late)
    again = retrain("run", "tiny")

    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "defs.yaml: source.event_time: " in first.stderr
    assert "3.parquet: at == 'soon', must be a time" in first.stderr
    (row,) = json.loads(retrain("status", "--json").stdout)
    assert "3.parquet: at == 'soon', must be a time as in '2013-01-31 05:15' (ISO 8601)" in row["newest_incident"]
    from retrain_platform.resources import ledger, settings

    assert [entry.kind for entry in ledger(settings()).entries("tiny")] == ["incident"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status", "tinny", "--json"), 2),
        (("retrain", "tiny", "--json"), 2),
        (("why", "tiny", "--json"), 1),
        (("release", "rollback", "tiny", "--why", "x", "--json"), 1),
        (("nonsense", "--json"), 2),
    ],
)
def test_a_program_is_told_an_error_as_json_with_the_same_exit(
    project: Path, words: tuple[str, ...], code: int
) -> None:
    told, plain = retrain(*words), retrain(*(word for word in words if word != "--json"))

    assert (told.exit_code, plain.exit_code) == (code, code)
    assert list(json.loads(told.stdout)) == ["error"]
    assert json.loads(told.stdout)["error"] in told.stderr.replace("│", "").replace("\n", " ") or told.stderr
    assert not plain.stdout.startswith("{")


def test_a_run_that_fails_answers_a_program_once(play: Callable[..., Result]) -> None:
    told = play("tiny", "--json", change=("entity: who", "entity: whom"))

    answered = json.loads(told.stdout)
    assert told.exit_code == 1
    assert answered["failed"].startswith("watching 2024-01-01 failed: source.entity == 'whom'")


def test_a_version_that_there_is_not_is_wrong_use(played: Result) -> None:
    told = retrain("release", "rollback", "tiny", "--why", "x", "--to", "77")

    assert told.exit_code == 2
    assert "--to == '77', must be one of 1" in told.stderr
