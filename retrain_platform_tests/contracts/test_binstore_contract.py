"""What every store of bins does, run on the memory fake and on SQLite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retrain_platform.release.live.bins import WIDTH, Bin, Tally, merged

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def full(start: datetime = START, version: str = "3", **fields: Any) -> Bin:
    told = {
        "calls": 4, "rows": 6, "errors": 1, "entities": 2, "labels": 3, "loss": 0.75, "latency": {70: 3, 72: 1},
        "feedback": {"rating": Tally(count=2, hits=1, total=4.5)}, "events": {"click": 2},
        "against": {"2": {-3: 1, 10: 2}}, "answered": True,
    }  # fmt: skip
    return Bin(start=start, version=version, **{**told, **fields})


def test_a_bin_comes_back_as_it_was_added(bins: Any) -> None:
    bins.add("m", [full()])
    assert bins.bins("m", START, START + WIDTH) == [full()]


def test_what_is_added_to_the_same_bin_is_summed(bins: Any) -> None:
    more = full(
        latency={72: 1, 90: 1}, feedback={"stars": Tally(count=1)}, against={"1": {0: 1}, "2": {10: 1}}, loss=0.5
    )
    bins.add("m", [full()])
    bins.add("m", [more])
    [found] = bins.bins("m", START, START + WIDTH)
    assert found == merged(full(), more)
    assert (found.calls, found.loss, found.latency) == (8, 1.25, {70: 3, 72: 2, 90: 1})
    assert found.against == {"1": {0: 1}, "2": {-3: 1, 10: 3}}
    assert found.feedback == {"rating": Tally(count=2, hits=1, total=4.5), "stars": Tally(count=1)}


def test_answered_and_beside_are_two_bins(bins: Any) -> None:
    bins.add("m", [full(), full(answered=False, calls=9)])
    assert [(each.answered, each.calls) for each in bins.bins("m", START, START + WIDTH)] == [(False, 9), (True, 4)]


@pytest.mark.parametrize("late", [timedelta(), timedelta(milliseconds=1), WIDTH])
def test_the_span_is_closed_below_and_open_above(bins: Any, late: timedelta) -> None:
    bins.add("m", [full()])
    assert bool(bins.bins("m", START + late, START + 2 * WIDTH)) == (late == timedelta())
    assert bool(bins.bins("m", START - WIDTH, START + late)) == (late > timedelta())


def test_until_when_it_is_complete_is_not_known_before_it_was_said(bins: Any) -> None:
    assert bins.complete_until() is None
    bins.add("m", [full()])
    assert bins.complete_until() is None


def test_by_start_and_version_and_of_the_asked_ones_only(bins: Any) -> None:
    bins.add("m", [full(version="4"), full(START + WIDTH), full()])
    ever = (START - WIDTH, START + 9 * WIDTH)
    assert [(each.start, each.version) for each in bins.bins("m", *ever)] == [
        (START, "3"),
        (START, "4"),
        (START + WIDTH, "3"),
    ]
    assert [each.version for each in bins.bins("m", *ever, ["4", "7"])] == ["4"]
    assert bins.bins("other", *ever) == []
