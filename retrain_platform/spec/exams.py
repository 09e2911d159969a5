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
    suits = {"binary": OF_RATES, "multiclass": OF_RATES, "regression": OF_NUMBERS}.get(spec.task, ())
    if not suits:
        said = f"must not be asked for task {spec.task}: a score that orders the rows of its list calls none of them"
        yield f"{path}.kind", "'fairness'", said
    elif gate.measure not in suits:
        yield f"{path}.measure", repr(gate.measure), f"must be one of {', '.join(suits)} for task {spec.task}"
    elif spec.task == "multiclass":
        yield from _of_classes(gate, path)
    elif gate.of_class is not None:
        yield f"{path}.of_class", repr(gate.of_class), f"must be left out for task {spec.task}: it has no named classes"


def _of_classes(gate: Fairness, path: str) -> Iterator[Contradiction]:
    if gate.measure != "error_rate" and gate.of_class is None:
        said = f"must name the class that {gate.measure} is of: of all classes there is error_rate alone"
        yield f"{path}.of_class", "None", said
    if gate.called_from != Fairness.model_fields["called_from"].default:
        said = "must be left out for task multiclass: a row is called the likeliest class"
        yield f"{path}.called_from", f"{gate.called_from:g}", said


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
