"""What gates ask for must be measurable: a segment that is one, a measure that suits the task."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction
from retrain_platform.validation import Calibration, Fairness
from retrain_platform.validation.disparity import OF_NUMBERS, OF_RATES


def exam_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure) wherever a gate asks for what this model has not."""
    gates = spec.validation.gates if "validation" in spec.__dict__ else ()
    for position, gate in enumerate(gates):
        path = f"validation.gates[{position}]"
        if isinstance(gate, Fairness):
            yield from _fairness(spec, gate, path, lost)
        elif isinstance(gate, Calibration) and "task" in spec.__dict__ and not lost("task"):
            yield from _calibration(spec, gate, path)


def _fairness(spec: ModelSpec, gate: Fairness, path: str, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    if gate.by not in spec.segments and not lost("segments"):
        known = list(spec.segments)
        yield f"{path}.by", repr(gate.by), f"must be measured too: add it to segments, now {known}{_near(gate, known)}"
    if "task" not in spec.__dict__ or lost("task"):
        return
    suits = {"binary": OF_RATES, "regression": OF_NUMBERS}.get(spec.task, ())
    if gate.measure not in suits:
        least = f"must be one of {', '.join(suits)}" if suits else "must not be asked"
        yield f"{path}.measure", repr(gate.measure), f"{least} for task {spec.task}"


def _near(gate: Fairness, known: list[str]) -> str:
    return did_you_mean(gate.by, known)


def _calibration(spec: ModelSpec, gate: Calibration, path: str) -> Iterator[Contradiction]:
    if spec.task not in ("binary", "regression"):
        yield (
            f"{path}.kind",
            "'calibration'",
            f"must not be asked for task {spec.task}: its scores are no single number",
        )
        return
    for name in ("ece_at_most", "not_worse_by"):
        limit = getattr(gate, name)
        if spec.task == "regression" and limit is not None:
            yield f"{path}.{name}", f"{limit:g}", "must be left out for task regression: the error is of a chance"
