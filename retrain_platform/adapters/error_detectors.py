"""river's detectors of drift on single errors, period after period; river is an extra."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from retrain_platform.stats.loss_alarms import Detector

NAMES = {"ADWIN": "", "KSWIN": "", "DDM": "binary", "EDDM": "binary", "HDDM_A": "binary", "HDDM_W": "binary"}
"""As papers call them, each with river's module below `drift`."""
MOST = 1000
"""So many rows of a period are shown to a detector; of more the share of errors is kept."""


class _Errors:
    """A detector with river's own settings, over the rows of each period in a drawn order: the same one every time."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._made = make, make()
        self._draw = np.random.default_rng(0)

    def begin(self) -> None:
        """A new model answers from now on."""
        self._made = self._make()

    def alarms(self, loss: float, rows: int) -> str:
        """Take the model's next period: so many of its rows were wrong."""
        shown = min(rows, MOST)
        wrong = np.zeros(shown, dtype=bool)
        wrong[: round(loss * shown)] = True
        found = 0
        for error in self._draw.permutation(wrong).tolist():
            self._made.update(error)
            found += self._made.drift_detected
        return f"alarmed at {found} of {shown} rows, of which {wrong.sum()} were wrong" if found else ""


def error_detectors() -> tuple[Detector, ...]:
    """All of them, by their names; none where river is not installed."""
    if find_spec("river") is None:
        return ()
    return tuple(Detector(name, partial(_Errors, partial(_made, name)), of_errors=True) for name in NAMES)


def _made(name: str) -> Any:
    from river import drift

    module = getattr(drift, NAMES[name]) if NAMES[name] else drift
    # KSWIN draws rows: the same ones every time.
    return getattr(module, name.replace("_", ""))(**({"seed": 0} if name == "KSWIN" else {}))
