"""What a cadence cannot mean: faster than labels ripen, or waiting for a moment at which nothing is decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.period import Calendar
from retrain_platform.policy.calendar import shortest_gap
from retrain_platform.policy.schedule import MOST_JITTER, SchedulePolicy
from retrain_platform.policy.waiting import shortest_cadence

_LOOKS = {"hour": 24 * 7, "day": 7, "week": 1, "month": 12 * 28}
"""How many period ends show every weekday and hour at which decisions are taken."""


def cadence_problems(
    policy: SchedulePolicy, path: str, period: timedelta, delay: timedelta
) -> Iterator[tuple[str, str, str]]:
    """(field, value, cure) of every cadence of a schedule: usual, by cron, seasonal; its jitter."""
    yield from too_fast(policy.every, f"{path}.every", period, delay)
    for place, season in enumerate(policy.calendar):
        yield from too_fast(season.every, f"{path}.calendar[{place}].every", period, delay)
    if policy.cron is not None and (gap := shortest_gap(policy.cron)) < (least := shortest_cadence(period, delay)):
        cure = (
            f"must leave at least {duration_text(least)} between its moments (now {_text(gap)}): {_why(period, delay)}"
        )
        yield f"{path}.cron", repr(policy.cron), f"{cure}; or write every: {duration_text(least)}"
    if policy.every is not None and policy.jitter and policy.jitter * policy.every < period:
        yield f"{path}.jitter", f"{policy.jitter:g}", _jitter_cure(policy.jitter, policy.every, period)


def too_fast(every: timedelta | None, path: str, period: timedelta, delay: timedelta) -> Iterator[tuple[str, str, str]]:
    """A cadence in which no new period can close and ripen."""
    least = shortest_cadence(period, delay)
    if every is not None and every < least:
        cure = f"must be at least {duration_text(least)}: {_why(period, delay)}; write every: {duration_text(least)}"
        yield path, duration_text(every), cure


def _why(period: timedelta, delay: timedelta) -> str:
    ripening = shortest_cadence(period, delay) - period
    return (
        f"one new period takes {duration_text(period)} to close and {duration_text(ripening)} to ripen "
        f"(label delay {duration_text(delay)}, up to whole periods of {duration_text(period)})"
    )


def _jitter_cure(jitter: float, every: timedelta, period: timedelta) -> str:
    """A jitter is rounded down to whole periods: what is less than one is none."""
    least = ceil(period / every * 1000) / 1000
    more = f", or at least {least:g}" if least <= MOST_JITTER else ""
    return (
        f"must be 0{more}: {jitter:.0%} of {duration_text(every)} is less than a period of {duration_text(period)}, "
        "and a decision is taken once a period"
    )


def never_decided(policy: SchedulePolicy, path: str, calendar: Calendar, step: int) -> Iterator[tuple[str, str, str]]:
    """Windows in which no decision is ever taken: one is taken when a period ends, or with every `step`-th end."""
    ends = [calendar.at(index * step + step - 1).end for index in range(_LOOKS[calendar.every])]
    for place, window in enumerate(policy.preferred):
        if not any(window.holds(end) for end in ends):
            weekly = calendar.every == "week" or (calendar.every == "day" and step % 7 == 0)
            when = f"{ends[0]:%A} {ends[0]:%H:%M}".lower() if weekly else f"{ends[0]:%H:%M}"
            of = f"a {calendar.every}" if step == 1 else f"every {step} {calendar.every}s"
            cure = f"must hold an end of {of}, when decisions are taken (as at {when}): none ever lies in it"
            yield f"{path}.preferred[{place}]", str(window), cure


def _text(gap: timedelta) -> str:
    return duration_text(gap) if gap % timedelta(hours=1) == timedelta(0) else f"{gap / timedelta(minutes=1):g} minutes"
