"""`retrain run` on Parquet files, one of which is wrong: what stops the road, what does not, and what is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from retrain_platform_tests.cli.commands import DAYS, at_home, retrain
from retrain_platform_tests.steps.tiny import rows

SPEC = """\
type: retrain_platform.RetrainedModel
attributes:
  name: tiny
  task: binary
  period: {every: day, start: "2024-01-01"}
  source: {kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}
  label: {column: bad, delay: 12h}
  policy: {kind: schedule, every: 30d}
  training: {kind: lightgbm}
  validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}
  release: {shadow: 1d, canary: [100], bake: 1d}
"""


def day(number: int) -> pd.DataFrame:
    return rows(DAYS.at(number))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the rows of a model of which nothing was played."""
    (tmp_path / "rows").mkdir()
    (tmp_path / "defs.yaml").write_text(SPEC, encoding="utf-8")
    at_home(monkeypatch, tmp_path)
    return tmp_path / "rows"


def test_labels_that_cannot_be_read_in_one_file_are_put_on_record_and_the_road_goes_on(folder: Path) -> None:
    for number in range(4):
        day(number).to_parquet(folder / f"{number}.parquet")
    day(1).assign(bad="unknown").to_parquet(folder / "1.parquet")
    ran = retrain("run", "tiny", "--until", "2024-01-03")
    assert ran.exit_code == 0, ran.output
    page = retrain("why", "tiny", "--at", "2024-01-02").output
    assert "its labels were not taken: bad == 'unknown', must be 0 or 1, true or false, or missing" in page


def test_times_that_cannot_be_read_in_one_file_stop_the_road_with_one_clear_message(folder: Path) -> None:
    for number in range(3):
        day(number).to_parquet(folder / f"{number}.parquet")
    day(3).assign(at="soon").to_parquet(folder / "3.parquet")
    ran = retrain("run", "tiny")
    assert ran.exit_code == 1
    said = f"{folder}/3.parquet: at == 'soon', must be a time as in '2013-01-31 05:15' (ISO 8601)"
    assert said in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
