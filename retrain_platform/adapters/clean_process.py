"""Asks a packaged model in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from retrain_platform.steps.workshop import CleanAnswer

_TAIL = 600
"""How many characters of what the process said last are kept."""


def ask_in_clean_process(package: Path, requests: Path, seconds: float) -> CleanAnswer:
    """What the package in that folder answers to the requests of that file (`adapters.answering`)."""
    with TemporaryDirectory(prefix="retrain-clean-") as place:
        answers = Path(place) / "answers.json"
        command = [sys.executable, "-m", "retrain_platform.adapters.answering"]
        command += [str(path.absolute()) for path in (package, requests, answers)]
        try:
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, text=True
            )
        except subprocess.TimeoutExpired:
            return CleanAnswer("unknown", said=f"the process was not done after {seconds:g} s")
        except OSError as error:
            return CleanAnswer("unknown", said=f"the process could not be started: {error}")
        if ended.returncode < 0:
            return CleanAnswer("unknown", said=f"the process was ended by signal {-ended.returncode}")
        if ended.returncode:
            return CleanAnswer("broke", said=_tail(ended.stderr) or f"it ended with {ended.returncode}")
        return _answered(answers)


def _answered(answers: Path) -> CleanAnswer:
    try:
        found = json.loads(answers.read_text(encoding="utf-8"))
        classes = tuple(str(name) for name in found["classes"])
        return CleanAnswer("answered", found["scores"], found["peak_bytes"], classes=classes)
    except (OSError, ValueError, KeyError) as error:
        return CleanAnswer("broke", said=f"it left no answers: {error}")


def _tail(stderr: str) -> str:
    """The error's own line first, then what led to it."""
    lines = [line.strip() for line in stderr.strip().splitlines() if line.strip()]
    return " | ".join([*lines[-1:], *lines[:-1][-2:]])[:_TAIL]
