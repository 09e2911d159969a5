"""What every gate promises, asked of one: for the tests of the family and for a user's own function alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from retrain_platform.dataset.label import Task
from retrain_platform.stats.metrics import DEFAULT_METRICS
from retrain_platform.validation.base import GateResult, Measurements
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.measure import cannot_measure, measure
from retrain_platform.validation.python import PythonGate

_DAYS, _ROWS = 14, 1400
_START = datetime(2024, 1, 1, tzinfo=UTC)
UNMEASURED = "not measured"
ALONE = "a first model"


def unmet(gate: GateBase, seen: Mapping[str, Measurements] | None = None) -> list[str]:
    """What the gate does not keep, a sentence each; empty where it keeps all.

    It is asked about made-up exams of a binary model (auc, log_loss), or about `seen`, by name: of `UNMEASURED`
    nothing was measured, `ALONE` has no champion. `made_up` of another task has those of its own metrics.
    """
    exams = made_up() if seen is None else seen
    return list(dict.fromkeys(said for name in exams for said in _of(gate, exams[name], name)))


def made_up(task: Task = "binary") -> dict[str, Measurements]:
    """A candidate as good as the champion, a worse one, one without a champion, and one that nothing examines."""
    return {
        "an equal model": _exam(1.0, 1.0, task),
        "a worse model": _exam(0.2, 2.0, task),
        ALONE: _exam(1.0, None, task),
        UNMEASURED: cannot_measure("d1", "the champion saw every row"),
    }


def _exam(candidate: float, champion: float | None, task: Task) -> Measurements:
    """Rows of two weeks; the numbers are how strongly the scores follow the truth."""
    random = np.random.default_rng(7)
    truth, noise = random.normal(size=_ROWS), random.normal(size=_ROWS)

    def scores(strength: float) -> Any:
        logit = strength * truth + noise
        if task == "multiclass":
            far = np.exp(-np.abs(logit[:, None] - np.array([-1.5, 0.0, 1.5])))
            return far / far.sum(axis=1, keepdims=True)
        return 1 / (1 + np.exp(-logit)) if task == "binary" else logit

    labels = {
        "binary": truth > 0,
        "multiclass": np.digitize(truth, (-0.75, 0.75)),
        "ranking": np.digitize(truth, (0.5, 1.5)),
    }
    return measure(
        "d1",
        labels.get(task, truth).astype(np.float64),
        scores(candidate),
        None if champion is None else scores(champion),
        np.sort(random.integers(0, _DAYS, _ROWS)),
        basis="alone" if champion is None else "holdout",
        start=_START,
        end=_START + timedelta(days=_DAYS),
        metrics=DEFAULT_METRICS[task],
        segments={"shop": np.where(random.random(_ROWS) < 0.5, "north", "south").astype(object)},
        queries=np.arange(_ROWS) // 10 if task == "ranking" else None,
        classes=("low", "usual", "high") if task == "multiclass" else (),
    )


def _of(gate: GateBase, measurements: Measurements, name: str) -> Iterator[str]:
    if isinstance(gate, PythonGate):
        try:
            gate.ask(measurements)
        except Exception as error:
            yield f"must answer with a GateResult or several: of {name}, {error}"
            return
    before = measurements.fingerprint()
    results = gate.judge(measurements)
    if gate.judge(measurements) != results:
        yield f"must say the same of the same measurements: of {name}, it said two things"
    if measurements.fingerprint() != before:
        yield f"must leave the measurements as they are: it changed those of {name}"
    for result in results:
        yield from _of_a_result(result, name)
    optional = gate.model_copy(update={"required": False}).judge(measurements)
    if any(result.blocking for result in optional):
        yield f"must block nothing where it is optional: of {name}, it does"


def _of_a_result(result: GateResult, name: str) -> Iterator[str]:
    if not result.sentence.strip():
        yield f"must give its reason: of {name}, sentence == ''"
    if name == UNMEASURED and result.verdict != "cannot tell":
        yield f"must be 'cannot tell' of what was not measured: it is {result.verdict!r}"
    if result.verdict == "failed" and result.value is None:
        yield f"must show the number that failed: of {name}, value == None"
