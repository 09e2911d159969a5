"""What a spec's sections must agree on with each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy import problems
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.metrics import METRICS

Contradiction = tuple[str, str, str]


def contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> list[Contradiction]:
    """(field, value, cure) wherever two sections of a well-formed spec cannot both be meant.

    Of a spec that is partly wrong, `lost` tells whether a field's own mistake was taken out of it: what would
    be held against such a field is left unsaid. A section that is wrong as a whole may be absent.
    """
    return [*_times(spec, lost), *_metrics(spec, lost), *_windows(spec, lost), *_columns(spec)]


def _has(spec: ModelSpec, *sections: str) -> bool:
    return all(section in spec.__dict__ for section in sections)


def _times(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    if _has(spec, "policy", "period", "label") and not lost("period.every") and not lost("label.delay"):
        yield from problems(spec.policy, period=spec.period.length(), label_delay=spec.label.delay)


def _metrics(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """Every metric that is named must exist, suit the task, and be among those measured."""
    if not _has(spec, "task") or lost("task"):
        return
    known = sorted(name for name, metric in METRICS.items() if metric.task == spec.task)
    measured = [(f"monitoring.metrics[{position}]", name) for position, name in enumerate(spec.monitoring.metrics)]
    named = list(_named_metrics(spec))
    for field, name in [*measured, *named]:
        if name not in known:
            yield (
                field,
                repr(name),
                f"must be one of {', '.join(known)} for task {spec.task}{did_you_mean(name, known)}",
            )
    if lost("monitoring.metrics") or any(name not in known for _, name in measured):
        return
    for field, name in named:
        if name in known and name not in spec.metrics:
            yield field, repr(name), f"must be measured too: add it to monitoring.metrics, now {list(spec.metrics)}"


def _named_metrics(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    if (name := getattr(getattr(spec, "training", None), "stop_metric", None)) is not None:
        yield "training.stop_metric", name
    if spec.release.metric is not None:
        yield "release.metric", spec.release.metric
    for position, gate in enumerate(spec.validation.gates if _has(spec, "validation") else ()):
        name = getattr(gate, "metric", None)
        if name is not None:
            yield f"validation.gates[{position}].metric", name
    yield from _policy_metrics(getattr(spec, "policy", None), "policy")


def _policy_metrics(policy: Any, path: str) -> Iterator[tuple[str, str]]:
    if (name := getattr(policy, "metric", None)) is not None:
        yield f"{path}.metric", name
    for position, part in enumerate(getattr(policy, "policies", ())):
        yield from _policy_metrics(part, f"{path}.policies[{position}]")


def _windows(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    if not _has(spec, "period") or lost("period.every"):
        return
    length = spec.period.length()
    for field in ("shadow", "bake"):
        span = getattr(spec.release, field)
        if span % length and not lost(f"release.{field}"):
            least = -(-span // length) * length
            said = (
                f"must be a whole number of periods of {duration_text(length)}; write {field}: {duration_text(least)}"
            )
            yield f"release.{field}", duration_text(span), said


def _columns(spec: ModelSpec) -> Iterator[Contradiction]:
    for position, segment in enumerate(spec.segments if _has(spec, "label") else ()):
        if segment == spec.label.column:
            yield f"segments[{position}]", repr(segment), "must not be the label: its segments would be its classes"
