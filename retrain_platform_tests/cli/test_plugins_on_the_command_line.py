"""A spec of the user's own functions in every family: `retrain check --plugin` examines them, a run uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import SPEC, retrain

TESTS = "retrain_platform_tests"
LEARNER = SPEC[SPEC.index("  training:") : SPEC.index("  validation:")]
OWN = {
    LEARNER: f"  training: {{kind: python, call: {TESTS}.training.own_learners:fit, holdout: 1d}}\n",
    "policy: {kind: schedule, every: 30d}": "policy: {kind: any_of, policies: [{kind: schedule, every: 30d}, "
    f"{{kind: python, call: {TESTS}.policy.own_policies:many_rows}}]}}",
    "{kind: floor, metric: auc, at_least: 0.6}": "{kind: floor, metric: auc, at_least: 0.6}, "
    f"{{kind: python, call: {TESTS}.validation.own_gates:not_much_worse, metrics: [auc]}}",
    "checks: {min_rows: 600}": "checks: {min_rows: 600, own: [{kind: python, "
    f"call: {TESTS}.dataset.own_checks:few_holes}}]}}",
}


def spec(folder: Path, **changed: str) -> str:
    """The tiny spec with the user's own in every family; `changed`: other functions, by the sound one's name."""
    text = SPEC
    for old, new in OWN.items():
        assert old in text, old
        text = text.replace(old, new)
    for sound, other in changed.items():
        assert f":{sound}" in text
        text = text.replace(f":{sound}", f":{other}")
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own" / "defs.yaml").write_text(text.replace("name: tiny", "name: own"), encoding="utf-8")
    return str(folder / "own" / "defs.yaml")


@pytest.fixture(autouse=True)
def _alone(project: Path) -> Iterator[None]:
    yield
    (project / "own" / "defs.yaml").unlink(missing_ok=True)


def test_sound_functions_are_well(project: Path) -> None:
    told = retrain("check", spec(project), "--plugin")
    assert told.exit_code == 0, told.output
    assert "own is well" in told.output


def test_what_functions_do_not_keep_is_told_with_file_line_and_field(project: Path) -> None:
    file = spec(project, fit="moody", many_rows="eager", not_much_worse="blind", few_holes="bare")
    told = retrain("check", file, "--plugin", "--json")
    assert told.exit_code == 1
    (one,) = json.loads(told.stdout)
    found = {problem["field"]: problem for problem in one["problems"]}
    assert set(found) == {
        "training.call",
        "policy.policies[1].call",
        "validation.gates[1].call",
        "checks.own[0].call",
    }
    assert all(problem["line"] and problem["cure"].startswith("must ") for problem in found.values())
    assert retrain("check", file).exit_code == 0  # asked for, they are run; else only looked for


def test_a_function_that_is_not_there_is_told_without_asking(project: Path) -> None:
    told = retrain("check", spec(project, fit="nowhere", few_holes="nowhere"), "--json")
    (one,) = json.loads(told.stdout)
    assert {problem["field"] for problem in one["problems"]} == {"training.call", "checks.own[0].call"}
    assert "must name a function of" in one["problems"][0]["cure"]


def test_a_road_of_own_functions_ends_in_a_release_and_says_what_they_said(project: Path) -> None:
    ran = retrain("run", spec(project), "--until", "2024-01-05", "--json")
    assert ran.exit_code == 0, ran.output
    why = retrain("why", spec(project)).output
    assert "python not_much_worse: passed" in why
    assert "new ripe rows, limit 5000" in why
    assert json.loads(ran.stdout)["status"]["champion"]
