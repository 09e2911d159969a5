"""What a policy cannot mean, given the model's periods and how late its labels come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import lcm

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.period import Calendar
from retrain_platform.policy.cadences import cadence_problems, never_decided
from retrain_platform.policy.compose import Composition, Policy, placed
from retrain_platform.policy.concept import CalibrationPolicy, ConceptDriftPolicy
from retrain_platform.policy.correlation import CorrelationPolicy
from retrain_platform.policy.drift import FeaturesPolicy
from retrain_platform.policy.escalation import EscalationPolicy
from retrain_platform.policy.estimate import EstimatePolicy
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.gap import GapPolicy
from retrain_platform.policy.measure import MeasurePolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.policy.severe import SevereFeaturesPolicy
from retrain_platform.policy.shift import ShiftPolicy

Contradiction = tuple[str, str, str]
"""Path of the field, its value as text, and what it must be instead and why."""


def problems(
    policy: Policy, *, period: timedelta, label_delay: timedelta, calendar: Calendar | None = None
) -> list[Contradiction]:
    """Every contradiction of a well-formed policy; paths begin with 'policy', as in 'policy.policies[1].dwell'.

    A cadence must leave time for one new period to ripen, in every season; a dwell is a whole number of periods;
    a window on a label metric is not shorter than the label delay; there is one escalation table. A composition's
    `decide_every` is a whole number of periods. With `calendar`, a preferred window must hold an end of some period.
    """
    parts = list(placed(policy, "policy"))
    spans = list(_decisions(policy, "policy"))
    tables = [path for path, part in parts if isinstance(part, EscalationPolicy)]
    found = [each for path, part in parts for each in _of(part, path, period, label_delay)]
    found += [each for path, part in parts for each in _windows(part, path, period, spans, calendar)]
    found += [each for path, span in spans for each in _dwell(span, path, period)]
    return found + [(path, "", f"must be the only table: add its rows to those of {tables[0]}") for path in tables[1:]]


def _windows(
    policy: Policy, path: str, period: timedelta, spans: Sequence[tuple[str, timedelta]], calendar: Calendar | None
) -> Iterator[Contradiction]:
    """Preferred windows that hold no end of a period at which the compositions around the schedule decide."""
    if isinstance(policy, SchedulePolicy) and calendar is not None:
        around = [span // period for place, span in spans if path.startswith(place.removesuffix(".decide_every") + ".")]
        yield from never_decided(policy, path, calendar, lcm(*(max(1, count) for count in around)))


def _decisions(policy: Policy, path: str) -> Iterator[tuple[str, timedelta]]:
    """Every `decide_every` with its place."""
    if isinstance(policy, Composition):
        if policy.decide_every is not None:
            yield f"{path}.decide_every", policy.decide_every
        for position, part in enumerate(policy.policies):
            yield from _decisions(part, f"{path}.policies[{position}]")


def _of(policy: Policy, path: str, period: timedelta, delay: timedelta) -> Iterator[Contradiction]:
    if isinstance(policy, SchedulePolicy):
        yield from cadence_problems(policy, path, period, delay)
    elif isinstance(policy, EscalationPolicy):
        for position, row in enumerate(policy.rows):
            yield from _dwell(row.after, f"{path}.rows[{position}].after", period)
    elif isinstance(policy, PerformancePolicy | FloorPolicy | CalibrationPolicy | ConceptDriftPolicy):
        yield from _dwell(policy.dwell, f"{path}.dwell", period)
        yield from _label_window(policy.dwell, f"{path}.dwell", period, delay)
        if isinstance(policy, PerformancePolicy) and policy.against == "season":
            yield from _cycle(policy, f"{path}.cycle", period)
    elif isinstance(
        policy,
        FeaturesPolicy
        | SevereFeaturesPolicy
        | CorrelationPolicy
        | ShiftPolicy
        | EstimatePolicy
        | MeasurePolicy
        | GapPolicy,
    ):
        yield from _dwell(policy.dwell, f"{path}.dwell", period)


def _dwell(dwell: timedelta | None, path: str, period: timedelta) -> Iterator[Contradiction]:
    if dwell is not None and dwell % period:
        above = _whole(dwell, period)
        below = [] if above == period else [duration_text(above - period)]
        yield (
            path,
            duration_text(dwell),
            f"must be a whole number of periods of {duration_text(period)}; "
            f"write {path.rpartition('.')[2]}: {' or '.join([*below, duration_text(above)])}",
        )


def _cycle(policy: PerformancePolicy, path: str, period: timedelta) -> Iterator[Contradiction]:
    """A season a cycle ago must lie before the periods that are judged."""
    judged = period if policy.dwell is None else policy.dwell
    least = judged + max(policy.baseline_periods * period, judged)
    if policy.cycle < least:
        yield (
            path,
            duration_text(policy.cycle),
            f"must be at least {duration_text(least)}, dwell and baseline together: then ends before now begins",
        )


def _label_window(dwell: timedelta | None, path: str, period: timedelta, delay: timedelta) -> Iterator[Contradiction]:
    window = period if dwell is None else dwell
    if window < delay:
        least = duration_text(_whole(delay, period))
        yield (
            path,
            duration_text(window) + (" (one period, its default)" if dwell is None else ""),
            f"must be at least the label delay of {duration_text(delay)}, in whole periods of {duration_text(period)}: "
            f"{least}; write dwell: {least}",
        )


def _whole(span: timedelta, period: timedelta) -> timedelta:
    """`span` rounded up to whole periods."""
    return -(-span // period) * period
