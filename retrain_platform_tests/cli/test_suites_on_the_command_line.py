"""A model whose exam has suites: checked, explained and retrained by command, its package asked in a real process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.cli.commands import LAST, SPEC, at_home, retrain, write_project

FLOOR = "validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}"
SUITES = """\
validation:
    spot_check: 3
    gates:
      - {kind: integration, requests: 5, timeout_seconds: 600}
      - {kind: cost, batch: 20, rounds: 5}
      - {kind: golden, path: golden.csv}
      - {kind: compliance, leaks_over: 0.99, declares: []}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("suites")
    assert FLOOR in SPEC
    write_project(folder, SPEC.replace(FLOOR, SUITES))
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=200, RETRAIN_ACTOR="ana")
        yield folder


def test_a_pack_that_is_not_there_is_told_with_its_line(folder: Path) -> None:
    told = retrain("check", "defs.yaml")
    assert told.exit_code == 1
    said = " ".join(told.output.split())
    assert "validation.gates[2].path == 'golden.csv', must be a table that can be read: No such file" in said


def test_the_suites_are_explained_and_judge_the_first_model(folder: Path) -> None:
    text = "name,x,shop,label\nhigh,3,north,1\nlow,-3,south,0\n"
    (folder / "golden.csv").write_text(text, encoding="utf-8")
    explained = " ".join(retrain("check", "--explain").output.split())
    assert "the exam asks: at most 0 of the cases of golden.csv may break" in explained
    played = retrain("run", "tiny", "--until", LAST, "--json")
    assert played.exit_code == 0, played.output
    (report,) = FileValues(folder / "home" / "values").all("tiny", "validation_report", ValidationReport).values()
    assert {result.gate: result.verdict for result in report.results} == {
        "integration answers": "passed",
        "integration bytes": "passed",
        "cost": "passed",
        "golden golden.csv": "passed",
        "compliance leaks": "passed",
    }
    assert len(report.measurements.suites.shown) == 3
    smoke = next((folder / "home" / "values").rglob("smoke.json"))
    assert set(json.loads(smoke.read_text(encoding="utf-8"))) == {"features", "rows", "answers"}
