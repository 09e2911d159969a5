"""What can be asked before anything was played: `check`, and every command for its help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from retrain_platform_tests.cli.commands import SPEC, retrain


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
