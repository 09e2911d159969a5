"""Spells of trouble, and how long before they were plain somebody was told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.stats.early_detection import EarlyDetection, early_detection

NAN = float("nan")


def told(rows: list[tuple[str, int, int, float]], ahead: int = 7) -> EarlyDetection:
    return early_detection(*(list(column) for column in zip(*rows, strict=True)), ahead=ahead)


def test_a_flag_on_the_first_day_is_the_whole_look_ahead_early() -> None:
    found = told([("a", 1, 0, 0), ("a", 2, 1, 1), ("a", 3, 1, 1), ("a", 4, 0, 0)])
    assert found == EarlyDetection(spells=1, lead_days=(7,), flagged=2, right=2)
    assert (found.recall, found.precision, found.median_lead) == (1.0, 1.0, 7.0)


def test_a_later_flag_is_less_early_and_one_after_it_is_plain_is_none() -> None:
    days = [("a", 0, 0, 0.0), *(("a", day, int(day == 5), 1.0) for day in range(1, 12))]
    assert told(days).lead_days == (3,)
    late = [("a", 0, 0, 0.0), *(("a", day, int(day == 8), 1.0) for day in range(1, 12))]
    assert told(late) == EarlyDetection(spells=1, lead_days=(), flagged=1, right=1)
    last = [("a", 0, 0, 0.0), *(("a", day, int(day == 7), 1.0) for day in range(1, 12))]
    assert told(last).lead_days == (1,)


def test_flags_of_healthy_days_cost_precision() -> None:
    found = told([("a", 1, 1, 0), ("a", 2, 1, 0), ("a", 3, 1, 1), ("b", 1, 1, 0), ("b", 2, 0, 1)])
    assert (found.spells, found.recall, found.flagged, found.right) == (2, 0.5, 4, 1)
    assert found.precision == 0.25


def test_unknown_days_neither_begin_nor_end_a_spell() -> None:
    found = told([("a", 1, 0, 0), ("a", 2, 0, 1), ("a", 3, 1, NAN), ("a", 4, 0, 1), ("a", 5, 0, 0), ("a", 6, 1, NAN)])
    assert found == EarlyDetection(spells=1, lead_days=(), flagged=0, right=0)


def test_a_spell_that_stands_at_the_first_row_is_left_out() -> None:
    assert told([("a", 1, 1, 1), ("a", 2, 1, 1), ("b", 1, 0, 0), ("b", 2, 1, 1)]).spells == 1


def test_nothing_is_nan_and_not_a_figure() -> None:
    found = early_detection([], [], [], [], ahead=7)
    assert found.spells == 0
    assert np.isnan([found.recall, found.precision, found.median_lead]).all()


def test_lengths_and_look_ahead_are_held() -> None:
    with pytest.raises(ValueError, match="lengths == 1, 1, 1, 2, must be the same"):
        early_detection(["a"], [1], [1], [1, 0], ahead=7)
    with pytest.raises(ValueError, match="ahead == 0, must be >= 1"):
        early_detection(["a"], [1], [1], [1], ahead=0)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.booleans(), st.sampled_from([0.0, 1.0, NAN])),
        unique_by=lambda row: row[:2],
    ),
    st.integers(1, 10),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_says_nothing_and_more_flags_find_no_fewer_spells(rows, ahead, random) -> None:  # type: ignore[no-untyped-def]
    if not rows:
        return
    found = told(rows, ahead)
    mixed = list(rows)
    random.shuffle(mixed)
    other = told(mixed, ahead)
    assert sorted(other.lead_days) == sorted(found.lead_days)
    assert other[0] == found[0]
    assert other[2:] == found[2:]
    every = told([(who, day, True, bad) for who, day, _, bad in rows], ahead)
    assert len(every.lead_days) == every.spells == found.spells
    assert set(every.lead_days) <= {ahead}
