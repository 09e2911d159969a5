"""What `status`, `log`, `why` and `decide` tell of a road that was walked, and how wrong use is answered."""

from __future__ import annotations

import json

import pytest
from typer.testing import Result

from retrain_platform.cli.errors import Refused
from retrain_platform.cli.reading import period_at
from retrain_platform_tests.cli.commands import LAST, retrain
from retrain_platform_tests.steps.tiny import tiny_spec


def test_status_is_a_table_for_people_and_rows_for_programs(played: Result) -> None:
    (row,) = json.loads(retrain("status", "--json").stdout)

    assert (row["model"], row["watched_until"], row["champion"]) == ("tiny", LAST, "1")
    assert row["next"] == "watch 2024-01-06"
    assert "watched until" in retrain("status", "tiny").output


def test_a_narrow_screen_gets_one_block_a_row(played: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    lines = retrain("log", "tiny").output.splitlines()

    assert lines[0].startswith("period  ")
    assert lines[1].startswith("trigger  ")
    assert all(len(line) <= 60 for line in lines)


def test_log_and_why_tell_the_retrain_from_decision_to_traffic(played: Result) -> None:
    (line,) = json.loads(retrain("log", "tiny", "--json").stdout)
    page = json.loads(retrain("why", "tiny", "--json").stdout)
    told = retrain("why", "tiny").output

    assert (line["trigger"], line["version"], line["status"]) == ("no_champion", "1", "champion")
    assert page["decision"]["id"] == line["decision_id"] == page["retrain"]["decision_id"]
    assert page["validation"]["verdict"] == "passed"
    assert [move["kind"] for move in page["traffic"]] == ["promoted"]
    for part in ("What was seen:", "Data:", "Exam", "Traffic:", "by platform"):
        assert part in told


def test_why_of_a_period_without_a_retrain_tells_why_not(played: Result) -> None:
    told = retrain("why", "tiny", "--at", LAST)

    assert told.exit_code == 0
    assert told.output.startswith(f"tiny, {LAST}: nothing to do: last training")
    assert "Traffic" not in told.output


def test_decide_answers_by_its_exit_and_records_nothing(played: Result) -> None:
    entries = len(json.loads(retrain("why", "tiny", "--json").stdout)["traffic"])
    yes = json.loads(retrain("log", "tiny", "--json").stdout)[0]["period"]

    assert retrain("decide", "tiny", "--as-of", yes).exit_code == 0
    no = retrain("decide", "tiny", "--as-of", LAST, "--json")

    assert no.exit_code == 1
    assert json.loads(no.stdout)["action"] == "none"
    assert len(json.loads(retrain("why", "tiny", "--json").stdout)["traffic"]) == entries


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "tinny"), "did you mean tiny?"),
        (("run", "tiny", "--until", "tomorrow"), "must be the start of a day"),
        (("decide", "tiny", "--as-of", "2024-01-06"), "2024-01-01 to 2024-01-05 are"),
        (("why", "tiny", "--at", "2024-01-05T10:00"), "did you mean 2024-01-05?"),
        (("retrain", "tiny", "--why", "  "), "must give a reason"),
        (("status", "nowhere/defs.yaml"), "must be readable"),
        (("retrain", "tiny"), "--why"),
        (("rollback", "tiny"), "No such command"),
    ],
)
def test_wrong_use_leaves_with_2_and_says_what_would_do(played: Result, words: tuple[str, ...], said: str) -> None:
    result = retrain(*words)

    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("moment", "hint"),
    [("2024-01-09T05:00", "did you mean 2024-01-09"), ("2024-01-20T05:00", "the calendar ends at 2024-01-15")],
)
def test_no_period_after_the_calendars_end_is_proposed(moment: str, hint: str) -> None:
    spec = tiny_spec(period={"every": "day", "start": "2024-01-01", "end": "2024-01-15"})
    with pytest.raises(Refused, match=hint):
        period_at(spec, moment, "--until")
