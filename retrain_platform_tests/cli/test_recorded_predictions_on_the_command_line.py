"""A model that another system serves: checked, watched and told of, its predictions read from files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform.dataset.period import Calendar
from retrain_platform_tests.cli.commands import SPEC, at_home, retrain
from retrain_platform_tests.steps.test_recorded_predictions_on_the_road import rule
from retrain_platform_tests.steps.tiny import rows

LABEL = "  label: {column: bad, delay: 12h}\n"
TABLE = (
    '  predictions: {kind: files, path: "answers/*.parquet", time: answered_at, on: {who: customer, at: answered_at}, '
    "score: risk, version: by, model: old-rules}\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("served")
    calendar = Calendar.model_validate({"every": "day", "start": "2024-01-01"})
    for place in ("rows", "answers"):
        (folder / place).mkdir()
    for period in (calendar.at(day) for day in range(4)):
        rows(period).to_parquet(folder / "rows" / f"{period.key}.parquet")
        rule(period).to_parquet(folder / "answers" / f"{period.key}.parquet")
    (folder / "defs.yaml").write_text(SPEC.replace(LABEL, LABEL + TABLE).replace("mode: act", "mode: observe"))
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=200)
        yield folder


def test_check_holds_the_table_against_the_spec(folder: Path) -> None:
    assert retrain("check").exit_code == 0
    text = (folder / "defs.yaml").read_text()
    (folder / "wrong.yaml").write_text(text.replace("score: risk", "score: rsik").replace("{who: cus", "{whom: cus"))
    (told,) = json.loads(retrain("check", str(folder / "wrong.yaml"), "--json").stdout)
    (folder / "wrong.yaml").unlink()
    cures = {problem["field"]: problem["cure"] for problem in told["problems"]}
    assert set(cures) == {"predictions.on", "predictions.score"}
    assert "did you mean risk?" in cures["predictions.score"]


def test_it_is_watched_without_a_model_of_the_platform_s_own(folder: Path) -> None:
    ran = retrain("run", "tiny", "--until", "2024-01-04")
    assert ran.exit_code == 0, ran.output
    assert "watched until 2024-01-03, champion old-rules" in ran.output
    (told,) = json.loads(retrain("status", "--json").stdout)
    assert told["champion"] == "old-rules"
    assert "auc 0.8" in retrain("status").output
    shown = " ".join(retrain("release", "show", "tiny").output.split())
    assert "promoted outside the platform: version old-rules" in shown
