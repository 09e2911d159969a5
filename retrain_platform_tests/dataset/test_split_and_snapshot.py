from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.snapshot import DatasetSnapshot, NoRows, content_fingerprint, describe, report_periods
from retrain_platform.dataset.split import time_split, with_columns, with_rows

START = datetime(2013, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def rows(days: int = 10) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "_event_time": pd.to_datetime([day(number) for number in range(days)]),
            "_entity": [f"N{number}" for number in range(days)],
            "_label": [float(number % 2) for number in range(days)],
            "carrier": (["UA", None] * days)[:days],
            "distance": range(100, 100 + days),
            "arr_delay": range(days),
        }
    )


def described(frame: pd.DataFrame, **more: Any) -> DatasetSnapshot:
    options: dict[str, Any] = {
        "model": "flights", "decision_id": "d1", "as_of": day(12), "periods": ["2013-01-01"],
        "tables": {"flights/events": 3}, "features": ["carrier", "distance"], "label": "late", "task": "binary",
        "seed": 7, "valid_from": day(6), "holdout_from": day(8), "basis": "holdout",
    }  # fmt: skip
    return describe(frame, **{**options, **more})


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 12), st.floats(0, 12), st.floats(0, 2))
def test_no_row_is_lost_doubled_or_out_of_time(first: float, second: float, gap: float) -> None:
    cut_valid, cut_holdout = day(min(first, second)), day(max(first, second))
    frame = rows()
    split = time_split(frame, cut_valid, cut_holdout, embargo=timedelta(days=gap))
    together = pd.concat([split.train, split.valid, split.holdout])
    assert len(together) + split.embargoed == len(frame)
    assert together.index.is_unique
    assert (split.train["_event_time"] < cut_valid - timedelta(days=gap) + timedelta(microseconds=1)).all()
    assert (split.valid["_event_time"] >= cut_valid).all()
    assert (split.valid["_event_time"] < cut_holdout).all()
    assert (split.holdout["_event_time"] >= cut_holdout).all()


def test_a_row_at_a_cut_belongs_to_the_later_part() -> None:
    split = time_split(rows(), day(6), day(8))
    assert [len(part) for part in (split.train, split.valid, split.holdout)] == [6, 2, 2]
    assert split.embargoed == 0


def test_equal_cuts_leave_no_valid_part_and_wrong_ones_are_refused() -> None:
    assert len(time_split(rows(), day(6), day(6)).valid) == 0
    with pytest.raises(ValueError, match="must not be later than cut_holdout"):
        time_split(rows(), day(7), day(6))
    with pytest.raises(ValueError, match="embargo == -1 day"):
        time_split(rows(), day(6), day(7), embargo=timedelta(days=-1))


def test_the_fingerprint_is_of_columns_values_and_order() -> None:
    frame = rows()
    same = content_fingerprint(frame)
    assert content_fingerprint(frame.set_axis(range(50, 60), axis=0)) == same
    assert content_fingerprint(frame.iloc[::-1]) != same
    assert content_fingerprint(frame.rename(columns={"carrier": "airline"})) != same
    assert content_fingerprint(frame[[*frame.columns[1:], frame.columns[0]]]) != same
    assert content_fingerprint(frame.assign(distance=frame["distance"].where(frame["distance"] != 105, 0))) != same


def test_the_fingerprint_is_the_same_for_the_same_moments_and_missing_values() -> None:
    frame = rows()
    as_read_back = frame.assign(
        _event_time=frame["_event_time"].dt.as_unit("us").dt.tz_convert("America/New_York"),
        carrier=frame["carrier"].where(frame["carrier"].notna(), float("nan")),
    )
    assert content_fingerprint(as_read_back) == content_fingerprint(frame)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.sampled_from(["_label", "distance"]))
def test_any_changed_cell_changes_the_fingerprint(row: int, column: str) -> None:
    changed = rows()
    changed.loc[row, column] += 1
    assert content_fingerprint(changed) != content_fingerprint(rows())


