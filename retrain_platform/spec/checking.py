"""What a spec's sections must agree on with each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from retrain_platform.dataset.versions import FEATURES
from retrain_platform.policy import PerformancePolicy, SegmentMixPolicy, problems
from retrain_platform.spec.depths import depth_contradictions
from retrain_platform.spec.exams import exam_contradictions
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.gains import gain_contradictions
from retrain_platform.spec.lives import live_contradictions
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.pasts import past_contradictions
from retrain_platform.spec.placed import Contradiction, not_whole, placed
from retrain_platform.spec.recordings import recording_contradictions
from retrain_platform.spec.rows import row_contradictions
from retrain_platform.spec.suites import measured_elsewhere, suite_contradictions
from retrain_platform.spec.tasks import task_contradictions
from retrain_platform.stats.metrics import METRICS
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.validation import Performance
from retrain_platform.validation.questions import Question


def contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> list[Contradiction]:
    """(field, value, cure) wherever two sections of a well-formed spec cannot both be meant.

    Of a spec that is partly wrong, `lost` tells whether a field's own mistake was taken out of it: what would
    be held against such a field is left unsaid. A section that is wrong as a whole may be absent.
    """
    return [
        *_times(spec, lost),
        *_metrics(spec, lost),
        *_limits(spec),
        *_windows(spec, lost),
        *_columns(spec),
        *_declared(spec, lost),
        *gain_contradictions(spec, lost),
        *exam_contradictions(spec, lost),
        *row_contradictions(spec, lost),
        *past_contradictions(spec, lost),
        *depth_contradictions(spec, lost),
        *task_contradictions(spec, lost),
        *recording_contradictions(spec, lost),
        *live_contradictions(spec, lost),
        *suite_contradictions(spec),
        *_told(spec, lost),
    ]


def _told(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """Whoever reads a target's messages answers for the model."""
    if not _has(spec, "notify", "owners") or lost("notify.targets") or lost("owners"):
        return
    for position, target in enumerate(spec.notify.targets):
        if target.owner and target.owner not in spec.owners:
            there = ", ".join(spec.owners) or "none"
            yield f"notify.targets[{position}].owner", repr(target.owner), f"must be one of the owners: {there}"


def _has(spec: ModelSpec, *sections: str) -> bool:
    return all(section in spec.__dict__ for section in sections)


