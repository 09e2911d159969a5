"""Real runs of a tiny model: what a repeat, a failure or a run started by hand may and may not do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import pytest
from dagster import AssetKey

from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform.dataset.checks import CHECK_NAMES
from retrain_platform.defs.graph import RETRAIN, WATCH, build_model_defs
from retrain_platform.defs.play import play
from retrain_platform.defs.resource import PLATFORM
from retrain_platform.release.base import Entry
from retrain_platform.resources import workshop
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.defs.places import file_spec, kinds, lines, write_rows

LAST = "2024-01-06"


class Home(NamedTuple):
    """A platform's home with the rows of a week, and Dagster's history."""

    rows: Path
    instance: dg.DagsterInstance

    def play(self, spec: ModelSpec, until: str = LAST) -> list[str]:
        """Play until `until`; gives what went wrong."""
        return [played.why for played in play(spec, until=until, on=self.instance) if played.why]

    def run(self, spec: ModelSpec, job: str, period: str, **more: Any) -> dg.ExecuteInProcessResult:
        """One run, as a person starts it from the UI."""
        found = build_model_defs(spec).resolve_job_def(f"{spec.name}_{job}")
        return found.execute_in_process(instance=self.instance, partition_key=period, raise_on_error=False, **more)

    def mlflow_runs(self, spec: ModelSpec) -> list[tuple[str, str]]:
        """Each MLflow run of the model with its status, oldest first."""
        client = mlflow_client(PLATFORM.settings().tracking_uri)
        experiment = client.get_experiment_by_name(spec.name)
        found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
        return [(run.info.run_id, run.info.status) for run in found]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    place = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RETRAIN_LEDGER_URL", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        patch.setenv("RETRAIN_HOME", str(place))
        yield Home(write_rows(place, 8), dg.DagsterInstance.ephemeral())


@pytest.fixture(scope="module")
def tiny(home: Home) -> ModelSpec:
    """The model after its road until `LAST`: one retrain, released at once."""
    spec = file_spec(home.rows)
    assert home.play(spec) == []
    return spec


def first(spec: ModelSpec, kind: str) -> Entry:
    return next(entry for entry in lines(PLATFORM, spec) if entry.kind == kind)


def decided(spec: ModelSpec) -> tuple[str, str]:
    """The first decision to retrain and its period."""
    body = first(spec, "decided").body
    return body["decision_id"], body["period"]


def failure(result: dg.ExecuteInProcessResult) -> str:
    """The first failed step's error with its cause."""
    error = next(event for event in result.all_events if event.is_step_failure).step_failure_data.error
    return f"{error.message} {error.cause.message if error.cause else ''}"


def test_the_road_is_played_and_the_first_model_released(home: Home, tiny: ModelSpec) -> None:
    assert {"watched", "decided", "retrained", "promoted"} <= set(kinds(PLATFORM, tiny))
    assert workshop(tiny, PLATFORM.settings()).registry.aliases("tiny") == {"champion": "1"}
    [(run_id, status)] = home.mlflow_runs(tiny)
    assert status == "FINISHED"
    assert mlflow_client(PLATFORM.settings().tracking_uri).get_run(run_id).data.tags["semantic_version"] == "1.0.0"


def test_every_asset_of_a_period_is_in_dagsters_history(home: Home, tiny: ModelSpec) -> None:
    _, retrained = decided(tiny)
    for name in WATCH:
        assert LAST in home.instance.get_materialized_partitions(AssetKey(["tiny", name])), name
    for name in RETRAIN:
        assert home.instance.get_materialized_partitions(AssetKey(["tiny", name])) == {retrained}, name


def test_every_check_is_recorded_for_the_partition(home: Home, tiny: ModelSpec) -> None:
    _, retrained = decided(tiny)
    for name in CHECK_NAMES:
        key = dg.AssetCheckKey(AssetKey(["tiny", "training_dataset"]), name)
        records = home.instance.event_log_storage.get_asset_check_execution_history(key, limit=9)
        assert [(record.partition, record.status.value) for record in records] == [(retrained, "SUCCEEDED")], name


@pytest.mark.parametrize(
    ("asset", "wanted"),
    [
        ("events", {"dagster/row_count", "duplicates removed", "problems", "table version"}),
        ("predictions", {"dagster/row_count", "versions"}),
        ("profile", {"dagster/row_count", "columns", "missing"}),
        (
            "drift_report",
            {"reference", "severe features", "severities", "champion's scores", "over periods", "most drifted"},
        ),
        ("performance_report", {"measured", "quality"}),
        ("release", {"champion", "on the way", "moves", "ended", "who answered"}),
        ("retrain_decision", {"action", "reason", "decision", "evidence", "urgency", "opposite", "triggers over time"}),
        ("retraining_log", {"retrains", "log", "in words"}),
        (
            "training_dataset",
            {
                "dagster/row_count",
                "snapshot",
                "decision",
                "tables",
                "periods",
                "parts",
                "columns",
                "rows by period",
                "missing",
            },
        ),
        ("candidate_model", {"rounds", "trigger", "MLflow run", "importance", "curves"}),
        ("validation_report", {"verdict", "in words", "gates"}),
        ("registered_model", {"version", "semantic version", "verdict", "model fingerprint"}),
        ("model_card", {"card"}),
    ],
)
def test_an_assets_page_shows_what_a_person_wants(home: Home, tiny: ModelSpec, asset: str, wanted: set[str]) -> None:
    event = home.instance.get_latest_materialization_event(AssetKey(["tiny", asset]))
    assert event is not None
    assert event.asset_materialization is not None
    assert wanted <= set(event.asset_materialization.metadata)


