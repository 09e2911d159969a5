"""OpenMP's threads sleep while they wait: that is said before anything that reads it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from retrain_platform.resources import settings, workshop
from retrain_platform_tests.steps.tiny import tiny_spec

loaded = [name for name in ("lightgbm", "sklearn") if name in sys.modules]
workshop(tiny_spec(), settings({"RETRAIN_HOME": sys.argv[1]}))
print(os.environ["OMP_WAIT_POLICY"], *loaded)
"""


@pytest.mark.parametrize(("given", "then"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_a_workshop_lets_waiting_threads_sleep_unless_somebody_said_otherwise(
    given: dict[str, str], then: str, tmp_path: Path
) -> None:
    env = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | given
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.split() == [then]
