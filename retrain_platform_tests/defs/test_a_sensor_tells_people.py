"""The sensor that tells people is there where a spec names somebody, asks for no run, and fails at nobody's absence."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from retrain_platform.adapters.clock import now
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.resource import Platform
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.contracts.receiver import receiving
from retrain_platform_tests.defs.places import file_spec


def tick(spec: ModelSpec, platform: Platform) -> str:
    defs = build_model_defs(spec)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, resources={"retrain": platform}, repository_def=defs.get_repository_def()
        )
        answer = defs.resolve_sensor_def("tiny_notices").evaluate_tick(context)
    assert not answer.run_requests
    return str(answer.skip_message)


def test_a_tick_sends_what_is_new_once_and_goes_on_while_nobody_can_be_told(tmp_path: Path) -> None:
    with receiving() as receiver:
        target = {"name": "team", "url": f"json://127.0.0.1:{receiver.server_port}/x"}
        spec = file_spec(tmp_path / "rows.parquet", notify={"targets": [target], "cooldown": "0s"})
        platform = Platform(home=str(tmp_path))
        platform.ledger().append("tiny", "incident", "data:1", now(), body={"kind": "data"}, why="the feed broke")
        assert tick(spec, platform) == "1 sent, 0 waiting"
        assert tick(spec, platform) == "0 sent, 0 waiting"
        receiver.status = 500
        platform.ledger().append("tiny", "incident", "data:2", now(), body={"kind": "data"}, why="again")
        assert tick(spec, platform) == "0 sent, 1 waiting"
    assert [taken["title"] for taken in receiver.taken] == ["[critical] tiny: data of a period is broken"]


def test_there_is_none_where_nobody_is_named(tmp_path: Path) -> None:
    defs = build_model_defs(file_spec(tmp_path / "rows.parquet"))
    with pytest.raises(dg.DagsterInvariantViolationError):
        defs.resolve_sensor_def("tiny_notices")
