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


def test_the_tenths_of_numbers_are_their_percentiles_and_few_numbers_have_none() -> None:
    numbers = np.append(np.arange(101.0), [np.nan, np.inf])
    shape = shape_of(
        pd.DataFrame({"x": numbers, "whole": np.arange(0, 206, 2), "text": ["a"] * 103, "few": [1.0] + [np.nan] * 102})
    )
    tenths = {name: column.tenths for name, column in shape.columns.items()}
    assert tenths["x"] == pytest.approx((10, 50, 90))
    assert tenths["whole"] == pytest.approx((20.4, 102, 183.6))
    assert (tenths["text"], tenths["few"]) == (None, None)


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


def test_rows_are_measured_against_the_median_of_periods_that_have_any() -> None:
    empty = shape_of(pd.DataFrame(TABLE).iloc[:0])
    assert unsound(shape(2), [*USUAL, empty, empty, empty]) == []
    assert unsound(shape(1), USUAL) == ["4 rows, under 20% of the usual 40"]
    assert unsound(shape(1), USUAL, min_rows_share=0.05) == []


def test_a_double_load_is_noticed() -> None:
    assert unsound(shape(10), USUAL, duplicates=2) == []
    assert unsound(shape(10), USUAL, duplicates=40) == ["50.0% of the rows were duplicates, at most 5% are ordinary"]
