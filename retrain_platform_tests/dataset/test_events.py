from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.events import INTERNAL, Arranged, BadEvents, arrange, known
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import Python

CALENDAR = Calendar(every="week", start=date(2013, 1, 1), timezone="America/New_York")
WEEK = CALENDAR.at(0)
SOURCE = Python(call="a:b", event_time="at", entity="tail")
LABEL = LabelSpec(column="late", delay=timedelta(days=2))


def rows(**columns: object) -> pd.DataFrame:
    base = {
        "at": ["2013-01-03 08:00", "2013-01-02 09:00", "2013-01-02 09:00"],
        "tail": ["N2", "N9", "N1"],
        "carrier": ["UA", "AA", "DL"],
        "late": [1.0, 0.0, np.nan],
    }
    return pd.DataFrame({**base, **columns})


def arranged(frame: pd.DataFrame, **more: object) -> Arranged:
    options = {"source": SOURCE, "label": LABEL, "calendar": CALENDAR, "period": WEEK, **more}
    return arrange(frame, **options)  # type: ignore[arg-type]


def problems(frame: pd.DataFrame, **more: object) -> tuple[str, ...]:
    with pytest.raises(BadEvents) as caught:
        arranged(frame, **more)
    return caught.value.problems


def test_rows_come_out_in_order_with_the_four_columns_beside_their_own() -> None:
    frame = arranged(rows()).frame
    assert list(frame.columns) == ["at", "tail", "carrier", "late", "_event_time", "_entity", "_label", "_arrived"]
    assert set(INTERNAL) <= set(frame.columns)
    assert frame["_entity"].tolist() == ["N1", "N9", "N2"]
    assert frame["_event_time"].iloc[0] == pd.Timestamp("2013-01-02 14:00", tz="UTC")
    np.testing.assert_array_equal(frame["_label"], [np.nan, 0.0, 1.0])
    assert frame["_arrived"].iloc[1] == pd.Timestamp("2013-01-04 14:00", tz="UTC")
    assert frame["_arrived"].isna().tolist() == [True, False, False]


def test_the_period_is_half_open_on_its_own_calendar() -> None:
    at = ["2013-01-01 00:00", "2012-12-31 23:59", "2013-01-08 00:00", None]
    result = arranged(rows(at=[*at], tail=list("abcd"), carrier=list("abcd"), late=[0.0] * 4))
    assert result.frame["_entity"].tolist() == ["a"]
    assert (result.rows, result.outside, result.undated) == (1, 2, 1)


def test_rows_alike_in_every_column_are_one_and_counted() -> None:
    twice = pd.concat([rows(), rows().iloc[[1, 2]]])
    result = arranged(twice)
    assert (result.rows, result.duplicates) == (3, 2)
    pd.testing.assert_frame_equal(result.frame, arranged(rows()).frame)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_in_which_rows_come_does_not_matter(order: list[int]) -> None:
    frame = pd.DataFrame(
        {
            "at": ["2013-01-02 09:00"] * 6 + ["2013-01-03"] * 2,
            "tail": ["N1"] * 4 + ["N2"] * 4,
            "carrier": list("ABCDEFGH"),
            "late": [0.0, 1.0] * 4,
        }
    )
    pd.testing.assert_frame_equal(arranged(frame.iloc[order]).frame, arranged(frame).frame)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([np.nan, 0.0, 1.0, 37.5]), min_size=6, max_size=6))
def test_rows_keep_their_places_when_labels_arrive(labels: list[float]) -> None:
    def frame(late: list[float]) -> pd.DataFrame:
        return pd.DataFrame(
            {"at": ["2013-01-02"] * 6, "tail": ["N1"] * 6, "seat": range(6), "late": late, "arr_delay": late}
        )

    before = arranged(frame([np.nan] * 6), changing=["arr_*"]).frame
    after = arranged(frame(labels), changing=["arr_*"]).frame
    assert before["seat"].tolist() == after["seat"].tolist()


def test_history_takes_the_label_delay_as_arrival() -> None:
    for loaded_at in (None, WEEK.end + timedelta(days=2)):
        result = arranged(rows(), loaded_at=loaded_at)
        assert result.arrival == "history"
        assert (result.frame["_arrived"] - result.frame["_event_time"]).dropna().unique() == [pd.Timedelta(days=2)]


def test_live_labels_arrive_no_earlier_than_they_were_read() -> None:
    loaded_at = datetime(2013, 1, 5, 1, tzinfo=UTC)
    result = arranged(rows(), loaded_at=loaded_at)
    assert result.arrival == "live"
    assert result.frame["_arrived"].tolist()[1:] == [
        pd.Timestamp(loaded_at),  # the label of 2 January could have been there before, but was not seen
        pd.Timestamp("2013-01-05 13:00", tz="UTC"),
    ]