def test_a_snapshot_describes_each_part() -> None:
    made = described(rows())
    assert {name: part.rows for name, part in made.parts.items()} == {"train": 6, "valid": 2, "holdout": 2}
    train = made.parts["train"]
    assert (train.first, train.last) == (day(0), day(5))
    assert train.classes == {"0": 3, "1": 3}
    assert train.columns["carrier"].missing == 0.5
    assert train.columns["carrier"].distinct == 1
    assert (train.columns["distance"].low, train.columns["distance"].high) == (100, 105)
    assert train.columns["distance"].mean == pytest.approx(102.5)
    assert made.newest == day(9)
    assert made.rows == 10
    assert DatasetSnapshot.model_validate_json(made.model_dump_json()) == made


def test_a_snapshot_s_tables_are_for_people() -> None:
    made = described(rows())
    assert [row["part"] for row in made.part_rows()] == ["train", "valid", "holdout"]
    assert made.part_rows()[0]["label 1"] == 3
    assert [row["column"] for row in made.column_rows()] == ["carrier", "distance"]
    assert made.column_rows()[0]["missing in holdout"] == 0.5


def test_a_snapshot_is_named_by_what_is_learned_from_and_nothing_else() -> None:
    assert described(rows().assign(arr_delay=0)).id == described(rows()).id
    assert described(rows().assign(distance=0)).id != described(rows()).id
    assert described(rows(), decision_id="d2").id == described(rows()).id


def test_a_regression_label_has_a_range_and_no_classes() -> None:
    made = described(rows().assign(_label=np.linspace(-5, 40, 10)), task="regression")
    assert made.parts["train"].classes == {}
    assert made.parts["train"].label.low == -5


def test_an_empty_part_is_described_and_an_empty_dataset_refused() -> None:
    made = described(rows(), valid_from=day(8))
    assert made.parts["valid"].rows == 0
    assert made.parts["valid"].first is None
    assert DatasetSnapshot.model_validate_json(made.model_dump_json()) == made
    with pytest.raises(NoRows, match="rows == 0 for decision d1"):
        described(rows(0))


def test_periods_are_described_one_by_one_with_the_part_they_belong_to() -> None:
    frame = rows().drop(index=[4, 5])
    made = described(frame)
    starts = {f"p{number}": day(2 * number) for number in range(5)}
    found = [(each.period, each.part, each.rows, each.label) for each in report_periods(frame, made, starts)]
    assert found == [
        ("p0", "train", 2, 0.5),
        ("p1", "train", 2, 0.5),
        ("p2", "train", 0, None),
        ("p3", "valid", 2, 0.5),
        ("p4", "holdout", 2, 0.5),
    ]


def test_missing_values_are_counted_over_all_parts_and_what_misses_none_is_left_out() -> None:
    assert described(rows()).missing() == {"carrier": 0.5}
    assert described(rows().assign(carrier="UA")).missing() == {}


def test_rows_in_any_order_fall_into_the_same_parts() -> None:
    frame = rows()
    shuffled = frame.sample(frac=1, random_state=3)
    for gap in (timedelta(0), timedelta(days=1), timedelta(days=4)):
        one, other = (time_split(each, day(6), day(8), embargo=gap) for each in (frame, shuffled))
        for part in ("train", "valid", "holdout"):
            pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part).sort_index())
        assert one.embargoed == other.embargoed
    assert np.shares_memory(time_split(frame, day(6), day(8)).train["distance"], frame["distance"])


def test_categoricals_are_the_same_content_as_their_texts() -> None:
    frame = rows()
    coded = frame.assign(carrier=frame["carrier"].astype("category").cat.add_categories(["unused"]))
    assert content_fingerprint(coded) == content_fingerprint(frame)
    assert described(coded).parts == described(frame).parts


def test_columns_are_taken_without_a_copy_and_rows_numbered_anew() -> None:
    frame = rows()
    taken = with_columns(frame, ["distance", "carrier"])
    pd.testing.assert_frame_equal(taken, frame[["distance", "carrier"]])
    assert np.shares_memory(taken["distance"], frame["distance"])
    kept = frame["distance"].to_numpy() > 103
    pd.testing.assert_frame_equal(with_rows(frame.copy(), kept), frame[kept].reset_index(drop=True))
    pd.testing.assert_frame_equal(with_rows(frame.iloc[2:], np.ones(8, bool)), frame.iloc[2:].reset_index(drop=True))
    assert len(with_rows(frame.copy(), np.zeros(10, bool))) == 0
