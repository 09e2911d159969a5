"""What the candidate's answers cost beside the champion's: times taken in turn, memory, size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.steps.answers import Answers
from retrain_platform.steps.training.stored_requests import evenly, write_requests
from retrain_platform.steps.validation.scene import Scene, ask, of_features
from retrain_platform.training.artefact import folder_bytes
from retrain_platform.training.base import Fitted
from retrain_platform.validation.cost import Cost
from retrain_platform.validation.suites import Costs, ModelCost, Ratio

_ROWS_A_ROUND = 10
"""How many single rows each model is asked for in a round."""
_PATIENCE = 120.0
"""Seconds that a process may take to show its memory."""


class _Model(NamedTuple):
    """A model as it is asked: its rows hold its own features only."""

    fitted: Fitted
    package: Path
    singles: list[pd.DataFrame]
    batch: pd.DataFrame


class _Taken(NamedTuple):
    """Seconds a call: of single rows, shape (rounds, rows), and of the batch, shape (rounds,)."""

    row: np.ndarray
    batch: np.ndarray


def cost(scene: Scene, gate: Cost) -> Costs:
    """The costs of both models; only the candidate's where there is no champion to load."""
    models = {"candidate": _model(scene, gate, scene.candidate, scene.package)}
    if scene.champion is not None and scene.champion_package is not None:
        models["champion"] = _model(scene, gate, scene.champion, scene.champion_package)
    for name, model in models.items():
        first = ask(model.fitted, model.batch)  # the first answer also warms up what is kept between answers
        if first.problem or not len(model.batch):
            return Costs(
                batch=gate.batch, problem=f"the {name} cannot be timed: {first.problem or 'there are no rows'}"
            )
    taken = _timed(models, gate.rounds, scene.shop.stopwatch)
    costs = {name: _of(scene, gate, model, taken[name]) for name, model in models.items()}
    if "champion" not in models:
        return Costs(batch=gate.batch, candidate=costs["candidate"], problem=scene.absent)
    return Costs(
        batch=gate.batch,
        candidate=costs["candidate"],
        champion=costs["champion"],
        row_times=_ratio(np.median(taken["candidate"].row, axis=1), np.median(taken["champion"].row, axis=1)),
        batch_times=_ratio(taken["candidate"].batch, taken["champion"].batch),
    )


def _model(scene: Scene, gate: Cost, fitted: Fitted, package: Path) -> _Model:
    rows = of_features(scene.rows, fitted.report.features)
    batch = rows.iloc[np.arange(gate.batch if len(rows) else 0) % max(1, len(rows))].reset_index(drop=True)
    few = evenly(rows, _ROWS_A_ROUND)
    return _Model(fitted, package, [few.iloc[[place]] for place in range(len(few))], batch)


def _timed(models: dict[str, _Model], rounds: int, stopwatch: Callable[[], float]) -> dict[str, _Taken]:
    """Each round asks both, the other one first every time, so that a busy machine is busy for both."""
    rows: dict[str, list[list[float]]] = {name: [] for name in models}
    batches: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(rounds):
        for name in sorted(models, reverse=bool(turn % 2)):
            model = models[name]
            rows[name].append([_seconds(model.fitted, one, stopwatch) for one in model.singles])
            batches[name].append(_seconds(model.fitted, model.batch, stopwatch))
    return {name: _Taken(np.array(rows[name]), np.array(batches[name])) for name in models}


def _seconds(fitted: Fitted, frame: pd.DataFrame, stopwatch: Callable[[], float]) -> float:
    began = stopwatch()
    fitted.score(frame)
    return stopwatch() - began


def _of(scene: Scene, gate: Cost, model: _Model, taken: _Taken) -> ModelCost:
    return ModelCost(
        row_p50=float(np.quantile(taken.row, 0.5)),
        row_p95=float(np.quantile(taken.row, 0.95)),
        batch_p50=float(np.quantile(taken.batch, 0.5)),
        batch_p95=float(np.quantile(taken.batch, 0.95)),
        package_bytes=folder_bytes(model.package),
        peak_bytes=_peak(scene, model) if gate.memory_times is not None else None,
    )


def _peak(scene: Scene, model: _Model) -> int | None:
    with TemporaryDirectory(prefix="retrain-cost-") as folder:
        requests = Path(folder) / "requests.json"
        write_requests(requests, model.batch, Answers(np.empty(0)))
        return scene.shop.ask_cleanly(model.package, requests, _PATIENCE).peak_bytes


def _ratio(mine: np.ndarray, theirs: np.ndarray) -> Ratio | None:
    """Of the rounds' times; None where a time is 0: the clock is too coarse for them."""
    if not (mine > 0).all() or not (theirs > 0).all():
        return None
    logs = np.log(mine / theirs)
    error = float(logs.std(ddof=1) / np.sqrt(len(logs)))
    return Ratio(value=float(np.exp(logs.mean())), log_error=error, rounds=len(logs))
