"""A label of several classes from the spec file to the registry's answers, and a ranking's mistakes, by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import DAYS, LAST, SPEC, at_home, retrain, write_project
from retrain_platform_tests.steps.tiny import rows
from retrain_platform_tests.steps.tiny_tasks import CLASSES, graded, searched

GRADED = (
    SPEC.replace("task: binary", "task: multiclass")
    .replace("label: {column: bad, delay: 12h}", "label: {column: grade, delay: 12h}\n  features: {exclude: [bad]}")
    .replace("metric: auc, at_least: 0.6", "metric: macro_f1, at_least: 0.3")
)


RANKED = (
    SPEC.replace("task: binary", "task: ranking")
    .replace(
        "label: {column: bad, delay: 12h}",
        "label: {column: relevance, query: search, delay: 12h}\n  features: {exclude: [bad]}",
    )
    .replace("metric: auc, at_least: 0.6", "metric: ndcg@10, at_least: 0.5")
)


def test_the_road_of_a_ranking_is_walked_under_dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow takes no `ndcg@10` for a name: it is asked for by the run's metrics and the version's tags."""
    write_project(tmp_path, RANKED, of=lambda period: searched(rows(period), period))
    at_home(monkeypatch, tmp_path, columns=120)
    told = retrain("run", "tiny", "--until", LAST)
    assert told.exit_code == 0, told.output
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'home' / 'mlflow.db'}")
    (version,) = client.search_model_versions("name = 'tiny'")
    assert float(version.tags["exam_ndcg_at_10"]) > 0.5
    assert "exam_ndcg_at_10" in client.get_run(version.run_id).data.metrics


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("graded")
    write_project(folder, GRADED, of=lambda period: graded(rows(period), period))
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=120, RETRAIN_ACTOR="ana")
        yield folder


def test_the_road_of_classes_is_walked_under_dagster(played: Result) -> None:
    assert played.exit_code == 0, played.output
    (row,) = json.loads(retrain("status", "--json").stdout)
    assert (row["model"], row["watched_until"], row["champion"]) == ("tiny", LAST, "1")
    page = json.loads(retrain("why", "tiny", "--json").stdout)
    assert page["validation"]["verdict"] == "passed"


def test_the_registry_answers_with_names_and_chances(played: Result, project: Path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{project / 'home' / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/tiny@champion")
    answers = model.predict(rows(DAYS.at(6), 20))
    assert list(answers) == ["predicted", *(f"probability_{name}" for name in sorted(CLASSES))]
    assert set(answers["predicted"]) <= set(CLASSES)
    assert answers.drop(columns="predicted").sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_what_does_not_fit_the_task_is_told_by_check(project: Path, tmp_path: Path) -> None:
    assert retrain("check").exit_code == 0, retrain("check").output
    wrong = GRADED.replace("task: multiclass", "task: ranking").replace("metric: macro_f1", "metric: accuracy")
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "defs.yaml").write_text(wrong, encoding="utf-8")
    told = retrain("check", str(folder / "defs.yaml"))
    assert told.exit_code == 1
    assert "label.query" in told.output
    assert "ndcg@10" in told.output
