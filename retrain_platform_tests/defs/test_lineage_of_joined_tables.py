"""A feature table that an upstream asset writes is seen in the lineage, and in the metadata of what was read."""

from __future__ import annotations

import dagster as dg

from retrain_platform.defs.dataset import _taken
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.replay.walk import walk
from retrain_platform.steps.values import Ingested
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

SOURCE = {
    "kind": "asset",
    "key": "raw/sales",
    "path": "sales.csv",
    "event_time": "at",
    "entity": "who",
    "joins": [
        {"kind": "asset", "key": ["raw", "credit"], "uri": "lake/credit", "on": ["who"], "available": "since"},
        {"kind": "files", "path": "shops.csv", "on": ["shop"], "available": "since"},
    ],
}


def test_events_depend_on_every_asset_that_is_read() -> None:
    defs = build_model_defs(tiny_spec(source=SOURCE))
    specs = {spec.key.path[-1]: spec for spec in defs.resolve_all_asset_specs()}
    upstream = {dep.asset_key for dep in specs["events"].deps}
    assert {dg.AssetKey(["raw", "sales"]), dg.AssetKey(["raw", "credit"])} <= upstream


def test_events_depend_on_the_asset_that_records_predictions() -> None:
    table = {"kind": "asset", "key": "served/answers", "path": "a.csv", "time": "t", "on": ["who"], "score": "p"}
    defs = build_model_defs(tiny_spec(predictions={**table, "version": "by"}))
    specs = {spec.key.path[-1]: spec for spec in defs.resolve_all_asset_specs()}
    assert dg.AssetKey(["served", "answers"]) in {dep.asset_key for dep in specs["events"].deps}


def test_what_was_read_is_on_record_and_on_the_page() -> None:
    shop = Places().shop(tiny_spec(), Rows(1))
    for _ in walk(shop, "2024-01-01"):
        pass
    read = shop.values.newest("tiny", "events", "2024-01-01", Ingested)
    assert read is not None
    assert read.source == "function somewhere:rows"
    told = _taken(read.model_copy(update={"notes": ("joins[0]: 3 rows have the same who",)}))
    assert told["source"] == "function somewhere:rows"
    assert told["joins, predictions and rolling features"].value == "- joins[0]: 3 rows have the same who"
