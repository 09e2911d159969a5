"""A benchmark that times a step by its name must notice when the step moves."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path

PLAYING = Path(__file__).parents[2] / "benchmarks" / "playing.py"


def test_every_step_that_is_timed_is_where_it_is_looked_for() -> None:
    spec = importlib.util.spec_from_file_location("playing", PLAYING)
    assert spec is not None
    assert spec.loader is not None
    playing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(playing)
    for module, functions in playing.STEPS.items():
        for function in functions:
            assert callable(getattr(import_module(f"retrain_platform.steps.{module}"), function))
