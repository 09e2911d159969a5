"""The examples of docs/tasks.md are sound, and its table is what the code has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from retrain_platform.spec import spec_from
from retrain_platform.stats.metrics import DEFAULT_METRICS, METRICS
from retrain_platform_tests.steps.tiny import attributes

PAGE = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["task"])
def test_every_example_is_sound(example: dict[str, Any]) -> None:
    base = {name: value for name, value in attributes().items() if name not in ("monitoring", "release", "segments")}
    assert spec_from({**base, **example}).task == example["task"]


@pytest.mark.parametrize("task", list(DEFAULT_METRICS))
def test_the_table_names_the_metrics_the_defaults_first(task: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{task}` |"))
    named = re.findall(r"`([^`]+)`", row.split("|")[4])
    assert tuple(named[: len(DEFAULT_METRICS[task])]) == DEFAULT_METRICS[task]  # type: ignore[index]
    known = {re.sub(r"@\d+", "@k", name) for name, metric in METRICS.items() if task in metric.tasks}
    assert {re.sub(r"@\d+", "@k", name) for name in named} == known
