"""A policy with one limit of it at a time made smaller or larger, wherever in its tree that stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.compose import Composition, Policy
from retrain_platform.policy.wording import number
from retrain_platform.stats.metrics import METRICS

FACTORS = (0.5, 2.0)
"""What a limit is multiplied by. A bound of a metric that has a greatest value moves by what it lacks of that."""
_NEARER = (0.8, 1.25)
"""The same for such a bound: by half or twice it would lie where no model ever is."""
_NO_LIMITS = frozenset(
    {"confidence", "baseline_periods", "cycle", "jitter", "severity", "within", "budget", "automatic_releases_a_month"}
)
"""What says how something is measured, or is a person's own rule: no limit that a replay should move."""
_FAMILY: TypeAdapter[Any] = TypeAdapter(Policy)


class Varied(NamedTuple):
    """The policy with one limit otherwise, and which, in words."""

    said: str
    policy: Policy


def varied(policy: Policy, period: timedelta) -> Iterator[Varied]:
    """Each limit halved and doubled: numbers, and durations in whole periods, a dwell that is not said being one.

    What the family refuses is left out, and what comes out as it was. Of parts that are alike the later ones are
    numbered.
    """
    count = Counter[str]()
    for owner, name, old, new, made in _records(policy, period, asked=False):
        try:
            _FAMILY.validate_python(made.model_dump())
        except ValidationError:
            continue
        said = f"{name} {_text(new)}, not {_text(old)}"
        count[f"{owner} {said}"] += 1
        which = count[f"{owner} {said}"]
        yield Varied(f"{owner} {said}" if which == 1 else f"{owner} number {which} {said}", made)


def _records(record: Any, period: timedelta, *, asked: bool) -> Iterator[tuple[str, str, Any, Any, Any]]:
    """(whose, which field, what it was, what it is now, the record with it) for all fields at any depth.

    Not of a trigger that asks for no retrain, unless a composition around it does (`asked`): it moves nothing.
    """
    asked = asked or (isinstance(record, Composition) and record.action is not None)
    if not asked and not _retrains(record):
        return
    for name in type(record).model_fields:
        value = getattr(record, name)
        if name in _NO_LIMITS:
            continue
        for new in _others(record, name, value, period):
            old = period if value is None else value
            yield getattr(record, "kind", ""), name, old, new, record.model_copy(update={name: new})
        for place, part in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(part, Record):
                for owner, field, old, new, made in _records(part, period, asked=asked):
                    whole = (*value[:place], made, *value[place + 1 :])
                    whose = owner or f"{getattr(record, 'kind', '')} row {place + 1}"
                    yield whose, field, old, new, record.model_copy(update={name: whole})


def _retrains(record: Any) -> bool:
    asks = [each for each in (getattr(record, "action", None), getattr(record, "then", None)) if each is not None]
    return not asks or any(each.retrains for each in asks)


def _others(record: Any, name: str, value: Any, period: timedelta) -> list[Any]:
    if name == "dwell" and value is None:
        return [2 * period]
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, timedelta):
        found: list[Any] = [max(1, round(value * factor / period)) * period for factor in FACTORS]
    elif isinstance(value, int):
        found = [max(1, round(value * factor)) for factor in FACTORS]
    elif isinstance(value, float):
        found = _numbers(record, name, value)
    else:
        return []
    return [each for each in dict.fromkeys(found) if each != value]


def _numbers(record: Any, name: str, value: float) -> list[float]:
    known = METRICS.get(getattr(record, "metric", None) or "")
    if name == "at_least" and known is not None and known.greater_is_better and known.high - value < float("inf"):
        return [float(f"{known.high - (known.high - value) * factor:.3g}") for factor in _NEARER]
    return [float(f"{value * factor:.3g}") for factor in FACTORS]


def _text(value: Any) -> str:
    return duration_text(value) if isinstance(value, timedelta) else number(value)
