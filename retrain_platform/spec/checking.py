"""What a spec's sections must agree on with each other, and which fields each place knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from retrain_platform.dataset.checks import ChecksSpec
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import SOURCES
from retrain_platform.policy import POLICIES, problems
from retrain_platform.release.base import ReleasePlan
from retrain_platform.spec.model import Features, ModelSpec, Monitoring, Operation, Validation
from retrain_platform.stats.metrics import METRICS
from retrain_platform.training import LEARNERS
from retrain_platform.validation import GATES

Contradiction = tuple[str, str, str]
_SECTIONS: dict[str, type[BaseModel]] = {
    "period": Calendar,
    "label": LabelSpec,
    "features": Features,
    "monitoring": Monitoring,
    "checks": ChecksSpec,
    "validation": Validation,
    "release": ReleasePlan,
    "operation": Operation,
}


def contradictions(spec: ModelSpec) -> list[Contradiction]:
    """(field, value, cure) wherever two sections of a well-formed spec cannot both be meant."""
    found = [
        (f"policy{path}" if path.startswith(("[", ".")) else path, value, cure)
        for path, value, cure in problems(spec.policy, period=spec.period.length(), label_delay=spec.label.delay)
    ]
    return [*found, *_metrics(spec), *_windows(spec), *_columns(spec)]


def _metrics(spec: ModelSpec) -> Iterator[Contradiction]:
    """Every metric that is named must exist, suit the task, and be among those measured."""
    known = sorted(name for name, metric in METRICS.items() if metric.task == spec.task)
    for position, name in enumerate(spec.monitoring.metrics):
        if name not in known:
            yield (
                f"monitoring.metrics[{position}]",
                repr(name),
                f"must be one of {', '.join(known)} for task {spec.task}",
            )
    for field, name in _named_metrics(spec):
        if name not in known:
            yield field, repr(name), f"must be one of {', '.join(known)} for task {spec.task}"
        elif name not in spec.metrics:
            yield field, repr(name), f"must be measured too: add it to monitoring.metrics, now {list(spec.metrics)}"


def _named_metrics(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    if (name := getattr(spec.training, "stop_metric", None)) is not None:
        yield "training.stop_metric", name
    if spec.release.metric is not None:
        yield "release.metric", spec.release.metric
    for position, gate in enumerate(spec.validation.gates):
        name = getattr(gate, "metric", None)
        if name is not None:
            yield f"validation.gates[{position}].metric", name
    yield from _policy_metrics(spec.policy, "policy")


def _policy_metrics(policy: Any, path: str) -> Iterator[tuple[str, str]]:
    if (name := getattr(policy, "metric", None)) is not None:
        yield f"{path}.metric", name
    for position, part in enumerate(getattr(policy, "policies", ())):
        yield from _policy_metrics(part, f"{path}.policies[{position}]")


def _windows(spec: ModelSpec) -> Iterator[Contradiction]:
    length = spec.period.length()
    for field in ("shadow", "bake"):
        span = getattr(spec.release, field)
        if span % length:
            yield f"release.{field}", str(span), f"must be a whole number of periods ({spec.period.every})"


def _columns(spec: ModelSpec) -> Iterator[Contradiction]:
    for position, segment in enumerate(spec.segments):
        if segment == spec.label.column:
            yield f"segments[{position}]", repr(segment), "must not be the label: its segments would be its classes"


def known_fields(path: Sequence[str | int], attributes: Mapping[str, Any]) -> list[str]:
    """The field names that the spec knows at `path`, aliases aside."""
    if not path:
        return sorted(ModelSpec.model_fields)
    data: Any = attributes
    for part in path:
        data = data[part] if isinstance(data, (Mapping, list)) else None
    family: dict[str, Sequence[type[BaseModel]]] = {
        "source": SOURCES,
        "policy": POLICIES,
        "training": LEARNERS,
        "validation": GATES,
    }
    section = str(path[0])
    if isinstance(data, Mapping) and section in family:
        for member in family[section]:
            if member.model_fields["kind"].default == data.get("kind"):
                return sorted(member.model_fields)
    return sorted(_SECTIONS[section].model_fields) if section in _SECTIONS else []
