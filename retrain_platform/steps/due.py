"""What the road asks for next: one function for the sensors, the command line and the demo."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.release.base import Entry
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import DECIDED, FAILED, RETRAINED, WATCHED, asked, paused


class Step(NamedTuple):
    """One run to ask for. `run_key` names the work and its attempt; `tags` are Dagster's."""

    kind: Literal["watch", "retrain", "decide"]
    period: Period
    attempt: int
    decision_id: str | None = None
    asked: int = 0

    @property
    def work(self) -> str:
        """The work without its attempt: what a failure is counted against."""
        if self.decision_id:
            return self.decision_id
        return f"{self.kind}:{self.period.key}" + (f":{self.asked}" if self.asked else "")

    @property
    def run_key(self) -> str:
        """Unique to the work and its attempt."""
        return f"{self.work}:{self.attempt}"

    @property
    def tags(self) -> dict[str, str]:
        """What the run carries, so that its steps know what they obey."""
        found = {"retrain/work": self.work, "retrain/attempt": str(self.attempt)}
        return {**found, "retrain/decision_id": self.decision_id} if self.decision_id else found


class Due(NamedTuple):
    """The next step, or why there is none; `again` is the moment from which one that failed is asked for again."""

    step: Step | None
    why: str
    again: datetime | None = None


def due(
    spec: ModelSpec,
    entries: list[Entry],
    watermark: datetime | None,
    *,
    by_hand: bool = False,
    until: str | None = None,
    now: datetime | None = None,
) -> Due:
    """The next step of the model's road.

    A decided retrain comes before the next period; a failed step is asked for again, at most
    `operation.attempts` times by the sensors, `operation.retry_wait` after each failure, and always and at once
    when `by_hand`. `now` is the wall clock's time; None waits for nothing.
    """
    if by_hand:
        return _next(spec, entries, watermark, until)
    if why := paused(entries):
        return Due(None, f"paused: {why}")
    found = _next(spec, entries, watermark, until)
    if found.step is not None and found.step.kind == "retrain" and _given_up(spec, found.step):
        found = _next_period(spec, entries, watermark, until)  # one that keeps failing must not stop the watching
    step = found.step
    if step is None:
        return found
    if _given_up(spec, step):
        return Due(None, f"{step.work} failed {step.attempt - 1} times: put it right, then `retrain run {spec.name}`")
    again = again_from(spec, entries, step)
    if now is not None and again is not None and now < again:
        return Due(None, _waits(spec, step, again), again)
    return found


def _next(spec: ModelSpec, entries: list[Entry], watermark: datetime | None, until: str | None) -> Due:
    pending = _pending_retrain(spec, entries)
    if pending is not None:
        return Due(pending, "a retrain was decided")
    asked = _asked(spec.period, entries)
    if asked is not None:
        return Due(asked, "somebody asked")
    return _next_period(spec, entries, watermark, until)


def _given_up(spec: ModelSpec, step: Step) -> bool:
    return step.attempt > spec.operation.attempts


def again_from(spec: ModelSpec, entries: list[Entry], step: Step) -> datetime | None:
    """From when on, by the wall clock, the sensors ask again for a step that failed; None for one that did not."""
    failed = [entry.at for entry in entries if entry.kind == FAILED and entry.body["work"] == step.work]
    return max(failed) + spec.operation.retry_wait if failed else None


def _waits(spec: ModelSpec, step: Step, again: datetime) -> str:
    attempt = f"attempt {step.attempt} of {spec.operation.attempts}"
    return f"{step.work} failed: {attempt} is due at {again:%Y-%m-%d %H:%M:%S} UTC; now: `retrain run {spec.name}`"


def waiting_retrain(spec: ModelSpec, entries: list[Entry]) -> Step | None:
    """The decided retrain that the sensors would begin, or have begun; None where there is none, or it is given up."""
    step = None if paused(entries) else _pending_retrain(spec, entries)
    return None if step is None or _given_up(spec, step) else step


def _pending_retrain(spec: ModelSpec, entries: list[Entry]) -> Step | None:
    if spec.mode == "observe":
        return None
    ended = {entry.body["decision_id"] for entry in entries if entry.kind == RETRAINED}
    watched = {entry.body["period"] for entry in entries if entry.kind == WATCHED}
    # A decision whose watch run was killed before its last line waits until that run has ended.
    open_ = [
        e
        for e in entries
        if e.kind == DECIDED
        and e.body["retrains"]
        and e.body["decision_id"] not in ended
        and e.body["period"] in watched
    ]
    if not open_:
        return None
    body = open_[-1].body
    return Step(
        "retrain", spec.period.period(body["period"]), _attempt(entries, body["decision_id"]), body["decision_id"]
    )


def _asked(calendar: Calendar, entries: list[Entry]) -> Step | None:
    watched = [e for e in entries if e.kind == WATCHED]
    newest = asked(entries)
    if not newest or not watched:
        return None
    period = calendar.period(watched[-1].body["period"])
    return Step("decide", period, _attempt(entries, f"decide:{period.key}:{newest}"), asked=newest)


def _next_period(spec: ModelSpec, entries: list[Entry], watermark: datetime | None, until: str | None) -> Due:
    watched = [e.body["period"] for e in entries if e.kind == WATCHED]
    index = spec.period.index(max(watched)) + 1 if watched else 0
    period = spec.period.at(index)
    if watermark is None:
        return Due(None, "the source is empty")
    if not spec.period.within(period):
        return Due(None, "the calendar has ended")
    if period.end > watermark:
        until_now = f"data until {spec.period.local(watermark):%Y-%m-%d %H:%M}"
        return Due(None, f"{period.key} is not closed: {until_now}, it ends {period.end:%Y-%m-%d %H:%M}")
    if until is not None and period.key > until:
        return Due(None, f"{until} was the last one asked for")
    return Due(Step("watch", period, _attempt(entries, f"watch:{period.key}")), f"{period.key} has closed")


def _attempt(entries: list[Entry], work: str) -> int:
    return 1 + sum(1 for entry in entries if entry.kind == FAILED and entry.body["work"] == work)
