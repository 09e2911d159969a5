"""What can be asked before anything was played: `check`, and every command for its help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.cli.explaining import detectable_lines
from retrain_platform_tests.cli.commands import SPEC, at_home, retrain, write_project
from retrain_platform_tests.steps.tiny import tiny_spec


def test_one_wrong_spec_stops_no_other_model(project: Path) -> None:
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


def test_check_explain_leaves_out_what_nobody_asks_of_a_live_release(project: Path) -> None:
    by_periods = "  release: {shadow: 1d, canary: [100], bake: 1d, not_worse_by: 0.05}\n"
    assert by_periods in SPEC
    spec = SPEC.replace(by_periods, "  gateway: {}\n  release: {live: {}}\n")
    (project / "defs.yaml").write_text(spec, encoding="utf-8")
    told = retrain("check", "--explain").output
    assert "inconclusive: 24" in told
    assert "patience: 4" not in told


def test_help_and_check_import_nothing_heavy(project: Path) -> None:
    heavy = "{'pandas', 'scipy', 'dagster', 'mlflow', 'sklearn', 'lightgbm', 'great_expectations', 'sqlalchemy'}"
    program = (
        "import sys; from typer.testing import CliRunner; from retrain_platform.cli import app\n"
        "for words in (['--help'], ['check']):\n"
        "    assert 'pyarrow' not in sys.modules  # `check` reads the schema of the rows by it\n"
        "    result = CliRunner().invoke(app, words); assert result.exit_code == 0, result.output\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        *(["check"], ["run"], ["status"], ["decide"], ["why"], ["log"], ["pause"], ["resume"], ["retrain"], ["event"]),
        *(["label"], ["try"], ["refit"]),
        *(["release", "show"], ["release", "approve"], ["release", "reject"], ["release", "rollback"]),
    ],
)
def test_each_command_has_an_example_on_a_line_of_its_own_and_json(words: list[str], project: Path) -> None:
    told = retrain(*words, "--help")

    examples = [line for line in told.output.splitlines() if line.strip().startswith("Example: ")]
    assert examples
    assert all(line.split("Example: ")[1].startswith(f"retrain {' '.join(words)}") for line in examples)
    assert "--json" in told.output


def spoiled(tmp_path: Path, *changes: tuple[str, str]) -> tuple[Path, str]:
    """The project's spec after some changes, in a file of its own."""
    text = SPEC
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = tmp_path / "defs.yaml"
    file.write_text(text, encoding="utf-8")
    return file, text


def mistakes(file: Path) -> dict[str, dict[str, Any]]:
    (told,) = json.loads(retrain("check", str(file), "--json").stdout)
    return {problem["field"]: problem for problem in told["problems"]}


WATCH_X = "policy: {kind: feature_drift, features: [x, xs], over: 0.2}"


def test_check_looks_for_every_named_column_in_the_source(project: Path, tmp_path: Path) -> None:
    file, text = spoiled(
        tmp_path,
        ("entity: who", "entity: whom"),
        ("column: bad", "column: bed"),
        ("  monitoring", "  segments: [shp, shop]\n  features: {exclude: [y*]}\n  monitoring"),
    )

    found = mistakes(file)

    assert set(found) == {"source.entity", "label.column", "segments[0]", "features.exclude[0]"}
    segment = found["segments[0]"]
    assert (segment["value"], segment["line"]) == ("'shp'", 1 + text[: text.index("segments:")].count("\n"))
    assert segment["cure"] == "must be a column of the source, which has at, who, x, shop, bad; did you mean shop?"
    assert retrain("check", str(file)).exit_code == 1


def test_check_tells_a_policy_that_watches_what_is_no_feature(project: Path, tmp_path: Path) -> None:
    file, _ = spoiled(tmp_path, ("policy: {kind: schedule, every: 30d}", WATCH_X))

    found = mistakes(file)

    assert list(found) == ["policy.features[1]"]
    assert found["policy.features[1]"]["cure"].startswith("must match a feature; there are x, shop")


