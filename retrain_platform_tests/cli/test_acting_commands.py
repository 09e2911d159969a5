"""What `run`, `pause`, `release` and a request do to a road."""

from __future__ import annotations

import json

import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import LAST, retrain


def test_run_tells_its_steps_and_where_the_road_stands(played: Result) -> None:
    told = json.loads(played.stdout)

    assert played.exit_code == 0, played.output
    assert [step["kind"] for step in told["steps"]].count("watch") == 5
    assert [step["kind"] for step in told["steps"]].count("retrain") == 1
    assert told["failed"] == ""
    assert told["status"]["champion"] == "1"


def test_run_again_has_nothing_to_do_and_says_why(played: Result) -> None:
    again = retrain("run", "tiny", "--until", LAST)

    assert again.exit_code == 0
    assert again.output.startswith("nothing was due\n")
    assert f"{LAST} was the last one asked for" in again.output


def test_nothing_that_libraries_chatter_reaches_the_screen(played: Result) -> None:
    assert "Warning" not in played.output
    assert "LightGBM" not in played.output
    assert played.stderr == ""


def test_a_paused_model_stands_still_until_it_is_resumed(played: Result) -> None:
    assert retrain("pause", "tiny", "--why", "the feed moves").exit_code == 0
    try:
        assert "paused" in json.loads(retrain("status", "--json").stdout)[0]["next"]
        assert retrain("pause", "tiny", "--why", "again").exit_code == 1
        refused = retrain("run", "tiny", "--until", LAST)
        assert refused.exit_code == 1
        assert "the feed moves (ana)" in refused.output
        assert "retrain resume tiny" in refused.output
    finally:
        assert retrain("resume", "tiny").exit_code == 0
    assert retrain("resume", "tiny").exit_code == 1
    assert retrain("run", "tiny", "--until", LAST).exit_code == 0


def test_moves_that_cannot_be_made_leave_with_1(played: Result) -> None:
    for words in (("approve",), ("reject",), ("rollback",)):
        result = retrain("release", *words, "tiny", "--why", "because")
        assert result.exit_code == 1, words
        assert "Traceback" not in result.output


def test_a_source_that_is_gone_is_told_by_status_and_run(played: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS", "/nowhere")

    status, run = retrain("status", "--json"), retrain("run", "tiny")

    assert "source.path == '/nowhere/*.parquet'" in json.loads(status.stdout)[0]["next"]
    assert run.exit_code == 1
    assert "source.path == '/nowhere/*.parquet'" in run.output


class TestARequest:
    """What a person asks for, on a road that goes on: last, for it moves the road."""

    def test_is_answered_by_a_new_decision_and_its_retrain(self, played: Result) -> None:
        asked = retrain("retrain", "tiny", "--why", "new shops", "--now", "--json")
        assert json.loads(asked.stdout)["actor"] == "ana"
        assert "decide again" in json.loads(retrain("status", "--json").stdout)[0]["next"]

        ran = json.loads(retrain("run", "tiny", "--until", LAST, "--json").stdout)

        assert [step["kind"] for step in ran["steps"]] == ["decide", "retrain"]
        assert "new shops" in retrain("why", "tiny").output

    def test_can_be_turned_away_by_a_person_and_the_record_says_who_and_why(self, played: Result) -> None:
        rejected = retrain("release", "reject", "tiny", "--why", "not these shops")
        assert rejected.exit_code == 0, rejected.output

        newest = json.loads(retrain("log", "tiny", "--json").stdout)[-1]

        assert newest["status"] == "rejected"
        assert [(move["actor"], move["why"]) for move in newest["by_hand"]] == [("ana", "not these shops")]
        assert "rejected by ana: not these shops" in retrain("why", "tiny").output
