"""What every policy promises, asked of one: for the tests of the family and for a user's own function alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.reports import PeriodPerformance, Reading
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import Champion, History, Incident, Retrained, RipePeriod
from retrain_platform.policy.python import PythonPolicy

_START, _WEEK = datetime(2024, 1, 1, tzinfo=UTC), timedelta(weeks=1)


def unmet(policy: Any, histories: Sequence[History] = ()) -> list[str]:
    """What the policy does not keep, a sentence each; empty where it keeps all.

    It is asked about a handful of made-up histories (the first is empty), and about `histories`.
    """
    found: list[str] = []
    for place, history in enumerate([*made_up(), *histories]):
        found += [said for ask in _ASKED for said in ask(policy, history, f"history {place + 1}")]
    return list(dict.fromkeys([*found, *_of_the_empty(policy)]))


def made_up() -> tuple[History, ...]:
    """An empty history, a champion without readings, one of 12 weeks that fell, one with trouble on record."""
    empty = _history(0)
    young = _history(4, champion=_champion(2), ripe=_ripe(4), new_ripe_rows=1000)
    grown = _history(12, champion=_champion(2), ripe=_ripe(12), new_ripe_rows=9000, performance=_fallen(12))
    tried = Retrained(decision_id="d1", as_of=_end(10), version=None, verdict="failed", training_rows=9000)
    why = Incident(kind="data", as_of=_end(11), why="a column vanished")
    return empty, young, grown, grown.model_copy(update={"retrained": (tried,), "incidents": (why,), "problem": "cut"})


def _history(weeks: int, **known: Any) -> History:
    end = _end(weeks)
    period = Period(key=f"{end - _WEEK:%Y-%m-%d}", start=end - _WEEK, end=end)
    delay = timedelta(days=2)
    return History(model="made_up", as_of=end, period=period, period_length=_WEEK, label_delay=delay, **known)


def _end(week: int) -> datetime:
    return _START + (week + 1) * _WEEK


def _champion(week: int) -> Champion:
    at = _end(week)
    return Champion(
        version="1", decision_id="d0", trained_as_of=at, training_rows=5000, seen_until=at, released_as_of=at
    )


def _ripe(weeks: int) -> tuple[RipePeriod, ...]:
    spans = ((_end(week) - _WEEK, _end(week)) for week in range(weeks))
    return tuple(
        RipePeriod(period=f"{start:%Y-%m-%d}", start=start, end=end, rows=1000, labelled=990) for start, end in spans
    )


def _fallen(weeks: int) -> tuple[PeriodPerformance, ...]:
    """Readings of the champion, .75 at first and .6 in the end."""

    def reading(week: int) -> PeriodPerformance:
        value = 0.75 if week < weeks - 3 else 0.6
        auc = Reading(value=value, low=value - 0.02, high=value + 0.02, rows=990, days=7)
        return PeriodPerformance(
            period=f"{_end(week) - _WEEK:%Y-%m-%d}",
            version="1",
            role="champion",
            as_of=_end(week + 1),
            ripe=True,
            rows=1000,
            labelled=990,
            metrics={"auc": auc},
        )

    return tuple(reading(week) for week in range(3, weeks - 1))


def _answers(policy: Any, history: History, at: str) -> Iterator[str]:
    if isinstance(policy, PythonPolicy):
        try:
            policy.ask(history)
        except Exception as error:
            yield f"must answer with a Finding: of {at}, {error}"


def _gives_its_reason(policy: Any, history: History, at: str) -> Iterator[str]:
    sentence = _found(policy, history).sentence
    if not sentence.strip() or "\n" in sentence:
        yield f"must give its reason in one line: of {at}, sentence == {sentence!r}"


def _is_pure(policy: Any, history: History, at: str) -> Iterator[str]:
    before = history.fingerprint()
    first = _found(policy, history)
    if _found(policy, history) != first:
        yield f"must say the same of the same history: of {at}, it said two things"
    if _found(policy, History.model_validate_json(history.model_dump_json())) != first:
        yield f"must say the same of a history that was read back: of {at}, it did not"
    if history.fingerprint() != before:
        yield f"must leave the history as it is: it changed {at}"


def _asks_by_its_verdict(policy: Any, history: History, at: str) -> Iterator[str]:
    found = _found(policy, history)
    if found.verdict in ("quiet", "cannot tell") and found.action is not Action.NONE:
        yield f"must ask for nothing where it is {found.verdict}: of {at}, action == {found.action.value!r}"
    most = Action.INVESTIGATE.rank
    if found.verdict in ("holding", "held back") and not Action.WATCH.rank <= found.action.rank <= most:
        yield f"must ask to watch or investigate where it is {found.verdict}: of {at}, action == {found.action.value!r}"


def _of_the_empty(policy: Any) -> Iterator[str]:
    """Only the want of a champion is a reason when nothing is known."""
    kinds = [getattr(part, "kind", "") for part in (policy, *getattr(policy, "policies", ()))]
    if _found(policy, made_up()[0]).fired and "no_champion" not in kinds:
        yield "must not fire on an empty history: nothing is known there"


def _found(policy: Any, history: History) -> Finding:
    """The finding as the function gives it, where it gives one: what the platform mends is told all the same."""
    if isinstance(policy, PythonPolicy):
        try:
            return policy.ask(history)
        except Exception:
            return policy.decide(history)
    found: Finding = policy.decide(history)
    return found


_ASKED: tuple[Callable[[Any, History, str], Iterator[str]], ...] = (
    _answers,
    _gives_its_reason,
    _is_pure,
    _asks_by_its_verdict,
)