def _times(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    if _has(spec, "policy", "period", "label") and not lost("period.every") and not lost("label.delay"):
        calendar = None if lost("period.start") or lost("period.timezone") else spec.period
        yield from problems(spec.policy, period=spec.period.length(), label_delay=spec.label.delay, calendar=calendar)


def _metrics(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """Every metric that is named must exist, suit the task, and be among those measured."""
    if not _has(spec, "task") or lost("task"):
        return
    known = sorted(name for name, metric in METRICS.items() if spec.task in metric.tasks)
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
    elsewhere = measured_elsewhere(spec)
    for field, name in named:
        if name in known and name not in spec.metrics and field not in elsewhere:
            yield field, repr(name), f"must be measured too: add it to monitoring.metrics, now {list(spec.metrics)}"


def _named_metrics(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    recipe = getattr(spec, "training", None)
    members = [(f"training.{path}", one) for path, one in recipe.recipes()] if isinstance(recipe, Ensemble) else []
    for path, each in [("training", recipe), *members]:
        if (name := getattr(each, "stop_metric", None)) is not None:
            yield f"{path}.stop_metric", name
    search = getattr(getattr(spec, "training", None), "search", None)
    if search is not None and search.metric is not None:
        yield "training.search.metric", search.metric
    if spec.release.metric is not None:
        yield "release.metric", spec.release.metric
    for position, gate in enumerate(spec.validation.gates if _has(spec, "validation") else ()):
        name = getattr(gate, "metric", None)
        if name is not None:
            yield f"validation.gates[{position}].metric", name
        for place, question in enumerate(_questions(gate)):
            yield f"validation.gates[{position}].metrics[{place}].metric", question.metric
    for path, policy in placed(getattr(spec, "policy", None)):
        if (name := getattr(policy, "metric", None)) is not None:
            yield f"{path}.metric", name


def _questions(gate: Any) -> tuple[Question, ...]:
    return gate.metrics if isinstance(gate, Performance) else ()


def _limits(spec: ModelSpec) -> Iterator[Contradiction]:
    """A floor that no value of its metric can reach, or can miss, asks nothing."""
    gates = spec.validation.gates if _has(spec, "validation") else ()
    floors: list[tuple[str, Any]] = [(f"validation.gates[{position}]", gate) for position, gate in enumerate(gates)]
    for path, gate in list(floors):
        floors += [(f"{path}.metrics[{place}]", question) for place, question in enumerate(_questions(gate))]
    floors += list(placed(getattr(spec, "policy", None)))
    for path, floor in floors:
        known = METRICS.get(getattr(floor, "metric", None) or "")
        for side in ("at_least", "at_most"):
            limit = getattr(floor, side, None)
            if known is None or limit is None or known.low <= limit <= known.high:
                continue
            span = "at least 0" if known.high == math.inf else f"at most {known.high:g}"
            span = f"{known.low:g} to {known.high:g}" if math.isfinite(known.high - known.low) else span
            yield f"{path}.{side}", f"{limit:g}", f"must be {span}: {known.name} is never outside"


def _windows(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    if not _has(spec, "period") or lost("period.every") or spec.release.live is not None:
        return
    length = spec.period.length()
    for field in ("shadow", "bake"):
        span = getattr(spec.release, field)
        if span and not lost(f"release.{field}"):
            yield from not_whole(f"release.{field}", span, length)


def _judged_segments(policy: Any, known: Sequence[str]) -> Iterator[Contradiction]:
    """A metric that is judged by segment must be measured by segment."""
    for path, each in placed(policy):
        for position, name in enumerate(each.segments if isinstance(each, PerformancePolicy) else ()):
            if name not in known:
                said = f"must be measured too: add it to segments, now {list(known)}{did_you_mean(name, known)}"
                yield f"{path}.segments[{position}]", repr(name), said


def _columns(spec: ModelSpec) -> Iterator[Contradiction]:
    if _has(spec, "policy"):
        yield from _judged_segments(spec.policy, spec.segments)
    for position, segment in enumerate(spec.segments if _has(spec, "label") else ()):
        if segment == spec.label.column:
            yield f"segments[{position}]", repr(segment), "must not be the label: its segments would be its classes"
    for field, pattern in _drift_segments(getattr(spec, "policy", None)):
        if not any(fnmatchcase(name, pattern) for name in spec.segments):
            yield field, repr(pattern), f"must be measured too: add it to segments, now {list(spec.segments)}"


def _drift_segments(policy: Any) -> Iterator[tuple[str, str]]:
    """The segment columns whose drift a policy reads, by name or pattern."""
    for path, each in placed(policy):
        for name in getattr(each, "segment_columns", ()):
            yield f"{path}.segments.{name}" if each.segments else f"{path}.segment", name
        if isinstance(each, SegmentMixPolicy):
            yield from ((f"{path}.segments[{position}]", name) for position, name in enumerate(each.segments))


def _declared(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """What policies read of the spec's own declarations must be declared: versions, tables of measures."""
    for path, policy in placed(getattr(spec, "policy", None)):
        if not lost("versions"):
            yield from _versions(policy, path, spec.versions)
        screens, measures = getattr(policy, "screens", ()), getattr(policy, "kind", "") == "measure"
        if (measures or screens) and not spec.monitoring.measures and not lost("monitoring.measures"):
            field = f"{path}.kind" if measures else f"{path}.screens"
            value = repr("measure") if measures else repr([screen.measure for screen in screens])
            yield field, value, "must have a table to read: name one in monitoring.measures"


def _versions(policy: Any, path: str, declared: Mapping[str, str]) -> Iterator[Contradiction]:
    kind, names = getattr(policy, "kind", ""), getattr(policy, "names", ())
    if kind == "versions" and names == "all" and not declared:
        yield f"{path}.names", "'all'", "must find declared versions, as in versions: {encoder: '1'}"
    asked = [] if names == "all" else [(f"{path}.names[{place}]", name) for place, name in enumerate(names)]
    if kind == "schema":
        asked = [(f"{path}.kind", FEATURES)]
    for field, name in asked:
        if name not in declared:
            has = ", ".join(declared) or "none"
            value = repr(kind if kind == "schema" else name)
            yield field, value, f"must find versions.{name} declared, as in versions: {{{name}: '1'}}; there are {has}"
