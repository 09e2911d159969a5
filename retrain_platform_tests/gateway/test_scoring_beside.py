"""Rows are scored off the path by every version that asks for them and did not answer; what is late is counted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from retrain_platform.gateway.base import Answered, Loaded, Row
from retrain_platform.gateway.lines import BesideLine
from retrain_platform.gateway.models.beside import BesideScorer
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeLog


class FakeServing:
    def __init__(self, *beside: Loaded, limit: int = 2000) -> None:
        self.about = About(model="m", task="binary", label="y", gateway=GatewaySpec(beside=limit))
        self._beside = beside

    def beside(self) -> tuple[Loaded, ...]:
        return self._beside


class Slow(FakeLoaded):
    """Answers only when it is let."""

    def __init__(self) -> None:
        super().__init__("2")
        self.began, self.go = threading.Event(), threading.Event()

    def answer(self, rows: Sequence[Row]) -> list[Answered]:
        self.began.set()
        self.go.wait(10)
        return super().answer(rows)


def rows(*numbers: float) -> list[Row]:
    return [Row({"x": number}, None) for number in numbers]


def test_each_row_is_scored_by_those_that_did_not_answer_it() -> None:
    log = FakeLog()
    scorer = BesideScorer(log)
    serving: Any = FakeServing(FakeLoaded("1"), FakeLoaded("2"))
    scorer.offer(serving, rows(1.0, 2.0), ["a.0", "a.1"], ["1", "2"], 17)
    scorer.offer(serving, rows(*range(100)), [f"b.{k}" for k in range(100)], ["1"] * 100, 18)
    scorer.close()
    lines = [line for line in log.lines if isinstance(line, BesideLine)]
    found = {(line.id, line.version, line.score, line.at) for line in lines}
    assert len(lines) == len(found) == 102
    assert {("a.0", "2", 2.0, 17), ("a.1", "1", 2.0, 17), ("b.99", "2", 198.0, 18)} <= found
    assert scorer.dropped == {}


def test_what_does_not_fit_is_dropped_and_counted_and_offering_never_waits() -> None:
    log, slow = FakeLog(), Slow()
    scorer = BesideScorer(log)
    serving: Any = FakeServing(slow, limit=3)
    scorer.offer(serving, rows(1.0), ["first"], ["1"], 1)
    assert slow.began.wait(10)
    for number in range(10):
        scorer.offer(serving, rows(1.0), [str(number)], ["1"], 1)
    assert scorer.dropped == {"m": 7}
    slow.go.set()
    scorer.close()
    assert [line.id for line in log.lines if isinstance(line, BesideLine)] == ["first", "0", "1", "2"]


def test_the_end_does_not_wait_for_a_slow_version() -> None:
    log, slow = FakeLog(), Slow()
    scorer = BesideScorer(log)
    serving: Any = FakeServing(slow)
    for number in range(100):
        scorer.offer(serving, rows(1.0), [str(number)], ["1"], 1)
    assert slow.began.wait(10)
    closing = threading.Thread(target=scorer.close, args=(0.0,))
    closing.start()
    assert scorer._ending.wait(10)
    slow.go.set()
    closing.join(10)
    scored = len([line for line in log.lines if isinstance(line, BesideLine)])
    assert 0 < scored < 100
    assert scored + scorer.dropped["m"] == 100


@pytest.mark.parametrize("how", ["raises", "says so"])
def test_a_version_that_fails_beside_fails_there_alone(how: str) -> None:
    def fail(row: Row) -> Answered:
        if how == "raises":
            raise ZeroDivisionError("no")
        return Answered(None, "wind is missing")

    log = FakeLog()
    scorer = BesideScorer(log)
    serving: Any = FakeServing(FakeLoaded("2", fail), FakeLoaded("3"))
    scorer.offer(serving, rows(1.0), ["a"], ["1"], 1)
    scorer.close()
    told = {line.version: (line.score, line.error) for line in log.lines if isinstance(line, BesideLine)}
    assert told["3"] == (3.0, None)
    assert told["2"] == (None, "ZeroDivisionError: no" if how == "raises" else "wind is missing")