def test_old_partitions_made_again_move_nothing(home: Home, tiny: ModelSpec) -> None:
    decision, period = decided(tiny)
    registry = workshop(tiny, PLATFORM.settings()).registry
    before = (lines(PLATFORM, tiny), registry.aliases("tiny"), registry.versions("tiny"))
    assert home.run(tiny, "watch", "2024-01-02").success
    assert home.run(tiny, "watch", period).success
    assert home.run(tiny, "retrain", period, tags={"retrain/decision_id": decision}).success
    assert (lines(PLATFORM, tiny), registry.aliases("tiny"), registry.versions("tiny")) == before
    assert [status for _, status in home.mlflow_runs(tiny)] == ["FINISHED"]


def test_a_period_without_a_decision_cannot_be_retrained(home: Home, tiny: ModelSpec) -> None:
    said = failure(home.run(tiny, "retrain", "2024-01-02"))
    assert "must be a recorded retrain; ask for one with: retrain retrain tiny --why" in said


def test_a_candidate_alone_is_not_trained_on_unchecked_data(home: Home) -> None:
    spec = file_spec(home.rows, name="unchecked")
    decided_in = next(step for step in play(spec, until=LAST, on=home.instance) if "decided" in kinds(PLATFORM, spec))
    period = decided_in.step.period.key
    result = home.run(spec, "retrain", period, asset_selection=[AssetKey(["unchecked", "candidate_model"])])
    assert not result.success
    assert "== not run, must have passed; materialise training_dataset with its checks" in failure(result)
    assert "retrained" not in kinds(PLATFORM, spec)


def test_refused_data_ends_the_decision_and_no_candidate_is_made_of_it_by_hand(home: Home) -> None:
    strict = {"min_rows": 600, "expectations": [{"type": "ExpectColumnMaxToBeBetween", "column": "x", "max_value": 0}]}
    spec = file_spec(home.rows, name="refused", checks=strict)
    home.play(spec)
    ended = first(spec, "retrained")
    assert (ended.body["verdict"], ended.body["version"]) == ("data refused", None)
    assert "failed" not in kinds(PLATFORM, spec)
    assert [entry.body["kind"] for entry in lines(PLATFORM, spec) if entry.kind == "incident"][:1] == ["gate"]
    alone = [AssetKey(["refused", "candidate_model"])]
    result = home.run(spec, "retrain", ended.body["period"], asset_selection=alone)
    assert "== failed, must have passed" in failure(result)
    assert workshop(spec, PLATFORM.settings()).registry.versions("refused") == []


def test_a_failed_retrain_is_on_record_and_its_next_attempt_goes_on_in_the_same_mlflow_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrain_platform.steps.validation import examining

    def broken(*_: Any) -> None:
        raise OSError("no space left on device")

    spec = file_spec(home.rows, name="failing")
    with monkeypatch.context() as patch:
        patch.setattr(examining, "examine", broken)
        assert home.play(spec) == ["OSError: no space left on device (in validation_report)"]
    decision, _ = decided(spec)
    assert first(spec, "failed").body["work"] == decision
    assert first(spec, "incident").why.startswith(f"{decision} failed: ")
    assert "retrained" not in kinds(PLATFORM, spec)
    [(opened, status)] = home.mlflow_runs(spec)
    assert status == "FAILED"
    assert home.play(spec) == []
    assert home.mlflow_runs(spec) == [(opened, "FINISHED")]
    assert kinds(PLATFORM, spec).count("retrained") == 1
    assert len(workshop(spec, PLATFORM.settings()).registry.versions("failing")) == 1


def test_dagsters_failure_sensor_puts_a_failed_run_on_record(home: Home) -> None:
    spec = file_spec(
        home.rows,
        name="alerted",
        source={"kind": "files", "path": "nowhere/*.csv", "event_time": "at", "entity": "who"},
    )
    defs = build_model_defs(spec)
    result = home.run(spec, "watch", "2024-01-01", tags={"retrain/work": "watch:2024-01-01"})
    event = next(event for event in result.all_events if event.is_failure and event.is_job_event)
    context = dg.build_run_status_sensor_context(
        sensor_name="alerted_failures",
        dagster_instance=home.instance,
        dagster_run=result.dagster_run,
        dagster_event=event,
        resources={"retrain": PLATFORM},
    ).for_run_failure()
    defs.resolve_sensor_def("alerted_failures")(context)
    assert first(spec, "failed").body == {"work": "watch:2024-01-01", "run_id": result.run_id}
    assert "alerted" in first(spec, "incident").model
