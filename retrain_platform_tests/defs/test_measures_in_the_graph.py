"""Operations measures are an asset of the models that name tables of them, and of no other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from retrain_platform.adapters.measure_tables import read_measures
from retrain_platform.dataset.measures import MeasureFiles
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.monitoring import measures
from retrain_platform.defs.names import named
from retrain_platform.steps.workshop import MeasuresUnreadable
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

MEASURED = {"measures": [{"kind": "files", "path": "ops/*.csv", "time": "at"}], "min_segment": 20}


def test_the_decision_comes_after_the_measures() -> None:
    graph = build_model_defs(tiny_spec(monitoring=MEASURED)).resolve_asset_graph()
    parents = graph.get(dg.AssetKey(["tiny", "retrain_decision"])).parent_keys
    assert dg.AssetKey(["tiny", "measures"]) in parents
    plain = build_model_defs(tiny_spec()).resolve_asset_graph()
    assert not plain.has(dg.AssetKey(["tiny", "measures"]))


def test_the_watch_run_measures() -> None:
    resolved = build_model_defs(tiny_spec(monitoring=MEASURED)).resolve_job_def("tiny_watch")
    assert dg.AssetKey(["tiny", "measures"]) in resolved.asset_layer.executable_asset_keys


def page(folder: Path, *others: dict[str, str]) -> dict[str, Any]:
    """What the asset shows of a table with one measure, and of others that are no tables."""
    (folder / "ops").mkdir()
    table = pd.DataFrame({"at": ["2024-01-01 10:00"] * 2, "measure": ["latency"] * 2, "value": [100, 300]})
    table.to_csv(folder / "ops" / "a.csv", index=False)
    spec = tiny_spec(monitoring={**MEASURED, "measures": [*MEASURED["measures"], *others]})
    shop = replace(Places().shop(spec, Rows(1)), measures=partial(read_measures, folder, "UTC"))

    class At(dg.ConfigurableResource):  # type: ignore[misc]
        def workshop(self, _: Any) -> Any:
            return shop

    asset = measures(named(spec))
    ran = dg.materialize([asset], resources={"retrain": At()}, partition_key="2024-01-01")
    found = ran.asset_materializations_for_node("tiny__measures")[0].metadata
    return {name: each.value for name, each in found.items()}


def test_its_page_shows_each_measure_and_what_could_not_be_read(tmp_path: Path) -> None:
    shown = page(tmp_path, {"kind": "delta", "uri": "nowhere"})
    assert shown["latency"] == 200
    assert "monitoring.measures[1]: uri == 'nowhere', must be a Delta table" in shown["problems"]


def test_its_page_says_that_all_could_be_read(tmp_path: Path) -> None:
    assert page(tmp_path)["problems"] == "none"


def test_a_file_that_is_not_there_is_told_by_its_own_field(tmp_path: Path) -> None:
    period = tiny_spec().period.at(0)
    with pytest.raises(MeasuresUnreadable, match=r"^path == 'a.csv', must match a file; none does under"):
        read_measures(tmp_path, "UTC", MeasureFiles(path="a.csv"), period)
