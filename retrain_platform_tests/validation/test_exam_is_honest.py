"""V13: no model is examined on rows that it, or its opponent, was fitted on."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.validation import AgainstChampion
from retrain_platform.validation.exam import TooLittleHistory, choose_drawn_exam, choose_exam, looks_at
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure, measure

WEEK = timedelta(weeks=1)
START = datetime(2013, 1, 1, tzinfo=UTC)


def weeks(count: int) -> list[tuple[str, datetime, datetime]]:
    return [(f"w{number}", START + number * WEEK, START + (number + 1) * WEEK) for number in range(count)]


def at(week: int) -> datetime:
    return START + week * WEEK


def test_the_holdout_is_the_last_ripe_periods_that_the_champion_did_not_see() -> None:
    exam = choose_exam(at(20), weeks(20), at(12), 2)
    assert (exam.basis, exam.periods, exam.cut) == ("holdout", ("w18", "w19"), at(18))
    assert (exam.start, exam.end) == (at(18), at(20))
    fewer = choose_exam(at(20), weeks(20), at(19), 2)
    assert (fewer.basis, fewer.periods, fewer.cut) == ("holdout", ("w19",), at(19))


def test_a_period_that_the_champion_saw_in_part_is_not_a_holdout() -> None:
    exam = choose_exam(at(20), weeks(20), at(18) + timedelta(days=1), 2)
    assert exam.periods == ("w19",)


def test_drawn_rows_are_examined_where_it_is_known_who_saw_them() -> None:
    first = choose_drawn_exam(weeks(3), None)
    assert (first.basis, first.periods, first.cut, first.end) == ("alone", ("w0", "w1", "w2"), at(3), at(3))
    assert choose_drawn_exam(weeks(3), True).basis == "holdout"
    assert choose_drawn_exam(weeks(3), True, recipe_changed=True).basis == "holdout"
    unknown = choose_drawn_exam(weeks(3), False)
    assert (unknown.basis, unknown.periods, unknown.start, unknown.cut) == ("too few rows", (), None, at(3))
    assert "so the shadow decides" in unknown.sentence
    assert choose_drawn_exam(weeks(3), False, recipe_changed=True).basis == "recipes"
    with pytest.raises(TooLittleHistory, match="ripe periods == 0"):
        choose_drawn_exam([], None)


def test_too_few_unseen_rows_compare_recipes_or_leave_it_to_the_shadow() -> None:
    recipes = choose_exam(at(20), weeks(20), at(20), 2, recipe_changed=True)
    assert (recipes.basis, recipes.periods, recipes.cut) == ("recipes", ("w18", "w19"), at(18))
    nothing = choose_exam(at(20), weeks(20), at(20), 2)
    assert (nothing.basis, nothing.periods, nothing.cut) == ("too few rows", (), at(20))
    assert "0 of the last 2 ripe periods are later, must be >= 1; so the shadow decides" in nothing.sentence
    assert choose_exam(at(20), weeks(20), at(19), 2, min_periods=2).basis == "too few rows"


def test_a_first_model_is_examined_alone() -> None:
    exam = choose_exam(at(20), weeks(8), None, 2)
    assert (exam.basis, exam.periods, exam.cut) == ("alone", ("w6", "w7"), at(6))


@pytest.mark.parametrize(("count", "seen"), [(3, None), (1, at(1)), (0, None)])
def test_too_little_history_says_how_much_is_needed(count: int, seen: datetime | None) -> None:
    with pytest.raises(TooLittleHistory, match=f"ripe periods == {count}, must be >= "):
        choose_exam(at(20), weeks(count), seen, 2)


def test_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"ripe_periods == \['w4'\], must end by as_of"):
        choose_exam(at(4), weeks(5), None, 2)
    with pytest.raises(ValueError, match="min_periods == 3, must be >= 1 and <= holdout_periods == 2"):
        choose_exam(at(9), weeks(5), None, 2, 3)


@given(count=st.integers(4, 30), seen=st.none() | st.integers(0, 30), holdout=st.integers(1, 6), changed=st.booleans())
def test_no_examined_row_was_seen_and_enough_stays_to_train_on(
    count: int, seen: int | None, holdout: int, changed: bool
) -> None:
    until = None if seen is None else at(min(seen, count))
    try:
        exam = choose_exam(at(count), weeks(count), until, holdout, recipe_changed=changed)
    except TooLittleHistory:
        assert count < holdout + 2
        return
    spans = {key: (start, end) for key, start, end in weeks(count)}
    assert all(spans[key][0] >= exam.cut for key in exam.periods)
    assert sum(end <= exam.cut for _, end in spans.values()) >= 2
    if exam.basis == "holdout" and until is not None:
        assert exam.start is not None
        assert exam.start >= until
    assert (exam.basis == "alone") == (until is None)


def test_looks_count_the_exams_that_shared_a_period() -> None:
    first, second = choose_exam(at(20), weeks(20), at(1), 2), choose_exam(at(21), weeks(21), at(1), 2)
    later = choose_exam(at(25), weeks(25), at(1), 2)
    nothing = choose_exam(at(20), weeks(20), at(20), 2)
    assert looks_at(second.periods, [first.periods, nothing.periods]) == 2
    assert looks_at(later.periods, [first.periods, second.periods]) == 1


def test_a_champion_trained_until_last_week_does_not_beat_good_candidates_on_its_own_rows() -> None:
    """A model that knows its training rows by heart: judged on them it beats ten candidates of ten."""
    gate = AgainstChampion(metric="auc", not_worse_by=0.01)
    naive, honest = [], []
    for seed in range(10):
        labels, candidate, by_heart, days = _last_two_weeks(seed)
        seen = measure(
            "d", labels, candidate, by_heart, days, basis="holdout", start=at(18), end=at(20), metrics=["auc"]
        )
        naive.append(judge([gate], seen, at(20)).verdict)
        exam = choose_exam(at(20), weeks(20), at(20), 2)
        assert exam.basis == "too few rows"
        honest.append(judge([gate], cannot_measure("d", exam.sentence), at(20)).verdict)
    assert naive == ["failed"] * 10
    assert honest == ["cannot judge"] * 10


def _last_two_weeks(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.normal(size=1400)
    labels = (truth + random.normal(size=1400) > 1).astype(float)
    return labels, truth, truth + 2 * labels, np.repeat(np.arange(14), 100)
