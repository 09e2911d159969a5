"""`retrain try`: a recipe on a sample, and a home that stays as it was."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import Result

from retrain_platform.resources import ledger, settings
from retrain_platform_tests.cli.commands import LAST, SPEC, retrain


def home_of(project: Path) -> dict[str, str]:
    """Every file of the home by its content, a database by what it says: SQLite tidies its log when it likes."""
    home = project / "home"
    found = (path for path in home.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(home)): sha256(content(path)).hexdigest() for path in found}


def content(path: Path) -> bytes:
    if path.suffix != ".db":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump()).encode()


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_before_anything_is_watched_there_is_nothing_to_learn_from(project: Path) -> None:
    result = retrain("try", "tiny")
    assert result.exit_code == 1
    assert "nothing has been played yet" in result.output


def test_wrong_use_is_told(project: Path, played: Result) -> None:
    assert played.exit_code == 0, played.output
    for words, told in (
        (("--share", "0"), "--share == 0, must be over 0 and at most 1, as in 0.05"),
        (("--share", "1.5"), "--share == 1.5, must be over 0 and at most 1"),
        (("--as-of", "2024-01-07"), f"must be a period that was watched; 2024-01-01 to {LAST} are"),
        (("--as-of", "yesterday"), "--as-of"),
    ):
        result = retrain("try", "tiny", *words)
        assert result.exit_code == 2, words
        assert told in said(result)


def test_a_try_shows_everything_and_leaves_home_and_ledger_as_they_were(project: Path, played: Result) -> None:
    files, entries = home_of(project), ledger(settings()).entries("tiny")

    told = json.loads(retrain("try", "tiny", "--share", "0.5", "--json").stdout)
    shown = said(retrain("try", "tiny", "--share", "0.5", "--as-of", LAST))

    assert told["period"] == LAST
    assert told["rows"]["train"] > 100
    assert told["champion"] == "1"
    assert {each["metric"] for each in told["metrics"]} >= {"auc", "log_loss"}
    assert [each["name"] for each in told["checks"] if each["verdict"] == "failed"]
    assert told["gates"][-1]["gate"] == "floor auc"
    assert set(told["features"]) == {"x", "shop"}
    assert told["seconds"]["all"] >= told["seconds"]["fit"] > 0
    for part in ("nothing is recorded", "sample: 0.5 of the rows by draws", "check row_minimum: failed", "feature"):
        assert part in shown
    assert home_of(project) == files
    assert ledger(settings()).entries("tiny") == entries


def test_a_changed_recipe_is_tried_before_it_is_run(project: Path, played: Result) -> None:
    """The spec is the user's to change between two tries; a recipe that cannot be fitted says why."""
    spec = project / "defs.yaml"
    try:
        spec.write_text(SPEC.replace("num_leaves: 7", "num_leaves: 3"), encoding="utf-8")
        assert retrain("try", "tiny", "--share", "0.5").exit_code == 0
        spec.write_text(SPEC.replace("num_leaves: 7", "num_leaves: 1"), encoding="utf-8")
        result = retrain("try", "tiny", "--share", "0.5")
    finally:
        spec.write_text(SPEC, encoding="utf-8")
    assert result.exit_code == 1
    assert "the recipe of tiny could not be tried on sample: 0.5 of the rows by draws: training.params" in said(result)


@pytest.mark.parametrize("share", ["0.0001"])
def test_a_sample_of_no_rows_is_no_stack_trace(project: Path, played: Result, share: str) -> None:
    result = retrain("try", "tiny", "--share", share, "--json")
    assert result.exit_code == 1
    assert "could not be tried" in json.loads(result.stdout)["error"]


def test_segments_too_small_to_tell_are_counted_for_people_and_told_to_programs(project: Path, played: Result) -> None:
    spec = project / "defs.yaml"
    asked = SPEC.replace("{gates: [", "{gates: [{kind: segments, metric: auc, not_worse_by: 0.05}, ")
    try:
        spec.write_text(asked.replace("  monitoring:", "  segments: [shop]\n  monitoring:"), encoding="utf-8")
        shown = said(retrain("try", "tiny", "--share", "0.1"))
        told = json.loads(retrain("try", "tiny", "--share", "0.1", "--json").stdout)
    finally:
        spec.write_text(SPEC, encoding="utf-8")
    small = [each for each in told["gates"] if each["verdict"] == "cannot tell" and not each["blocking"]]
    assert f"and {len(small)} that block nothing and cannot tell: --json has them" in shown
    assert "shop=north" in "".join(each["sentence"] for each in small)
    assert "shop=north" not in shown
