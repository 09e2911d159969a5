import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.soundness import Shape, kind_of, kinds_of, shape_of, unsound

TABLE = {
    "distance": [1, 2, 3, 4],
    "temp": [1.5, np.nan, 2.5, 3.5],
    "carrier": ["UA", "AA", None, "UA"],
    "at": pd.to_datetime(["2013-01-01"] * 4),
}


def shape(rows: int = 1, **columns: object) -> Shape:
    table = {name: column for name, column in {**TABLE, **columns}.items() if column is not None}
    return shape_of(pd.concat([pd.DataFrame(table)] * rows))


USUAL = [shape(10), shape(11), shape(9)]


def test_a_shape_names_kind_and_missing_share_of_the_source_s_own_columns() -> None:
    found = shape_of(pd.DataFrame({**TABLE, "_label": [0.0] * 4}))
    assert found.rows == 4
    assert {name: (column.kind, column.missing) for name, column in found.columns.items()} == {
        "distance": ("integer", 0.0),
        "temp": ("numeric", 0.25),
        "carrier": ("category", 0.25),
        "at": ("time", 0.0),
    }


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], "bool"),
        (pd.Series([1, None], dtype="Int64"), "integer"),
        ([1, None], "numeric"),
        (pd.Series(["a"], dtype="category"), "category"),
        (pd.Series([None, None], dtype=object), "category"),
        ([pd.Timestamp("2013-01-01", tz="UTC"), None], "time"),
        ([1, "a"], "category"),
    ],
)
def test_kinds(values: object, kind: str) -> None:
    assert kind_of(pd.Series(values)) == kind
    assert kinds_of(pd.DataFrame({"x": values})) == {"x": kind}


def test_a_period_like_the_others_is_sound_and_so_is_the_first() -> None:
    assert unsound(shape(10), USUAL) == []
    assert unsound(shape(10), []) == []


def test_no_rows_is_all_there_is_to_say() -> None:
    assert unsound(shape_of(pd.DataFrame(TABLE).iloc[:0]), USUAL) == ["has no rows"]


def test_a_vanished_a_changed_and_an_emptied_column_are_told_together() -> None:
    now = shape(10, carrier=None, distance=["far", "near", "far", "near"], temp=[np.nan] * 4)
    assert unsound(now, USUAL) == [
        "column 'distance' changed from numbers to texts",
        "column 'temp' turned all null",
        "column 'carrier' vanished",
    ]


def test_a_whole_number_beside_a_missing_one_is_no_change_of_type() -> None:
    assert unsound(shape(10, distance=[1, np.nan, 3, 4]), USUAL) == []


def test_columns_that_are_filled_later_may_be_empty_but_not_vanish() -> None:
    labelled = [shape(10, late=[1.0, 0, 0, 1]), shape(10, late=[1.0, 0, 0, 1])]
    assert unsound(shape(10, late=[np.nan] * 4), labelled, filled_later=["la*"]) == []
    assert unsound(shape(10, late=[np.nan] * 4), labelled) == ["column 'late' turned all null"]
    assert unsound(shape(10), labelled, filled_later=["la*"]) == ["column 'late' vanished"]


def test_of_a_column_that_is_told_elsewhere_nothing_is_said() -> None:
    assert unsound(shape(10, carrier=None, temp=None), USUAL, told=["carrier"]) == ["column 'temp' vanished"]


def test_a_new_column_and_one_that_was_always_empty_are_sound() -> None:
    assert unsound(shape(10, gate=["A", "B", "C", "D"]), USUAL) == []
    empty = [shape(10, gate=[None] * 4)] * 3
    assert unsound(shape(10, gate=[1.0, 2.0, 3.0, 4.0]), empty) == []


def test_rows_are_measured_against_the_median_of_periods_that_have_any() -> None:
    empty = shape_of(pd.DataFrame(TABLE).iloc[:0])
    assert unsound(shape(2), [*USUAL, empty, empty, empty]) == []
    assert unsound(shape(1), USUAL) == ["4 rows, under 20% of the usual 40"]
    assert unsound(shape(1), USUAL, min_rows_share=0.05) == []


def test_a_double_load_is_noticed() -> None:
    assert unsound(shape(10), USUAL, duplicates=2) == []
    assert unsound(shape(10), USUAL, duplicates=40) == ["50.0% of the rows were duplicates, at most 5% are ordinary"]
