"""The asset `policy_replay`: what its page shows, what it writes, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.resource import PLATFORM
from retrain_platform.replay.advice import NOW
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.defs.places import file_spec, kinds
from retrain_platform_tests.replay.spec_shops import POLICY, turned
from retrain_platform_tests.steps.tiny import rows, tiny_spec


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelSpec]:
    place, calendar = tmp_path_factory.mktemp("home"), tiny_spec().period
    told = [turned(rows(period), period) for period in map(calendar.at, range(13))]
    pd.concat(told, ignore_index=True).to_parquet(place / "rows.parquet")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RETRAIN_LEDGER_URL", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        patch.setenv("RETRAIN_HOME", str(place))
        yield file_spec(place / "rows.parquet", policy=POLICY)


def materialised(spec: ModelSpec, **config: Any) -> dg.ExecuteInProcessResult:
    """A run as a person starts it from the UI."""
    key = dg.AssetKey([spec.name, "policy_replay"])
    job = dg.define_asset_job("by_hand", selection=dg.AssetSelection.assets(key))
    defs = dg.Definitions.merge(build_model_defs(spec), dg.Definitions(jobs=[job]))
    asked = {"ops": {f"{spec.name}__policy_replay": {"config": config}}}
    return defs.resolve_job_def("by_hand").execute_in_process(run_config=asked, raise_on_error=False)


@pytest.fixture(scope="module")
def told(spec: ModelSpec) -> dict[str, Any]:
    ours = {"often": {"kind": "schedule", "every": "2d"}}
    done = materialised(spec, costs=[0.02, 0.1], policies=ours)
    assert done.success
    [event] = done.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_the_page_and_the_json_lie_where_the_metadata_says(told: dict[str, Any], spec: ModelSpec) -> None:
    page, report = Path(told["page"]), json.loads(Path(told["json"]).read_text())
    assert page.stat().st_mode & 0o044 == 0o044  # who serves it may be another user
    assert page.parent == PLATFORM.settings().home / "replayed" / spec.name
    assert f"Which policy would have paid on {spec.name}?" in page.read_text()
    assert report["costs"] == [0.02, 0.1]
    assert {NOW, "often", "never", "oracle"} <= {each["name"] for each in report["policies"]}


def test_its_page_shows_the_advice_the_plots_and_the_tables(told: dict[str, Any]) -> None:
    report = json.loads(Path(told["json"]).read_text())
    assert report["worth"][1:] in told["retraining"]
    assert report["recommended"][1]["instead"][1:] in told["advice at a cost of 0.1"]
    assert all(each["name"] in told["recommended"] for each in report["recommended"])
    assert report["cadences"][0]["sentence"][1:] in told["how often"]
    for name in ("what retrains buy", "over time, at a cost of 0.1"):
        assert told[name].startswith("![")
        assert "data:image/svg+xml;base64," in told[name]
    assert "often" in told["policies at a cost of 0.1"]
    assert "(to be beaten)" in told["limits tried at a cost of 0.1"]
    assert "due every 2d" in told["when and why, at a cost of 0.1"]
    assert told["trainings"] == report["trainings"] == told["trained now"]


def test_nothing_of_it_is_on_record(told: dict[str, Any], spec: ModelSpec) -> None:
    assert told["trainings"] > 0
    assert kinds(PLATFORM, spec) == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"costs": [-1.0]}, "costs, windows or start == -1.0, must be costs >= 0"),
        ({"start": 40}, "periods == 12, must be at least"),
        ({"policies": {"ours": {"kind": "schedule", "evry": "2d"}}}, "evry"),
    ],
)
def test_what_cannot_be_replayed_fails_with_its_reason(spec: ModelSpec, config: dict[str, Any], said: str) -> None:
    done = materialised(spec, **config)
    assert not done.success
    [failed] = [event for event in done.all_events if event.is_step_failure]
    error = failed.step_failure_data
    assert said in f"{error.error.message}{error.user_failure_data and error.user_failure_data.description}"
