"""Ends a fit of LightGBM that takes too long, with the best of its trees so far."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from retrain_platform.adapters.clock import now
from retrain_platform.training.budget import limit_text


class TimeLimit:
    """A callback of LightGBM. `stopped` says in words that it ended the fit; empty while it has not."""

    def __init__(self, limit: timedelta, curves: dict[str, dict[str, list[float]]]) -> None:
        self._limit, self._curves, self._began = limit, curves, now()
        self.stopped = ""
        # After the evaluation is recorded (20) and early stopping has had its say (30). LightGBM looks for both among
        # the object's own attributes.
        self.order, self.before_iteration = 40, False

    def __call__(self, env: Any) -> None:
        """Called after every round; `env` is LightGBM's state of the fit."""
        from lightgbm.callback import EarlyStopException

        if now() - self._began < self._limit:
            return
        results = env.evaluation_result_list or []
        best = env.iteration
        if results:
            _, metric, _, greater = results[0][:4]
            curve = np.array(next(iter(self._curves.values()))[metric])
            best += int(np.argmax(curve if greater else -curve)) + 1 - len(curve)
        self.stopped = (
            f"training.time_limit == {limit_text(self._limit)} ended the fit at tree {env.iteration + 1}, "
            f"the best {best + 1} are kept: not repeatable"
        )
        raise EarlyStopException(best, results)
