from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.ripeness import PeriodCount, ripe

START = datetime(2013, 1, 1, tzinfo=UTC)
LABEL = LabelSpec.model_validate({"column": "late", "delay": "2d"})


def week(number: int, labelled: int, rows: int = 1000) -> PeriodCount:
    start = START + timedelta(weeks=number)
    return PeriodCount(period=f"w{number}", start=start, end=start + timedelta(weeks=1), rows=rows, labelled=labelled)


def asked(*counts: PeriodCount, age: timedelta, label: LabelSpec = LABEL) -> list[bool]:
    return [answer.ripe for answer in ripe(counts, counts[-1].end + age, label)]


def test_whatever_arrived_is_enough_at_seven_delays_unless_said() -> None:
    assert LABEL.patience == timedelta(days=14)
    assert LabelSpec.model_validate({"column": "late", "delay": "2d", "ripe_by": "3d"}).patience == timedelta(days=3)


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"delay": "2d", "ripe_by": "1d"}, "ripe_by == 1d, must be at least delay == 2d"),
        ({"arrival": "late"}, "another column than the label"),
        ({"ripe_at": 1.5}, "less than or equal to 1"),
        ({"delay": "soon"}, "whole number and h, d or w"),
    ],
)
def test_a_label_that_cannot_be_is_refused(fields: dict[str, object], cure: str) -> None:
    with pytest.raises(ValidationError, match=cure):
        LabelSpec.model_validate({"column": "late", **fields})


def test_a_period_younger_than_the_delay_is_not_ripe_however_full() -> None:
    (answer,) = ripe([week(0, 1000)], week(0, 0).end + timedelta(hours=47), LABEL)
    assert not answer.ripe
    assert answer.why == "is 47h old, its labels take 2d"


def test_the_first_period_is_asked_for_almost_all_of_its_labels() -> None:
    assert asked(week(0, 949), age=timedelta(days=2)) == [False]
    assert asked(week(0, 950), age=timedelta(days=2)) == [True]


def test_the_others_are_asked_for_what_the_ripe_ones_before_had() -> None:
    usual = [week(0, 970), week(1, 960), week(2, 980)]  # median .97: .9215 is asked for
    assert asked(*usual, week(3, 922), age=timedelta(days=2)) == [True] * 4
    assert asked(*usual, week(3, 921), age=timedelta(days=2)) == [True] * 3 + [False]


def test_labels_that_never_come_are_not_waited_for_for_ever() -> None:
    (young,) = ripe([week(0, 300)], week(0, 0).end + timedelta(days=13), LABEL)
    (old,) = ripe([week(0, 300)], week(0, 0).end + timedelta(days=14), LABEL)
    assert (young.ripe, young.forced) == (False, False)
    assert "30.0% of its rows have a label, 95.0% are waited for" in young.why
    assert (old.ripe, old.forced) == (True, True)
    # From then on that is the usual coverage.
    assert asked(week(0, 300), week(2, 290), age=timedelta(days=2)) == [True, True]


def test_a_period_without_rows_is_never_ripe() -> None:
    (answer,) = ripe([week(0, 0, rows=0)], START + timedelta(days=900), LABEL)
    assert (answer.ripe, answer.coverage, answer.why) == (False, None, "has no rows")


def test_labels_without_delay_are_ripe_at_once() -> None:
    assert asked(week(0, 10), age=timedelta(0), label=LabelSpec(column="late")) == [True]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(0, 60), st.integers(0, 60))
def test_what_is_ripe_stays_ripe_and_later_periods_change_nothing_before(
    labelled: list[int], days: int, more: int
) -> None:
    counts = [week(number, count) for number, count in enumerate(labelled)]
    as_of = counts[0].end + timedelta(days=days)
    together = ripe(counts, as_of, LABEL)
    assert [answer.count for answer in together] == counts
    assert ripe(counts[:-1], as_of, LABEL) == together[:-1]
    first, later = together[0], ripe(counts, as_of + timedelta(days=more), LABEL)[0]
    assert later.ripe or not first.ripe


def test_what_is_broken_or_was_given_up_without_a_label_says_nothing_of_the_usual() -> None:
    usual, old = [week(0, 1000)], LABEL.patience
    given_up, broken = week(1, 0), week(2, 100).model_copy(update={"sound": False})
    answers = ripe([*usual, given_up, broken, week(3, 900)], broken.end + old, LABEL)
    assert [answer.forced for answer in answers[:3]] == [False, True, True]
    assert answers[3].usual == 1.0
