"""What a policy cannot mean, given the model's periods and how late its labels come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.compose import Composition, Policy
from retrain_platform.policy.drift import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.schedule import SchedulePolicy

Contradiction = tuple[str, str, str]
"""Path of the field, its value as text, and what it must be instead and why."""


def problems(policy: Policy, *, period: timedelta, label_delay: timedelta) -> list[Contradiction]:
    """Every contradiction of a well-formed policy; paths begin with 'policy', as in 'policy.policies[1].dwell'.

    A cadence must leave time for one new period to ripen; a dwell is a whole number of periods;
    a window on a label metric is not shorter than the label delay.
    """
    return list(_walk(policy, "policy", period, label_delay))


def _walk(policy: Policy, path: str, period: timedelta, delay: timedelta) -> Iterator[Contradiction]:
    if isinstance(policy, Composition):
        for position, part in enumerate(policy.policies):
            yield from _walk(part, f"{path}.policies[{position}]", period, delay)
    elif isinstance(policy, SchedulePolicy):
        yield from _cadence(policy.every, f"{path}.every", period, delay)
    elif isinstance(policy, PerformancePolicy | FloorPolicy):
        yield from _dwell(policy.dwell, f"{path}.dwell", period)
        yield from _label_window(policy.dwell, f"{path}.dwell", period, delay)
    elif isinstance(policy, FeatureDriftPolicy | NewCategoriesPolicy):
        yield from _dwell(policy.dwell, f"{path}.dwell", period)


def _cadence(every: timedelta, path: str, period: timedelta, delay: timedelta) -> Iterator[Contradiction]:
    ripening = _whole(delay, period)
    least = ripening + period
    if every < least:
        yield (
            path,
            duration_text(every),
            f"must be at least {duration_text(least)}: one new period takes {duration_text(period)} to close and "
            f"{duration_text(ripening)} to ripen (label delay {duration_text(delay)}, up to whole periods of "
            f"{duration_text(period)}); write every: {duration_text(least)}",
        )


def _dwell(dwell: timedelta | None, path: str, period: timedelta) -> Iterator[Contradiction]:
    if dwell is not None and dwell % period:
        above = _whole(dwell, period)
        below = [] if above == period else [duration_text(above - period)]
        yield (
            path,
            duration_text(dwell),
            f"must be a whole number of periods of {duration_text(period)}; "
            f"write dwell: {' or '.join([*below, duration_text(above)])}",
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
