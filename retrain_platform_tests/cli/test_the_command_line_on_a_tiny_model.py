"""Every command, against a tiny model that `retrain run` played through real Dagster in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from retrain_platform.cli import app
from retrain_platform.dataset.period import Calendar
from retrain_platform_tests.steps.tiny import rows

SPEC = """\
type: retrain_platform.RetrainedModel
attributes:
  name: tiny
  mode: act
  task: binary
  period: {every: day, start: "2024-01-01"}
  source: {kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}
  label: {column: bad, delay: 12h}
  monitoring: {min_segment: 20}
  checks: {min_rows: 600}
  policy: {kind: schedule, every: 30d}
  training:
    kind: lightgbm
    rounds: 10
    early_stopping_rounds: 5
    holdout: 1d
    early_stop_on: 1d
    params: {num_leaves: 7, min_data_in_leaf: 20}
  validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}
  release: {shadow: 1d, canary: [100], bake: 1d, not_worse_by: 0.05}
"""
LAST = "2024-01-05"


def retrain(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project's folder with one model and seven days of rows; nothing has been played."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "rows").mkdir()
    calendar = Calendar.model_validate({"every": "day", "start": "2024-01-01"})
    for day in range(7):
        rows(calendar.at(day)).to_parquet(folder / "rows" / f"{day}.parquet")
    (folder / "defs.yaml").write_text(SPEC, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in {
            "RETRAIN_HOME": str(folder / "home"),
            "DAGSTER_HOME": str(folder / "home" / "dagster"),
            "ROWS": str(folder / "rows"),
            "RETRAIN_ACTOR": "ana",
            "COLUMNS": "120",
        }.items():
            patch.setenv(name, value)
        for name in ("MLFLOW_TRACKING_URI", "RETRAIN_LEDGER_URL"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="module")
def before(project: Path) -> dict[str, Result]:
    """What each reading command says before anything was played."""
    commands = (("status",), ("log", "tiny"), ("why", "tiny"), ("release", "show", "tiny"))
    refused = (("decide", "tiny", "--as-of", "2024-01-02"), ("release", "rollback", "tiny", "--why", "x"))
    return {" ".join(words): retrain(*words) for words in (*commands, *refused)}


@pytest.fixture(scope="module")
def played(project: Path, before: dict[str, Result]) -> Result:
    """The road until the first model answers, played once for all tests."""
    return retrain("run", "tiny", "--until", LAST, "--json")


def test_before_anything_was_played_each_command_says_so_without_a_traceback(before: dict[str, Result]) -> None:
    told = {command: (result.exit_code, result.output) for command, result in before.items()}

    assert told["status"][0] == 0
    assert "watch 2024-01-01" in told["status"][1]
    assert told["log tiny"] == (0, "tiny was never retrained\n")
    assert told["why tiny"][0] == 1
    assert "retrain run tiny" in told["why tiny"][1]
    assert told["release show tiny"] == (0, "champion: none yet\nno version was ever on the way\n")
    assert told["decide tiny --as-of 2024-01-02"][0] == 2
    assert "none is yet" in told["decide tiny --as-of 2024-01-02"][1]
    assert told["release rollback tiny --why x"] == (1, "no model answers yet: nothing to roll back\n")


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


def test_one_wrong_spec_stops_no_other_model(played: Result, project: Path) -> None:
    wrong = project / "other" / "defs.yaml"
    wrong.parent.mkdir()
    wrong.write_text(SPEC.replace("name: tiny", "name: other").replace("task: binary", "task: binry"), encoding="utf-8")
    try:
        assert retrain("release", "show", "tiny").exit_code == 0
        assert retrain("status").exit_code == 2
        checked = retrain("check", "--json")
    finally:
        wrong.unlink()
        wrong.parent.rmdir()

    assert checked.exit_code == 1
    told: dict[str, Any] = {Path(one["file"]).parent.name: one for one in json.loads(checked.stdout)}
    assert told["other"]["problems"][0]["field"] == "task"
    assert told[project.name]["problems"] == []


def test_check_knows_great_expectations_names_and_a_model_named_twice(project: Path, tmp_path: Path) -> None:
    own = "checks: {min_rows: 600, expectations: [{type: ExpectColumnValuesToNotBeNul, column: x}]}"
    wrong = tmp_path / "defs.yaml"
    wrong.write_text(SPEC.replace("checks: {min_rows: 600}", own), encoding="utf-8")

    result = retrain("check", str(project / "defs.yaml"), str(wrong), "--json")

    found = {problem["field"]: problem for one in json.loads(result.stdout) for problem in one["problems"]}
    assert result.exit_code == 1
    assert set(found) == {"name", "checks.expectations[0].type"}
    assert "ExpectColumnValuesToNotBeNull" in found["checks.expectations[0].type"]["cure"]
    assert found["checks.expectations[0].type"]["line"] == 1 + SPEC[: SPEC.index("checks:")].count("\n")


def test_check_explain_prints_every_default(project: Path) -> None:
    told = retrain("check", "--explain").output

    for default in ("ripe_at: 0.95", "patience: 4", "confidence: 0.95", "attempts: 3", "max_missing: 0.5"):
        assert default in told


def test_help_and_check_import_nothing_heavy(project: Path) -> None:
    heavy = (
        "{'pandas', 'pyarrow', 'scipy', 'dagster', 'mlflow', 'sklearn', 'lightgbm', 'great_expectations', 'sqlalchemy'}"
    )
    program = (
        "import sys; from typer.testing import CliRunner; from retrain_platform.cli import app\n"
        "for words in (['--help'], ['check']):\n"
        "    result = CliRunner().invoke(app, words); assert result.exit_code == 0, result.output\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        *(["check"], ["run"], ["status"], ["decide"], ["why"], ["log"], ["pause"], ["resume"], ["retrain"], ["event"]),
        *(["release", "show"], ["release", "approve"], ["release", "reject"], ["release", "rollback"]),
    ],
)
def test_each_command_has_an_example_on_a_line_of_its_own_and_json(words: list[str], project: Path) -> None:
    told = retrain(*words, "--help")

    examples = [line for line in told.output.splitlines() if line.strip().startswith("Example: ")]
    assert examples
    assert all(line.split("Example: ")[1].startswith(f"retrain {' '.join(words)}") for line in examples)
    assert "--json" in told.output


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
