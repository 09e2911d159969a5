"""One MLflow run a retrain, whatever is killed in between."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform.adapters.mlflow_tracking import (
    adopt_or_close,
    ensure_experiment,
    log_fit,
    log_metrics,
    open_run,
)

_names = (f"experiment_{number}" for number in itertools.count())


@pytest.fixture
def experiment(tracking_uri: str, mlflow_place: Path) -> str:
    name = next(_names)
    ensure_experiment(tracking_uri, name, mlflow_place / "artifacts")
    return name


@pytest.fixture
def client(tracking_uri: str) -> Any:
    return mlflow_client(tracking_uri)


def runs(client: Any, experiment: str) -> list[Any]:
    found: list[Any] = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return found


def test_nothing_to_adopt(tracking_uri: str, experiment: str) -> None:
    assert adopt_or_close(tracking_uri, experiment, "d1") is None
    assert adopt_or_close(tracking_uri, "never made", "d1") is None
    with pytest.raises(LookupError, match="experiment == 'never made', must exist"):
        open_run(tracking_uri, "never made", "d1", "retrain")


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "KILLED", "FINISHED"])
def test_a_second_attempt_goes_on_in_the_first_s_run(
    tracking_uri: str, experiment: str, client: Any, status: str
) -> None:
    first = open_run(tracking_uri, experiment, "d1", "retrain")
    if status != "RUNNING":
        client.set_terminated(first, status)
    assert adopt_or_close(tracking_uri, experiment, "d1") == first
    assert open_run(tracking_uri, experiment, "d1", "retrain") == first
    (run,) = runs(client, experiment)
    assert run.info.status == "RUNNING"
    assert run.data.tags["decision_id"] == "d1"
    assert run.info.run_name == "retrain"


def test_another_decision_has_a_run_of_its_own(tracking_uri: str, experiment: str) -> None:
    assert open_run(tracking_uri, experiment, "d1", "r") != open_run(tracking_uri, experiment, "d2", "r")


def test_of_several_the_newest_goes_on_and_the_rest_are_closed(tracking_uri: str, experiment: str, client: Any) -> None:
    where = client.get_experiment_by_name(experiment).experiment_id
    ids = [client.create_run(where, start_time=at, tags={"decision_id": "d1"}).info.run_id for at in (3000, 1000, 2000)]
    client.set_terminated(ids[2], "FAILED")
    assert adopt_or_close(tracking_uri, experiment, "d1") == ids[0]
    assert [client.get_run(run_id).info.status for run_id in ids] == ["RUNNING", "KILLED", "FAILED"]


def fit(client: Any, run_id: str, **changed: Any) -> None:
    given: dict[str, Any] = {
        "params": {"kind": "lightgbm", "params": {"num_leaves": 63, "deep": {"er": None}}, "long": "x" * 7000},
        "curves": {"valid auc": [0.5, 0.6, 0.65], "train auc": [0.6, 0.7, 0.8]},
        "metrics": {"rounds": 3, "unmeasured": None},
        "tags": {"trigger": "drift", "reason": "r" * 6000},
    }
    log_fit(client, run_id, **{**given, **changed})


def history(client: Any, run_id: str, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client.get_metric_history(run_id, name)]


@pytest.fixture
def run_id(tracking_uri: str, experiment: str) -> str:
    return open_run(tracking_uri, experiment, "d1", "retrain")


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_fit_is_on_record_however_often_it_is_logged(client: Any, run_id: str, times: int) -> None:
    for _ in range(times):
        fit(client, run_id)
    data = client.get_run(run_id).data
    assert data.params == {"kind": "lightgbm", "params.num_leaves": "63", "params.deep.er": "None", "long": "x" * 6000}
    assert data.metrics == {"valid auc": 0.65, "train auc": 0.8, "rounds": 3.0}
    assert history(client, run_id, "valid auc") == [(0, 0.5), (1, 0.6), (2, 0.65)]
    assert data.tags["trigger"] == "drift"
    assert len(data.tags["reason"]) == 5000
    assert "changed_params" not in data.tags


def test_a_parameter_that_changed_between_attempts_is_told(client: Any, run_id: str) -> None:
    fit(client, run_id)
    fit(client, run_id, params={"kind": "sklearn", "new": 1})
    data = client.get_run(run_id).data
    assert data.params["kind"] == "lightgbm"
    assert data.params["new"] == "1"
    assert data.tags["changed_params"] == "kind: lightgbm -> sklearn"


def test_names_that_mlflow_refuses_are_written_otherwise(client: Any, run_id: str) -> None:
    for _ in range(2):
        fit(
            client,
            run_id,
            params={"by": {"JFK, a|b": 1}},
            curves={"valid_ndcg@10": [0.5, 0.6]},
            metrics={"exam_map@10": 0.7},
            tags={"why?": "because"},
        )
    data = client.get_run(run_id).data
    assert history(client, run_id, "valid_ndcg_at_10") == [(0, 0.5), (1, 0.6)]
    assert data.metrics["exam_map_at_10"] == 0.7
    assert data.params == {"by.JFK_ a_b": "1"}
    assert data.tags["why_"] == "because"
    assert "changed_params" not in data.tags


def test_more_than_mlflow_takes_at_once_is_split(client: Any, run_id: str) -> None:
    fit(
        client,
        run_id,
        params={f"p{n}": n for n in range(230)},
        curves={"long": [float(n) for n in range(2300)]},
        tags={f"t{n}": "x" for n in range(120)},
    )
    data = client.get_run(run_id).data
    assert len(data.params) == 230
    assert sum(name.startswith("t") and name[1:].isdigit() for name in data.tags) == 120
    assert len(history(client, run_id, "long")) == 2300


def test_single_numbers(client: Any, run_id: str) -> None:
    log_metrics(client, run_id, {"exam_auc": 0.7, "exam_none": None})
    assert client.get_run(run_id).data.metrics == {"exam_auc": 0.7}


def test_dagster_mlflow_goes_on_in_the_opened_run(tracking_uri: str, experiment: str, client: Any, run_id: str) -> None:
    import dagster as dg
    import mlflow
    from dagster_mlflow import mlflow_tracking

    config = {"mlflow_tracking_uri": tracking_uri, "experiment_name": experiment, "mlflow_run_id": run_id}

    @dg.op(required_resource_keys={"mlflow"})
    def train(context):  # type: ignore[no-untyped-def] # dagster cannot read a local name's annotation
        log_metrics(context.resources.mlflow.tracking_client, mlflow.active_run().info.run_id, {"auc": 0.7})
        mlflow.end_run()

    @dg.job(resource_defs={"mlflow": mlflow_tracking.configured(config)})
    def retrain() -> None:
        train()

    assert retrain.execute_in_process().success
    (run,) = runs(client, experiment)
    assert (run.info.run_id, run.info.status, run.data.metrics) == (run_id, "FINISHED", {"auc": 0.7})
