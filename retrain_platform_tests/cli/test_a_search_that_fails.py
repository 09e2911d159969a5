"""A search in which every trial fails, through the real command: told in words, on record, nothing promoted."""

from __future__ import annotations

from pathlib import Path

from retrain_platform_tests.cli.commands import SPEC, retrain

SEARCH = "    rounds: 10\n    search: {trials: 4, folds: 2, space: {max_bin: {low: 2, high: 3}}}\n"


def test_it_ends_the_retrain_in_words(project: Path) -> None:
    """LightGBM refuses a negative minimum of rows in a leaf, whatever the searched parameter is."""
    text = SPEC.replace("    rounds: 10\n", SEARCH).replace("min_data_in_leaf: 20", "min_data_in_leaf: -3")
    (project / "defs.yaml").write_text(text, encoding="utf-8")
    told = retrain("run", "tiny", "--until", "2024-01-05")
    assert told.exit_code == 0, told.output
    assert "search failed: the search for parameters failed: all 4 trials failed: trial 0 (max_bin=" in told.output
    assert "Traceback" not in told.output
    assert "champion none yet" in told.output
    assert "search failed" in retrain("log", "tiny").output
