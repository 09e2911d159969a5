"""Laws of what is learned from: windows, shares by time, draws that a row keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.draws import draws
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.shares import Drawn, Shares, SplitSpec, apart, drawn_edges, drawn_split
from retrain_platform.dataset.window import reach

CALENDAR = Calendar(every="day", start=date(2024, 1, 1))
RIPE = [CALENDAR.at(index) for index in range(20)]
NOW = RIPE[-1].end


def rows(count: int = 1000, classes: int = 2, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "_event_time": pd.Timestamp(datetime(2024, 1, 1, tzinfo=UTC)) + pd.to_timedelta(range(count), unit="min"),
            "_entity": [f"e{number}" for number in random.integers(0, 50, count)],
            "_label": (random.random(count) < 0.2).astype(float) + (random.random(count) < 0.1) * (classes - 2.0),
        }
    )


@given(st.integers(0, 25), st.one_of(st.none(), st.integers(-3, 25)))
def test_a_window_and_what_is_older_are_all_ripe_periods_in_order(days: int, seen: int | None) -> None:
    until = None if seen is None else RIPE[0].start + timedelta(days=seen)
    for window in ("all", "since_last_training", timedelta(days=days)):
        found = reach(RIPE, window, NOW, until)  # type: ignore[arg-type]
        assert [*found.older, *found.periods] == RIPE
    assert len(reach(RIPE, timedelta(days=days), NOW, until).periods) == min(days, len(RIPE))
    since = reach(RIPE, "since_last_training", NOW, until)
    assert all(until is None or period.start >= until for period in since.periods)
    assert all(until is not None and period.start < until for period in since.older)


def test_without_a_champion_all_is_learned_from_and_it_is_said() -> None:
    found = reach(RIPE, "since_last_training", NOW, None)
    assert (found.periods, found.older) == (RIPE, [])
    assert "no model was trained before, so all ripe periods" in found.said
    assert reach(RIPE, "all", NOW, None).said == ""
    assert "the champion saw rows until 2024-01-05" in reach(RIPE, "since_last_training", NOW, RIPE[4].start).said


SHARES = st.tuples(st.floats(0.05, 1), st.one_of(st.just(0.0), st.floats(0.05, 1)), st.floats(0.05, 1)).map(
    lambda found: tuple(each / sum(found) for each in found)
)


@settings(max_examples=200)
@given(st.lists(st.integers(1, 500), min_size=3, max_size=40), SHARES)
def test_shares_are_cut_as_near_as_whole_periods_come(counts: list[int], shares: Shares) -> None:
    kept = apart(counts, shares)
    learned = len(counts) - kept.stop - kept.holdout
    assert learned >= 1
    assert kept.holdout >= 1
    assert (kept.stop >= 1) == (shares[1] > 0)
    if len(counts) < 6:
        return
    held, wanted = sum(counts[-kept.holdout :]), shares[2] * sum(counts)
    for other in (kept.holdout - 1, kept.holdout + 1):
        if 1 <= other <= len(counts) - 1 - (shares[1] > 0):
            assert abs(held - wanted) <= abs(sum(counts[-other:]) - wanted) + 1e-6


def test_seventy_fifteen_fifteen_of_equal_periods() -> None:
    assert apart([100] * 20, (0.7, 0.15, 0.15)) == (3, 3)
    assert apart([100] * 10, (0.8, 0.1, 0.1)) == (1, 1)
    assert apart([100] * 10, (0.8, 0.0, 0.2)) == (0, 2)
    assert apart([10, 10, 10, 970], (0.8, 0.0, 0.2)) == (0, 1)
    assert apart([100], (0.7, 0.15, 0.15)) == (1, 1)


def test_a_draw_is_a_row_s_own() -> None:
    frame = rows()
    drawn = draws(frame, 7, "split")
    assert ((drawn >= 0) & (drawn < 1)).all()
    np.testing.assert_array_equal(draws(frame.iloc[::-3], 7, "split"), drawn[::-3])
    coded = frame.assign(_entity=frame["_entity"].astype("category"), _event_time=frame["_event_time"].dt.as_unit("us"))
    np.testing.assert_array_equal(draws(coded, 7, "split"), drawn)
    assert np.abs(np.corrcoef([drawn, draws(frame, 7, "history"), draws(frame, 8, "split")]) - np.eye(3)).max() < 0.12


def test_draws_are_even() -> None:
    counts = np.histogram(draws(rows(20_000), 3, "split"), bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi-squared of 19 degrees of freedom, 1 in 1000


@pytest.mark.parametrize("by", ["random", "stratified"])
def test_a_drawn_split_keeps_every_row_once_and_its_shares(by: Literal["random", "stratified"]) -> None:
    frame, spec = rows(4000), SplitSpec(shares=(0.6, 0.2, 0.2), by=by)
    split = drawn_split(frame, drawn_edges(frame, 7, spec, None))
    together = pd.concat([split.train, split.valid, split.holdout])
    assert sorted(together.index) == list(frame.index)
    for part, share in ((split.train, 0.6), (split.valid, 0.2), (split.holdout, 0.2)):
        near = 0.03 if by == "random" else 0.001
        assert len(part) / len(frame) == pytest.approx(share, abs=near)
        if by == "stratified":
            assert part["_label"].mean() == pytest.approx(frame["_label"].mean(), abs=0.002)


@settings(max_examples=25, deadline=None)
@given(st.integers(200, 900), st.sampled_from(["random", "stratified"]), st.integers(0, 5))
def test_no_row_of_the_exam_was_learned_from_by_a_champion_of_the_same_draws(known: int, by: Any, seed: int) -> None:
    frame, spec = rows(1000, classes=3, seed=seed), SplitSpec(shares=(0.5, 0.2, 0.3), by=by)
    champion = drawn_edges(frame.iloc[:known], 7, spec, None)
    seen = drawn_split(frame.iloc[:known], champion)
    split = drawn_split(frame, drawn_edges(frame, 7, spec, champion))
    assert not set(split.holdout.index) & {*seen.train.index, *seen.valid.index}
    assert len(split.holdout) > 0.2 * len(frame)


def test_other_shares_or_another_kind_of_draw_keep_the_champion_s_rows_out() -> None:
    frame = rows(2000, classes=3)
    for theirs in ("random", "stratified"):
        champion = drawn_edges(frame, 7, SplitSpec(shares=(0.7, 0.2, 0.1), by=theirs), None)  # type: ignore[arg-type]
        seen = drawn_split(frame, champion)
        for mine in ("random", "stratified"):
            spec = SplitSpec(shares=(0.5, 0.1, 0.4), by=mine)  # type: ignore[arg-type]
            holdout = drawn_split(frame, drawn_edges(frame, 7, spec, champion)).holdout
            assert set(holdout.index) <= set(seen.holdout.index)
            assert len(holdout) > 0.05 * len(frame)


def test_a_class_that_no_edge_knows_is_learned_from() -> None:
    frame = rows().assign(_label=5.0)
    assert len(
        drawn_split(frame, Drawn(seed=7, shares=(0.5, 0.0, 0.5), edges={"0": (0.5, 0.5), "1": (0.5, 0.5)})).train
    ) == len(frame)
