"""A road that is killed at any write, and walked on by a fresh process, ends as one that never was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from retrain_platform.replay.walk import take, walk
from retrain_platform.steps.due import Step, due
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec

WRITES = {"replace", "put", "put_bytes", "append", "register", "set_aliases"}
SPEC = tiny_spec(
    policy={"kind": "any_of", "policies": [{"kind": "schedule", "every": "9d"}]},
    release={"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.2, "patience": 6},
)
ROWS = Rows(22)


class Killed(BaseException):
    """The process is gone: nothing may catch it."""


class Mortal:
    """Passes everything on; dies at the chosen write, before or after it took effect."""

    def __init__(self, inner: Any, clock: list[int], at: int | None, after: bool) -> None:
        self._inner, self._clock, self._at, self._after = inner, clock, at, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in WRITES:
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            self._clock[0] += 1
            due = self._clock[0] == self._at
            if due and not self._after:
                raise Killed
            result = found(*args, **kwargs)
            if due:
                raise Killed
            return result

        return write


def doomed(places: Places, at: int | None, after: bool) -> tuple[Workshop, list[int]]:
    """A process over `places` that dies at its write number `at`, and the count of its writes."""
    count = [0]
    mortal = {
        name: Mortal(getattr(places, name), count, at, after) for name in ("lake", "values", "ledger", "registry")
    }
    return replace(places.shop(SPEC, ROWS), **mortal), count


def next_step(places: Places) -> Step | None:
    return due(SPEC, places.ledger.entries(SPEC.name), ROWS.watermark(), by_hand=True).step


def finished(places: Places, work: str) -> dict[str, Any]:
    """A fresh process takes the work up again, and what it leaves."""
    while (step := next_step(places)) is not None and step.work == work:
        take(places.shop(SPEC, ROWS), step)
    return outcome(places.shop(SPEC, ROWS))


def moments(step: Step, writes: int) -> list[tuple[int, bool]]:
    """Every moment at which a kill leaves something else behind, as (write, after it).

    Dead after a write is dead before the next one, but for what is not counted between them: the
    packages that a retrain moves into place.
    """
    after = [(at, True) for at in range(1, writes + 1)]
    before = [(at, False) for at in range(1, writes + 1 if step.kind == "retrain" else 2)]
    return before + after


def news(places: Places, step: Step) -> tuple[tuple[str, int, tuple[str, ...]], list[tuple[int, bool]]]:
    """Take the step; gives what kind of step it was (its writes, its lines on record), and its moments."""
    keys = {entry.key for entry in places.ledger.entries(SPEC.name)}
    shop, count = doomed(places, None, False)
    take(shop, step)
    added = tuple(entry.kind for entry in places.ledger.entries(SPEC.name) if entry.key not in keys)
    return (step.kind, count[0], added), moments(step, count[0])


def killed(before: Places, step: Step, at: int, after: bool) -> dict[str, Any]:
    """What is left on a copy of `before` when the step is killed there and taken up again."""
    copy = before.copy()
    with pytest.raises(Killed):
        take(doomed(copy, at, after)[0], step)
    return finished(copy, step.work)


def test_killed_at_any_write_it_ends_the_same() -> None:
    """Each step of the road that does something new is killed at each of its writes, on copies of all that is kept."""
    places, wrong, tried, known = Places(), [], 0, set()
    while (step := next_step(places)) is not None:
        before = places.copy()
        kind, tries = news(places, step)
        if kind in known:
            continue
        known.add(kind)
        expected = outcome(places.shop(SPEC, ROWS))
        tried += len(tries)
        wrong += [
            f"{step.work} at write {at}, {after=}" for at, after in tries if killed(before, step, at, after) != expected
        ]
    assert wrong == []
    assert tried > 80
    written = {entry.kind for entry in places.ledger.entries(SPEC.name)}
    assert {"watched", "decided", "retrained", "opened", "advanced", "promoted", "proven"} <= written


def test_walking_an_ended_road_again_changes_nothing() -> None:
    places = Places()
    for _ in walk(places.shop(SPEC, ROWS)):
        pass
    ended = outcome(places.shop(SPEC, ROWS))
    assert list(walk(places.shop(SPEC, ROWS))) == []
    assert outcome(places.shop(SPEC, ROWS)) == ended
