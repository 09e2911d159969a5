"""Presets in a spec's policy, as the ordinary policies that they stand for; what reads a spec never meets one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar
from retrain_platform.policy.presets import Preset
from retrain_platform.release.base import ReleasePlan
from retrain_platform.spec.model import Monitoring
from retrain_platform.spec.problem import Path
from retrain_platform.spec.salvage import Mistake
from retrain_platform.stats.metrics import DEFAULT_METRICS

_Section = TypeVar("_Section", bound=BaseModel)
_KIND = Preset.model_fields["kind"].default


class Unfolded(NamedTuple):
    """The attributes with every preset that stands replaced by its policy, and what is wrong with the others."""

    attributes: dict[str, Any]
    mistakes: list[Mistake]


class _Spec(NamedTuple):
    """What a preset must know of its spec; where that is wrong itself, something that stands for it."""

    period: timedelta
    label_delay: timedelta
    metric: str


def unfolded(attributes: Mapping[str, Any]) -> Unfolded:
    """Replace the presets, at any depth of the policy."""
    given, mistakes = dict(attributes), list[Mistake]()
    if "policy" in given:
        given["policy"] = _policy(given["policy"], ("policy",), _known(given), mistakes)
    return Unfolded(given, mistakes)


def _policy(policy: Any, path: Path, spec: _Spec, mistakes: list[Mistake]) -> Any:
    if not isinstance(policy, Mapping):
        return policy
    if policy.get("kind") == _KIND:
        return _resolved(policy, path, spec, mistakes)
    parts = policy.get("policies")
    if not isinstance(parts, list | tuple):
        return policy
    made = [_policy(part, (*path, "policies", place), spec, mistakes) for place, part in enumerate(parts)]
    return {**policy, "policies": made}


def _resolved(policy: Mapping[str, Any], path: Path, spec: _Spec, mistakes: list[Mistake]) -> dict[str, Any]:
    try:
        preset = Preset.model_validate(dict(policy))
    except ValidationError as error:
        for one in error.errors(include_url=False):
            message = one["msg"].removeprefix("Value error, ")
            mistakes.append(Mistake((*path, *one["loc"]), one["type"], message, one["input"], one.get("ctx", {})))
        return {"kind": "no_champion"}  # stands, so that the rest of the spec can be judged
    return preset.resolved(*spec)


def _known(given: Mapping[str, Any]) -> _Spec:
    calendar, label = _section(Calendar, given.get("period")), _section(LabelSpec, given.get("label"))
    return _Spec(
        timedelta(weeks=1) if calendar is None else calendar.length(),
        timedelta(0) if label is None else label.delay,
        _metric(given),
    )


def _metric(given: Mapping[str, Any]) -> str:
    """The model's own metric, as `ModelSpec.primary` says it."""
    plan, monitoring = (
        _section(ReleasePlan, given.get("release", {})),
        _section(Monitoring, given.get("monitoring", {})),
    )
    task = given.get("task")
    of_task = next((names for known, names in DEFAULT_METRICS.items() if known == task), DEFAULT_METRICS["binary"])
    measured = of_task if monitoring is None else monitoring.metrics or of_task
    return (plan.metric if plan is not None else None) or str(measured[0])


def _section(of: type[_Section], given: Any) -> _Section | None:
    try:
        return of.model_validate(given)
    except ValidationError:
        return None
