"""The gates of the comparison as `retrain check` reads and shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import SPEC, at_home, retrain

PLAIN = "validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}"
GATES = """\
segments: [shop]
  validation:
    level: 0.1
    gates:
      - {kind: performance, passes: any, metrics: [{metric: auc, better_by: 0.01}, {metric: log_loss, LIMIT: 0.02}]}
      - {kind: fairness, by: shop, measure: tpr, not_worse_by: 0.02}
      - {kind: calibration, bias_at_most: 0.05}
      - {kind: backtest, metric: auc}
"""


def written(folder: Path, limit: str) -> str:
    file = folder / "defs.yaml"
    file.write_text(SPEC.replace(PLAIN, GATES.replace("LIMIT", limit)), encoding="utf-8")
    return str(file)


def test_every_default_of_the_exam_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch, tmp_path, columns=200)
    told = retrain("check", written(tmp_path, "better_by"), "--explain")
    assert told.exit_code == 0
    for part in ("level: 0.1", "passes: any", "measure: tpr", "at_most: 0.1", "periods: 4", "retry_after: 0.1"):
        assert part in told.stdout


def test_a_question_with_a_misspelt_limit_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(monkeypatch, tmp_path, columns=200)
    told = retrain("check", written(tmp_path, "beter_by"))
    assert told.exit_code == 1
    shown = " ".join((told.stdout + told.stderr).split())
    assert "validation.gates[0].metrics[1].beter_by: is no field here; did you mean better_by?" in shown