def test_rows_that_are_not_there_yet_are_a_note_and_no_mistake(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWS", str(tmp_path / "later"))
    told = retrain("check", str(project / "defs.yaml"))

    assert told.exit_code == 0
    assert "note: no file matches source.path ==" in told.output


@pytest.mark.parametrize(
    ("source", "field", "cure"),
    [
        ("{kind: python, call: 'nomodule:rows', event_time: at, entity: who}", "source.call", "can be imported"),
        ("{kind: python, call: 'json:rows', event_time: at, entity: who}", "source.call", "a function of json"),
    ],
)
def test_check_imports_what_a_source_calls(project: Path, tmp_path: Path, source: str, field: str, cure: str) -> None:
    whole = '{kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}'
    file, _ = spoiled(tmp_path, (whole, source))

    found = mistakes(file)

    assert cure in found[field]["cure"]


TRAINING = SPEC[SPEC.index("  training:") : SPEC.index("  validation:")]


@pytest.mark.parametrize(
    ("training", "field", "said"),
    [
        (
            "{kind: sklearn, estimator: sklearn.linear_model.LogisticRegresion}",
            "training.estimator",
            "LogisticRegression?",
        ),
        ("{kind: sklearn, estimator: sklearn.linear_modl.Ridge}", "training.estimator", "sklearn.linear_modl"),
        ("{kind: sklearn, estimator: sklearn.linear_model.Ridge}", "training.estimator", "must have predict_proba"),
        (
            "{kind: sklearn, steps: [{estimator: sklearn.decomposition.PCA, params: {n: 2}}, "
            "{estimator: sklearn.linear_model.LogisticRegression}]}",
            "training.steps[0].params",
            "of sklearn.decomposition.PCA",
        ),
    ],
)
def test_check_asks_scikit_learn_for_what_a_recipe_names(
    project: Path, tmp_path: Path, training: str, field: str, said: str
) -> None:
    file, _ = spoiled(tmp_path, (TRAINING, f"  training: {training}\n"))

    assert said in mistakes(file)[field]["cure"]


def test_a_file_that_is_not_there_is_wrong_use(project: Path) -> None:
    told = retrain("check", "nofile.yaml", str(project / "defs.yaml"))

    assert told.exit_code == 2
    assert "nofile.yaml: the file: must be readable" in told.output
    assert "tiny is well" in told.output


def test_arguments_that_an_expectation_does_not_have_are_told_in_plain_words(project: Path, tmp_path: Path) -> None:
    own = "checks: {min_rows: 600, expectations: [{type: ExpectColumnValuesToBeBetween, column: x, mn_value: 1}]}"
    file, _ = spoiled(tmp_path, ("checks: {min_rows: 600}", own))

    (problem,) = mistakes(file).values()

    assert "mn_value is no argument of it" in problem["cure"]
    assert "value_error" not in problem["cure"]


def test_each_canary_step_is_judged_on_all_rows_since_the_release_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """ADR 3: so each step can tell a smaller fall than the one before, and bake begins anew."""
    monkeypatch.setattr("retrain_platform.steps.validation.power.paired_error_a_period", lambda values, spec: 0.02)
    monkeypatch.setattr(Path, "exists", lambda path: True)
    plan = {"shadow": "2d", "canary": [10, 50, 100], "bake": "1d", "not_worse_by": 0.001}

    lines = detectable_lines(tiny_spec(release=plan))

    assert [line.split(" can tell")[0] for line in lines] == ["shadow", "canary at 10%", "canary at 50%", "bake"]
    assert [line.rsplit("on ", 1)[1] for line in lines] == [
        "2 ripe periods",
        "3 ripe periods",
        "4 ripe periods",
        "1 ripe period",
    ]
    falls = [float(line.split("a fall of ")[1].split()[0]) for line in lines[:3]]
    assert falls == sorted(falls, reverse=True)
    assert len(set(falls)) == 3


@pytest.mark.parametrize("command", ["status", "fleet", "notify"])
def test_a_wrong_spec_is_told_once_the_others_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    write_project(tmp_path)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "defs.yaml").write_text(SPEC.replace("task: binary", "task: binry"), encoding="utf-8")
    at_home(monkeypatch, tmp_path)
    told = retrain(command, "--json")
    assert (told.exit_code, "did you mean binary?" in told.stderr) == (2, True)
    answered = json.loads(told.stdout)
    assert "tiny" in json.dumps(answered)
