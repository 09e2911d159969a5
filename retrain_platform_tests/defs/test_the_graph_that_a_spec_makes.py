"""What Dagster is given: keys, rooms, partitions, checks; and what loading it does not import."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

from retrain_platform.dataset.checks import CHECK_NAMES
from retrain_platform.definitions import defs as location
from retrain_platform.defs.graph import build_model_defs
from retrain_platform_tests.defs.places import host_project, written
from retrain_platform_tests.steps.tiny import tiny_spec

GROUPS = {
    "events": "dataset",
    "predictions": "release",
    "profile": "monitoring",
    "drift_report": "monitoring",
    "performance_report": "monitoring",
    "release": "release",
    "retrain_decision": "policy",
    "retraining_log": "policy",
    "training_dataset": "dataset",
    "candidate_model": "training",
    "validation_report": "validation",
    "registered_model": "release",
    "model_card": "validation",
    "policy_replay": "replay",
}
UPSTREAM = {
    "events": set(),
    "predictions": {"events"},
    "profile": {"events"},
    "drift_report": {"profile", "predictions"},
    "performance_report": {"predictions", "events"},
    "release": {"performance_report"},
    "retrain_decision": {"drift_report", "performance_report", "release"},
    "retraining_log": {"retrain_decision", "release"},
    "training_dataset": {"events", "retrain_decision"},
    "candidate_model": {"training_dataset"},
    "validation_report": {"candidate_model", "training_dataset"},
    "registered_model": {"validation_report", "candidate_model"},
    "model_card": {"registered_model", "validation_report"},
    "policy_replay": {"events"},
}
HEAVY = (
    "pandas",
    "mlflow",
    "dagster_mlflow",
    "great_expectations",
    "lightgbm",
    "sklearn",
    "scipy",
    "sqlalchemy",
    "matplotlib",
)


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    found: dg.Definitions = location()
    return found


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    """The assets of flight_delay by name."""
    return {spec.key.path[-1]: spec for spec in defs.resolve_all_asset_specs() if spec.key.path[0] == "flight_delay"}


def test_the_code_location_is_sound(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_asset_is_in_its_room(specs: dict[str, dg.AssetSpec]) -> None:
    assert {name: spec.group_name for name, spec in specs.items()} == GROUPS


def test_every_arrow(specs: dict[str, dg.AssetSpec]) -> None:
    assert {name: {dep.asset_key.path[-1] for dep in spec.deps} for name, spec in specs.items()} == UPSTREAM


def test_every_asset_has_an_owner_a_kind_and_a_description(specs: dict[str, dg.AssetSpec]) -> None:
    assert {tuple(spec.owners) for spec in specs.values()} == {("team:ml-platform",)}
    assert [name for name, spec in specs.items() if not spec.kinds] == []
    assert [name for name, spec in specs.items() if len(spec.description or "") < 20] == []


def test_all_assets_and_checks_share_one_partitioning(defs: dg.Definitions, specs: dict[str, dg.AssetSpec]) -> None:
    assert specs["policy_replay"].partitions_def is None  # of all periods at once
    partitionings = {spec.partitions_def for name, spec in specs.items() if name != "policy_replay"}
    graph = defs.resolve_asset_graph()
    checks = {
        graph.get(key).partitions_def for key in graph.asset_check_keys if key.asset_key.path[0] == "flight_delay"
    }
    assert len(partitionings) == 1
    assert checks == partitionings


def test_a_week_begins_where_the_calendar_does_and_no_day_is_cut(specs: dict[str, dg.AssetSpec]) -> None:
    weekly = specs["events"].partitions_def
    assert isinstance(weekly, dg.TimeWindowPartitionsDefinition)
    keys = weekly.get_partition_keys()
    assert (keys[0], keys[1], keys[-1], len(keys)) == ("2013-01-01", "2013-01-08", "2013-12-24", 52)
    windows = [weekly.time_window_for_partition_key(key) for key in keys]
    assert all(window.end == following.start for window, following in pairwise(windows))
    # In New York, on both sides of the change to summer time.
    assert {window.start.strftime("%A %H:%M") for window in windows} == {"Tuesday 00:00"}


def test_partitions_are_the_calendars_own_periods() -> None:
    spec = tiny_spec(period={"every": "day", "start": "2024-01-01", "end": "2024-01-10"})
    [events] = [each for each in build_model_defs(spec).resolve_all_asset_specs() if each.key.path[-1] == "events"]
    assert events.partitions_def is not None
    assert events.partitions_def.get_partition_keys() == [spec.period.at(day).key for day in range(9)]


def test_the_gate_is_one_blocking_check_for_each_of_its_names(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    gate = [key for key in graph.asset_check_keys if key.asset_key == dg.AssetKey(["flight_delay", "training_dataset"])]
    assert {key.name for key in gate} == set(CHECK_NAMES)
    assert all(graph.get(key).blocking for key in gate)


def test_jobs_and_sensors(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs() if job.name.startswith("flight_delay")}
    sensors = {sensor.name: sensor.default_status for sensor in repository.sensor_defs}
    assert jobs == {"flight_delay_watch", "flight_delay_decide", "flight_delay_retrain"}
    assert {name for name in sensors if name.startswith("flight_delay")} == {
        "flight_delay_new_periods",
        "flight_delay_decided_retrains",
        "flight_delay_failures",
    }
    assert set(sensors.values()) == {dg.DefaultSensorStatus.RUNNING}


def test_every_asset_is_in_exactly_one_of_the_watch_and_retrain_jobs(defs: dg.Definitions) -> None:
    def assets(job: str) -> set[str]:
        return {key.path[-1] for key in defs.resolve_job_def(job).asset_layer.selected_asset_keys}

    watch, retrain = assets("flight_delay_watch"), assets("flight_delay_retrain")
    assert watch | retrain == set(GROUPS) - {"policy_replay"}  # which a person materialises
    assert watch & retrain == set()
    assert assets("flight_delay_decide") == {"retrain_decision"}


def test_building_the_graph_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build_model_defs(tiny_spec())
    assert [str(warning.message) for warning in caught] == []


def test_loading_the_code_location_imports_nothing_heavy() -> None:
    program = (
        "import json, sys\n"
        "from retrain_platform.definitions import defs\n"
        "defs().get_repository_def()\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(ran.stdout.splitlines()[-1]) == []


def test_the_package_and_its_pure_rooms_do_not_import_dagster() -> None:
    program = (
        "import sys, retrain_platform, retrain_platform.spec, retrain_platform.replay.walk\n"
        "print('dagster' in sys.modules)\n"
        "retrain_platform.RetrainedModel\n"
        "print('dagster' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.split() == ["False", "True"]


def _host(folder: Path, name: str, **changed: object) -> Path:
    """Another team's project with a model of theirs."""
    text = written(owners=["team:hosts"], description="{{ env.HOST_SAYS }}", **changed)
    host_project(folder, name, text)
    return folder


def test_a_host_project_uses_the_component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = _host(tmp_path, "sound_host")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("HOST_SAYS", "Who pays late?")
    defs = dg.load_from_defs_folder(path_within_project=place / "sound_host")
    found = {spec.key.to_user_string(): list(spec.owners) for spec in defs.resolve_all_asset_specs()}
    assert found == {f"tiny/{name}": ["team:hosts"] for name in GROUPS}


def test_a_host_project_is_told_every_mistake_of_its_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = _host(tmp_path, "mistaken_host", policy={"kind": "moon_phase"}, segments=["shop"], mode="perhaps")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("HOST_SAYS", "Who pays late?")
    with pytest.raises(Exception, match=r"defs\.yaml") as caught:
        dg.load_from_defs_folder(path_within_project=place / "mistaken_host").resolve_all_asset_specs()
    said, error = "", caught.value.__cause__
    while error is not None:
        said, error = f"{said} {error}", error.__cause__
    assert "moon_phase" in said
    assert "perhaps" in said
