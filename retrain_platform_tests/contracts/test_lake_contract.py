"""What every lake does, run on the memory fake and on Delta Lake."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.stores import Lake, TypeChanged, UnknownColumn, UnknownTable, UnknownTableVersion

T = "flight_delay/events"


def frame(rows: int = 5, start: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": np.arange(start, start + rows) + 0.5,
            "count": np.arange(start, start + rows)[::-1],
            "carrier": [f"c{i % 3}" for i in range(rows)],
            "late": np.arange(rows) % 2 == 0,
            "at": pd.Timestamp("2013-03-10T06:59:59.123456", tz="UTC") + pd.to_timedelta(np.arange(rows), unit="h"),
            "local": pd.Timestamp("2013-03-10T02:30:00") + pd.to_timedelta(np.arange(rows), unit="h"),
        }
    )


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right.reset_index(drop=True))


def test_rows_come_back_as_they_went_in(lake: Lake) -> None:
    lake.replace(T, "2013-03-10", frame())
    back = lake.read(T, ["2013-03-10"])
    same(back, frame())
    assert list(back.columns) == list(frame().columns), "nothing of the lake's own is to be seen"


def test_row_order_is_kept(lake: Lake) -> None:
    shuffled = frame(5000).sample(frac=1, random_state=1)
    lake.replace(T, "a", shuffled)
    same(lake.read(T, ["a"]), shuffled)


def test_periods_are_read_in_the_order_asked_for(lake: Lake) -> None:
    for position, period in enumerate(["b", "a", "c"]):
        lake.replace(T, period, frame(2, position * 10))
    assert lake.periods(T) == ["a", "b", "c"]
    assert lake.read(T, ["c", "missing", "b"])["count"].tolist() == [21, 20, 1, 0]


def test_a_replace_takes_the_place_of_one_period_only(lake: Lake) -> None:
    lake.replace(T, "a", frame(4))
    lake.replace(T, "b", frame(3))
    lake.replace(T, "a", frame(2, 7))
    same(lake.read(T, ["a"]), frame(2, 7))
    same(lake.read(T, ["b"]), frame(3))


def test_the_same_content_again_changes_nothing(lake: Lake) -> None:
    lake.replace(T, "a", frame())
    version = lake.replace(T, "b", frame())
    again = lake.replace(T, "b", frame().copy().set_index(pd.RangeIndex(5, 10)))
    assert again == version == lake.version(T)
    assert lake.replace(T, "a", frame().iloc[::-1]) != version, "another order is another content"


def test_content_that_returns_is_a_new_version(lake: Lake) -> None:
    versions = [lake.replace(T, "a", frame(n)) for n in (3, 4, 3)]
    assert len(set(versions)) == 3
    same(lake.read(T, ["a"]), frame(3))


def test_an_old_version_is_still_read(lake: Lake) -> None:
    first = lake.replace(T, "a", frame(3))
    lake.replace(T, "b", frame(1))
    lake.replace(T, "a", frame(2, 50).assign(extra=1.0))
    same(lake.read(T, ["a", "b"], version=first), frame(3))


def test_a_never_written_table(lake: Lake) -> None:
    assert lake.version(T) is None
    assert lake.periods(T) == []
    with pytest.raises(UnknownTable, match=f"table == '{T}'"):
        lake.read(T, ["a"])


def test_unknown_version_and_column_name_the_known(lake: Lake) -> None:
    newest = lake.replace(T, "a", frame())
    with pytest.raises(UnknownTableVersion, match=f"version == 99 of table '{T}', must be 0 to {newest}"):
        lake.read(T, ["a"], version=99)
    with pytest.raises(UnknownColumn, match=r"columns == \['nope'\].*'carrier'"):
        lake.read(T, ["a"], columns=["carrier", "nope"])


def test_columns_are_chosen_in_the_order_asked_for(lake: Lake) -> None:
    lake.replace(T, "a", frame())
    same(lake.read(T, ["a"], columns=["late", "number"]), frame()[["late", "number"]])


def test_periods_without_rows_give_an_empty_typed_frame(lake: Lake) -> None:
    lake.replace(T, "a", frame())
    empty = lake.read(T, ["missing"])
    same(empty, frame(0).astype(frame().dtypes))


def test_an_empty_frame_empties_the_period(lake: Lake) -> None:
    lake.replace(T, "a", frame())
    lake.replace(T, "b", frame())
    version = lake.replace(T, "a", frame(0))
    assert lake.periods(T) == ["b"]
    assert lake.read(T, ["a"]).empty
    assert lake.replace(T, "a", frame(0)) == version


def test_an_empty_frame_as_the_first(lake: Lake) -> None:
    version = lake.replace(T, "a", frame(0))
    assert lake.version(T) == version == lake.replace(T, "a", frame(0))
    assert lake.read(T, ["a"]).empty
    lake.replace(T, "b", frame())
    same(lake.read(T, ["a", "b"]), frame())


def test_a_new_column_is_missing_before(lake: Lake) -> None:
    lake.replace(T, "a", frame(2))
    lake.replace(T, "b", frame(2).assign(gate=["g1", "g2"], delay=[1.5, 2.5]))
    both = lake.read(T, ["a", "b"])
    assert both["gate"].tolist() == [None, None, "g1", "g2"]
    assert both["delay"].isna().tolist() == [True, True, False, False]


def test_a_vanished_column_is_missing(lake: Lake) -> None:
    lake.replace(T, "a", frame(2))
    lake.replace(T, "b", frame(2).drop(columns=["number", "carrier"]))
    back = lake.read(T, ["b"])
    assert list(back.columns) == list(frame().columns)
    assert back["number"].isna().all()
    assert back["carrier"].tolist() == [None, None]


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_a_column_without_values_takes_its_type_from_the_first(lake: Lake, nothing: object) -> None:
    lake.replace(T, "a", frame(2).assign(shadow=nothing))
    assert lake.read(T, ["a"])["shadow"].isna().all()
    lake.replace(T, "b", frame(2).assign(shadow="v7"))
    lake.replace(T, "c", frame(2).assign(shadow=nothing))
    assert lake.read(T, ["a", "b", "c"])["shadow"].tolist() == [None, None, "v7", "v7", None, None]
    with pytest.raises(TypeChanged):
        lake.replace(T, "d", frame(2).assign(shadow=1.0))


def test_a_column_that_turned_all_null_keeps_its_type(lake: Lake) -> None:
    lake.replace(T, "a", frame(2))
    version = lake.replace(T, "b", frame(2).assign(number=None, carrier=np.nan, at=pd.NaT))
    assert lake.replace(T, "b", frame(2).assign(number=np.nan, carrier=None, at=None)) == version
    assert lake.read(T, ["b"]).dtypes.equals(frame().dtypes)


@pytest.mark.parametrize(
    ("column", "values", "got", "must"),
    [
        ("number", ["x", "y"], "string", "double"),
        ("carrier", [1, 2], "int64", "string"),
        ("late", [1, 0], "int64", "bool"),
        ("count", [1.5, 2.0], "double", "int64"),
        ("at", pd.to_datetime(["2013-01-01", "2013-01-02"]), r"timestamp\[us\]", r"timestamp\[us, tz=UTC\]"),
        ("at", ["2013-01-01", "2013-01-02"], "string", r"timestamp\[us, tz=UTC\]"),
    ],
)
def test_a_changed_type_names_table_column_and_both(
    lake: Lake, column: str, values: object, got: str, must: str
) -> None:
    version = lake.replace(T, "a", frame(2))
    with pytest.raises(TypeChanged, match=f"column '{column}' of table '{T}' has the type {got}, must be {must}"):
        lake.replace(T, "a", frame(2).assign(**{column: values}))
    assert lake.version(T) == version
    same(lake.read(T, ["a"]), frame(2))


def test_integers_that_pandas_made_floats_are_the_same_type(lake: Lake) -> None:
    lake.replace(T, "a", frame(3))
    lake.replace(T, "b", frame(3).assign(count=[1.0, np.nan, 3.0], number=[1, 2, 3]))
    back = lake.read(T, ["b"])
    assert back["count"].tolist()[::2] == [1.0, 3.0]
    assert back["count"].isna().tolist() == [False, True, False]
    assert back["number"].dtype == np.float64


def test_categoricals_large_texts_and_objects_come_back_plain(lake: Lake) -> None:
    given = pd.DataFrame(
        {
            "category": pd.Categorical(["b", None, "a"], categories=["a", "b", "unused"]),
            "text": pd.array(["x", None, "long " * 10_000], dtype="string"),
            "mixed": pd.Series([True, None, False], dtype=object),
            "day": [date(2013, 1, 1), None, date(2013, 1, 3)],
            "small": np.array([1, 2, 3], dtype=np.int8),
            "unsigned": np.array([1, 2, 255], dtype=np.uint8),
            "single": np.array([0.1, 0.2, 0.3], dtype=np.float32),
            "whole": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    lake.replace(T, "a", given)
    back = lake.read(T, ["a"])
    assert back["category"].tolist() == ["b", None, "a"]
    assert back["text"].tolist() == ["x", None, "long " * 10_000]
    assert back["mixed"].tolist() == [True, None, False]
    assert back["day"].tolist() == [date(2013, 1, 1), None, date(2013, 1, 3)]
    assert back["small"].dtype == np.int8
    assert back["unsigned"].tolist() == [1, 2, 255]
    assert back["single"].dtype == np.float32
    assert back["whole"].isna().tolist() == [False, True, False]


def test_zones_come_back_as_the_same_instant_in_utc(lake: Lake) -> None:
    times = pd.to_datetime(["2013-03-10T01:30", "2013-03-10T03:30"]).tz_localize("America/New_York")
    lake.replace(T, "a", pd.DataFrame({"at": times}))
    back = lake.read(T, ["a"])["at"]
    assert (back == times).all()
    assert str(back.dt.tz) == "UTC"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"x": [1, "a"]}), r"table == .*one type each.*column x"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), r"columns == \['x'\].*once"),
        (pd.DataFrame({"_row": [1]}), r"columns == \['_row'\]"),
        (pd.DataFrame({0: [1]}), r"columns == \[0\]"),
        (pd.DataFrame({"x": pd.to_timedelta([1], unit="h")}), r"column 'x' of table .*duration"),
    ],
)
def test_what_no_table_can_hold_is_refused(lake: Lake, given: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lake.replace(T, "a", given)
    assert lake.version(T) is None


def test_a_naive_time_column_may_come_later(lake: Lake) -> None:
    lake.replace(T, "a", pd.DataFrame({"x": [1]}))
    lake.replace(T, "b", pd.DataFrame({"x": [1], "local": pd.to_datetime(["2013-01-01"])}))
    assert lake.read(T, ["a", "b"])["local"].isna().tolist() == [True, False]


def test_keys_of_hours_are_periods_too(lake: Lake) -> None:
    for hour in ("2013-01-01-00:00", "2013-01-01-01:00"):
        lake.replace(T, hour, frame(2))
    assert lake.periods(T) == ["2013-01-01-00:00", "2013-01-01-01:00"]
    same(lake.read(T, ["2013-01-01-01:00"]), frame(2))


def test_the_version_that_stands_holds_what_replace_wrote(lake: Lake) -> None:
    versions = {n: lake.replace(T, "a", frame(n)) for n in range(1, 30)}
    for n in (1, 13, 22, 29):
        same(lake.read(T, ["a"], version=versions[n]), frame(n))


@pytest.mark.parametrize("columns", [None, ["carrier", "number"], ["carrier"], ["extra"]])
def test_texts_as_categoricals_are_the_same_rows(lake: Lake, columns: list[str] | None) -> None:
    lake.replace(T, "a", frame(4))
    lake.replace(T, "b", frame(3, 40).assign(carrier=["new", None, "c0"], extra=["x", None, "y"]))
    plain = lake.read(T, ["b", "a", "nowhere"], columns=columns)
    coded = lake.read(T, ["b", "a", "nowhere"], columns=columns, categories=True)
    texts = [name for name in plain if plain[name].dtype == object]
    assert len(plain) == 7
    assert texts
    assert [name for name in coded if isinstance(coded[name].dtype, pd.CategoricalDtype)] == texts
    same(coded.astype(dict.fromkeys(texts, object)).where(coded.notna(), None).astype(plain.dtypes), plain)
    assert len(lake.read(T, [], categories=True)) == 0
    same(lake.read(T, ["a", "b"]), lake.read(T, ["a", "b"]))
