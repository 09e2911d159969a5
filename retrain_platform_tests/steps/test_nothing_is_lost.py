"""A road that is killed at any write, and walked on by a fresh process, ends as one that never was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retrain_platform.replay.walk import walk
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec

WRITES = {"replace", "put", "put_bytes", "append", "register", "set_aliases"}
DAYS = 13


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


def walked(kill_at: int | None, *, after: bool = False) -> tuple[dict[str, Any], int]:
    places, reader, spec = Places(), Rows(DAYS), tiny_spec()
    shop = places.shop(spec, reader)
    clock = [0]
    mortal = {name: Mortal(getattr(places, name), clock, kill_at, after) for name in ("lake", "values", "ledger", "registry")}
    doomed = shop.__class__(**{**shop.__dict__, **mortal, "frames": {}, "loaded": {}})
    try:
        for _ in walk(doomed):
            pass
    except Killed:
        for _ in walk(places.shop(spec, reader)):
            pass
    return outcome(places.shop(spec, reader)), clock[0]


def same(left: Any, right: Any) -> bool:
    try:
        np.testing.assert_equal(left, right)
    except AssertionError:
        return False
    return True


@pytest.fixture(scope="module")
def unharmed() -> tuple[dict[str, Any], int]:
    return walked(None)


def test_the_road_is_worth_killing(unharmed: tuple[dict[str, Any], int]) -> None:
    """The fixture trains, shadows, promotes and proves: else the kills below would test little."""
    kinds = {kind for kind, *_ in unharmed[0]["ledger"]}
    assert {"watched", "decided", "retrained", "opened", "advanced", "promoted", "proven"} <= kinds
    assert len(unharmed[0]["versions"]) >= 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_write_it_ends_the_same(unharmed: tuple[dict[str, Any], int], after: bool) -> None:
    expected, writes = unharmed
    retrains = {at for at in range(1, writes + 1)}
    differing = [at for at in sorted(retrains) if not same(walked(at, after=after)[0], expected)]
    assert differing == []


def test_walking_an_ended_road_again_changes_nothing(unharmed: tuple[dict[str, Any], int]) -> None:
    places, reader, spec = Places(), Rows(DAYS), tiny_spec()
    for _ in walk(places.shop(spec, reader)):
        pass
    assert list(walk(places.shop(spec, reader))) == []
    assert same(outcome(places.shop(spec, reader)), unharmed[0])
