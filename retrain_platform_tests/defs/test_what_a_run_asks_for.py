"""The retrain job carries what its spec asks of a machine, as dagster-k8s reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.launching import launch_tags
from retrain_platform.spec.operation import Resources
from retrain_platform_tests.defs.places import file_spec, write_rows

TAG = "dagster-k8s/config"


def resources_of(tags: Any) -> dict[str, dict[str, str]]:
    """The container's resources in the tag of a job or a run, which Dagster keeps as text."""
    found: dict[str, dict[str, str]] = json.loads(tags[TAG])["container_config"]["resources"]
    return found


def test_the_retrain_job_alone_carries_it(tmp_path: Path) -> None:
    asked = {"cpu": 4, "memory": "8GiB", "gpu": 1}
    defs = build_model_defs(file_spec(write_rows(tmp_path, 1), operation={"resources": asked}))
    jobs = {kind: defs.resolve_job_def(f"tiny_{kind}") for kind in ("watch", "decide", "retrain")}
    wanted = {"cpu": "4", "memory": "8Gi", "nvidia.com/gpu": "1"}
    assert resources_of(jobs["retrain"].run_tags) == {"requests": wanted, "limits": wanted}
    assert jobs["retrain"].run_tags["retrain/model"] == "tiny"
    assert TAG not in jobs["watch"].run_tags
    assert TAG not in jobs["decide"].run_tags


def test_without_resources_there_is_no_tag(tmp_path: Path) -> None:
    defs = build_model_defs(file_spec(write_rows(tmp_path, 1)))
    assert TAG not in defs.resolve_job_def("tiny_retrain").run_tags


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"cpu": 2}, {"cpu": "2"}),
        ({"memory": "1536MiB"}, {"memory": "1536Mi"}),
        ({"memory": "2048GiB"}, {"memory": "2Ti"}),
        ({"gpu": 2}, {"nvidia.com/gpu": "2"}),
    ],
)
def test_only_what_is_asked_for_is_said(asked: dict[str, Any], wanted: dict[str, str]) -> None:
    (config,) = launch_tags(Resources.model_validate(asked)).values()
    assert config["container_config"]["resources"] == {"requests": wanted, "limits": wanted}