def test_a_column_of_arrival_times_is_believed() -> None:
    label = LabelSpec(column="late", arrival="landed")
    frame = rows(landed=["2013-01-09 08:00", "2013-01-02 19:00", None])
    result = arranged(frame, label=label)
    assert result.arrival == "column"
    assert result.frame["_arrived"].tolist()[1:] == [
        pd.Timestamp("2013-01-03 00:00", tz="UTC"),
        pd.Timestamp("2013-01-09 13:00", tz="UTC"),
    ]


def test_a_label_is_known_from_the_moment_of_its_arrival() -> None:
    frame = arranged(rows()).frame
    moment = frame["_arrived"].iloc[1]
    assert known(frame, moment - timedelta(seconds=1))["_label"].notna().sum() == 0
    seen = known(frame, moment)
    assert seen["_label"].tolist()[1] == 0.0
    assert np.isnan(seen["_label"].iloc[2])
    assert seen["_arrived"].isna().tolist() == seen["_label"].isna().tolist()
    assert frame["_label"].notna().sum() == 2  # what was given is left alone


@pytest.mark.parametrize(
    "late",
    [[True, False, None], [1, 0, None], ["1", "0", None], pd.array([1, 0, None], dtype="Int64"), [1.0, 0.0, np.nan]],
)
def test_labels_are_numbers_however_they_are_written(late: object) -> None:
    np.testing.assert_array_equal(arranged(rows(late=late)).frame["_label"], [np.nan, 0.0, 1.0])


def test_no_rows_give_an_empty_frame_with_the_columns() -> None:
    for empty in (rows().iloc[:0], pd.DataFrame()):
        result = arranged(empty)
        assert (result.rows, len(result.frame)) == (0, 0)
        assert set(INTERNAL) <= set(result.frame.columns)
        assert str(result.frame["_event_time"].dtype) == "datetime64[ns, UTC]"


def test_every_problem_of_a_frame_is_told_at_once() -> None:
    frame = rows(at=["2013-01-01T00:00Z", "2013-01-02", "2013-01-03"], _label=0).drop(columns="tail")
    assert problems(frame) == (
        "column '_label' is the platform's own: rename the source's",
        "source.entity == 'tail', must be a column of the source, which has at, carrier, late",
        "at == '2013-01-02' has no zone while '2013-01-01T00:00Z' has one: write the whole column one way",
    )


def test_missing_columns_are_named_by_the_field_that_asks_for_them() -> None:
    found = problems(rows().drop(columns=["at", "tail"]))
    assert [text.split(",")[0] for text in found] == ["source.event_time == 'at'", "source.entity == 'tail'"]


LANDED = LabelSpec(column="late", arrival="landed")


@pytest.mark.parametrize(
    ("frame", "label", "task", "said"),
    [
        (rows(late=["yes", "no", None]), LABEL, "regression", ("late == 'yes', must be a finite number, true",)),
        (rows(late=[np.inf, 0, 1]), LABEL, "regression", ("late == inf, must be a finite number",)),
        (rows(late=[0, 1, 2]), LABEL, "binary", ("late == 2, must be 0 or 1, true or false, or missing",)),
        (rows(late=[0, -1, 2]), LABEL, "ranking", ("late == -1, must be a finite number of at least 0, true or",)),
        (rows().drop(columns="late"), LABEL, "regression", ("label.column == 'late', must be a column of the source",)),
        (
            rows().drop(columns="late"),
            LANDED,
            "regression",
            ("label.column == 'late', must be a column", "label.arrival == 'landed', must be a column"),
        ),
        (rows(landed=["2013-01-09", None, None]), LANDED, "regression", ("landed is missing for 1 labelled rows",)),
        (rows(landed=["soon", None, None]), LANDED, "regression", ("landed == 'soon', must be a time",)),
    ],
)
def test_rows_whose_labels_cannot_be_read_come_without_them_and_the_reason(
    frame: pd.DataFrame, label: LabelSpec, task: str, said: tuple[str, ...]
) -> None:
    result = arranged(frame, label=label, task=task)
    assert len(result.unlabelled) == len(said)
    assert all(begins in text for begins, text in zip(said, result.unlabelled, strict=True))
    assert result.rows == 3
    assert result.frame[["_label", "_arrived"]].isna().all(axis=None)
    assert str(result.frame["_arrived"].dtype) == "datetime64[ns, UTC]"
    assert not {"late", "landed"} & set(result.frame.columns)


def test_a_label_of_another_period_that_cannot_be_read_does_not_matter() -> None:
    """One such cell makes a CSV file's whole column one of texts: the label is kept as numbers all the same."""
    frame = rows(at=["2013-01-03", "2013-01-02", "2013-02-02"], late=["1", "0.0", "yes"])
    result = arranged(frame)
    assert result.unlabelled == ()
    assert result.frame["late"].tolist() == result.frame["_label"].tolist() == [0.0, 1.0]
    assert str(result.frame["late"].dtype) == "float64"
