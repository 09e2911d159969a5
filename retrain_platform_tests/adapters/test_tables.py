"""Tables as they lie about: files, folders, patterns, formats, and everything that can be wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from retrain_platform.adapters import table_files
from retrain_platform.adapters.tables import _NO_VALUE as NO_VALUE
from retrain_platform.adapters.tables import TableUnreadable, open_table
from retrain_platform.monitoring.one_pass import MOST_SEGMENTS
from retrain_platform.monitoring.table_drift import NothingToCompare, TableDrift, table_drift

FRAME = pd.DataFrame({"x": np.arange(100.0), "s": ["a", "b"] * 50})


def read(path: Path | str) -> pd.DataFrame:
    table = open_table(str(path))
    blocks = table.batches(list(table.types))
    return pa.concat_tables([pa.table({n: b.column(n) for n in b.schema.names}) for b in blocks]).to_pandas()


def types(path: Path) -> dict[str, str]:
    return {name: str(kind) for name, kind in open_table(str(path)).types.items()}


def drift(before: Path, now: Path, segment: str | None = None) -> TableDrift:
    return table_drift(open_table(str(before)), open_table(str(now)), segment=segment)


def csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.fixture
def days(tmp_path: Path) -> Path:
    folder = tmp_path / "days"
    (folder / "later").mkdir(parents=True)
    for place, name in enumerate(["0.parquet", "1.PARQUET", "later/2.pq"]):
        FRAME.iloc[place * 30 : place * 30 + 30].to_parquet(folder / name)
    (folder / "_SUCCESS").write_text("")
    return folder


def test_a_file_a_folder_and_a_pattern(days):
    assert read(days / "0.parquet").astype({"s": str}).to_dict("list") == FRAME.iloc[:30].to_dict("list")
    assert sorted(read(days)["x"]) == FRAME["x"][:90].tolist()
    assert len(read(days / "*.parquet")) == 30
    assert len(read(str(days / "**" / "*.p*q*"))) == 60


@pytest.fixture
def partitioned(tmp_path: Path) -> Path:
    folder = tmp_path / "partitioned"
    for place, name in enumerate(
        ["day=2013-01-01/hour=01", "day=2013%2F01/hour=12", f"day={NO_VALUE}/hour={NO_VALUE}"]
    ):
        (folder / name).mkdir(parents=True)
        FRAME.iloc[place * 30 : place * 30 + 30].to_parquet(folder / name / "part.parquet")
    return folder


def test_folders_that_name_a_value_are_columns(partitioned):
    frame = read(partitioned)
    assert types(partitioned) == {"x": "double", "s": types(partitioned)["s"], "day": "string", "hour": "int64"}
    by_day = frame.assign(day=frame["day"].astype(object).fillna("none")).groupby("day")
    assert by_day["x"].min().to_dict() == {"2013-01-01": 0, "2013/01": 30, "none": 60}
    assert frame.groupby("hour", dropna=False)["x"].count().tolist() == [30, 30, 30]
    assert frame["hour"].dropna().unique().tolist() in ([1, 12], [12, 1])
    assert len(read(str(partitioned / "day=2013-*" / "*" / "*.parquet"))["day"]) == 30
    only = open_table(str(partitioned))
    assert sum(block.num_rows for block in only.batches(["hour"])) == only.rows == 90


def test_folders_values_are_compared_and_split_by(partitioned):
    report = drift(partitioned, partitioned / "day=2013-01-01" / "hour=01")
    assert next(each for each in report.columns if each.name == "day").note.startswith("vanished")
    report = drift(partitioned, partitioned, segment="day")
    assert set(report.segments["day"]) == {"2013-01-01", "2013/01", "missing"}
    assert {each.kind for each in report.columns if each.name == "hour"} == {"integer"}
    assert {each.psi for each in report.columns} == {0.0}


def test_a_files_own_column_goes_before_its_folders(tmp_path):
    (tmp_path / "x=7").mkdir()
    FRAME.to_parquet(tmp_path / "x=7" / "part.parquet")
    assert read(tmp_path)["x"].tolist() == FRAME["x"].tolist()


def test_row_groups_read_by_column_and_by_batch_give_the_same_report(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    for side in ("before", "now"):
        x = draw.normal(size=20_000)
        frame = pd.DataFrame({"x": x, "n": draw.poisson(4, 20_000), "s": draw.choice(["a", "b", None], 20_000)})
        frame.loc[::7, "x"] = np.nan
        frame.to_parquet(tmp_path / f"{side}.parquet", row_group_size=3000)
    by_column = drift(tmp_path / "before.parquet", tmp_path / "now.parquet", segment="s")
    monkeypatch.setattr(table_files, "_COLUMNWISE", 0)
    monkeypatch.setattr(table_files, "_FIRST", 0)
    by_batch = drift(tmp_path / "before.parquet", tmp_path / "now.parquet", segment="s")
    assert {each.psi for each in by_column.columns} != {0.0}
    assert by_column == by_batch


def test_what_a_file_is_may_be_told_by_its_first_bytes(tmp_path):
    FRAME.to_parquet(tmp_path / "rows")
    assert len(read(tmp_path / "rows")) == 100


def test_rows_of_csv(tmp_path):
    quoted = read(csv(tmp_path, 'n,t,f\n1,"x, ""y""\nz",\n2,,0.5\n'))
    assert quoted["t"].tolist()[0] == 'x, "y"\nz'
    assert quoted["t"].isna().tolist() == [False, True]
    assert quoted["f"].isna().tolist() == [True, False]
    assert quoted["n"].tolist() == [1, 2]
    assert read(csv(tmp_path, "n,t\n7,x\n"))["n"].tolist() == [7]


@pytest.mark.parametrize("name", ["rows.tsv", "ROWS.TSV"])
def test_rows_of_tsv(tmp_path, name):
    assert read(csv(tmp_path, "n\tt\n1\tx,y\n", name)).to_dict("list") == {"n": [1], "t": ["x,y"]}


def test_types_that_the_first_megabytes_misjudged_are_widened(tmp_path):
    """The first block is 16 MiB."""
    path = csv(tmp_path, "a,b,c,d,e\n" + "1,1,,true,2020-01-01\n" * 810_000 + "2.5,x,7,maybe,soon\n")
    assert types(path) == {"a": "double", "b": "string", "c": "int64", "d": "string", "e": "string"}
    last = read(path).iloc[-1]
    assert (last["a"], last["b"], last["c"], last["d"], last["e"]) == (2.5, "x", 7, "maybe", "soon")


def test_a_delta_table_with_partitions(tmp_path):
    write_deltalake(str(tmp_path / "lake"), pa.table({**FRAME, "p": ["u"] * 50 + ["v"] * 50}), partition_by=["p"])
    assert sorted(read(tmp_path / "lake")["x"]) == FRAME["x"].tolist()
    found = drift(tmp_path / "lake", tmp_path / "lake", segment="p")
    assert set(found.segments["p"]) == {"u", "v"}
    assert {column.name: column.psi for column in found.columns} == {"x": 0, "s": 0, "p": 0}


def test_a_broken_delta_table_is_told(tmp_path):
    write_deltalake(str(tmp_path / "lake"), pa.table({"x": [1, 2]}))
    (part,) = (tmp_path / "lake").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:50])
    with pytest.raises(TableUnreadable, match="cannot be read"):
        read(tmp_path / "lake")
    part.unlink()
    with pytest.raises(TableUnreadable, match="not found"):
        read(tmp_path / "lake")
    (tmp_path / "none" / "_delta_log").mkdir(parents=True)
    with pytest.raises(TableUnreadable, match="must be a Delta table"):
        open_table(str(tmp_path / "none"))
    with pytest.raises(TableUnreadable, match="must be a Delta table"):
        open_table("nowhere://x/y")


@pytest.mark.parametrize(
    "broken",
    [lambda whole: b"", lambda whole: whole[:200], lambda whole: whole[:4] + os.urandom(400) + whole[404:]],
    ids=["emptied", "cut off", "overwritten"],
)
def test_a_corrupt_file_in_the_middle_of_a_folder_is_named(days, broken):
    middle = days / "1.PARQUET"
    middle.write_bytes(broken(middle.read_bytes()))
    with pytest.raises(TableUnreadable, match=f"{middle}: cannot be read .*; write it again or leave it out"):
        read(days)


def test_a_file_that_breaks_off_in_csv_is_named(tmp_path):
    with pytest.raises(TableUnreadable, match=r"rows\.csv: cannot be read \(CSV parse error: .*Expected 2 columns"):
        read(csv(tmp_path, "a,b\n1,2\n3\n"))
    with pytest.raises(TableUnreadable, match="Empty CSV file"):
        read(csv(tmp_path, ""))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "nowhere.parquet", "no such file, folder or pattern"),
        (lambda folder: folder / "*.parquet", "no such file, folder or pattern"),
        (lambda folder: folder, "a folder without Parquet or CSV files, and no Delta table"),
        (lambda folder: csv(folder, "a", "rows.txt"), "must end in .parquet, .csv or .tsv"),
        (lambda folder: csv(folder, "a,b,a\n1,2,3\n"), "more than one column named a; rename"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, make, said):
    with pytest.raises(TableUnreadable, match=said):
        open_table(str(make(tmp_path))).types  # noqa: B018


def test_two_columns_of_one_name_in_parquet_are_told(tmp_path):
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "twice.parquet")
    with pytest.raises(TableUnreadable, match="more than one column named a"):
        read(tmp_path / "twice.parquet")


def test_mixed_formats_are_told(tmp_path):
    FRAME.to_parquet(tmp_path / "a.parquet")
    FRAME.to_csv(tmp_path / "b.csv")
    with pytest.raises(TableUnreadable, match="holds csv and parquet files, must be of one format"):
        open_table(str(tmp_path))


def folder_of(path: Path, *frames: pd.DataFrame) -> Path:
    path.mkdir()
    for place, frame in enumerate(frames):
        frame.to_parquet(path / f"{place}.parquet")
    return path


def test_a_column_of_another_sort_in_a_later_file_is_noted(tmp_path):
    path = folder_of(tmp_path / "t", pd.DataFrame({"x": [1, 2], "y": [1, 2]}), pd.DataFrame({"x": ["a"], "y": [3]}))
    assert open_table(str(path)).unlike == {"x": "number at first, text in 1.parquet"}
    x, y = drift(path, path).columns
    assert (x.name, x.severity, x.psi) == ("x", "severe", None)
    assert x.note == f"not compared: in {path} it is number at first, text in 1.parquet"
    assert (y.name, y.note) == ("y", "not compared: the reference has fewer than 5 rows")


def test_whole_numbers_with_fractions_in_a_later_file_are_read_as_floats(tmp_path):
    whole, parts = pd.DataFrame({"x": [1, 2] * 20}), pd.DataFrame({"x": [1.4] * 40})
    (column,) = drift(folder_of(tmp_path / "a", whole, parts), folder_of(tmp_path / "b", whole)).columns
    assert (column.kind, column.ks) == ("numeric", pytest.approx(0.5 * 0.5))


def test_a_column_that_some_files_lack_is_missing_there(tmp_path):
    path = folder_of(tmp_path / "t", pd.DataFrame({"x": range(20)}), pd.DataFrame({"y": range(60)}))
    columns = {column.name: column for column in drift(path, path).columns}
    assert columns["x"].missing_reference == 0.75
    assert columns["y"].missing_current == 0.25


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([f"user {number}" for number in range(MOST_SEGMENTS + 1)], f"must have at most {MOST_SEGMENTS:,} values"),
        ([[1]] * (MOST_SEGMENTS + 1), "must have texts or numbers, not list"),
    ],
)
def test_a_column_that_cannot_split_the_rows_is_told(tmp_path, column, said):
    pd.DataFrame({"x": range(len(column)), "s": column}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(NothingToCompare, match=said):
        drift(tmp_path / "t.parquet", tmp_path / "t.parquet", segment="s")


def test_one_row_is_no_drift_and_says_so(tmp_path):
    FRAME.to_parquet(tmp_path / "many.parquet")
    FRAME.iloc[:1].to_parquet(tmp_path / "one.parquet")
    for column in drift(tmp_path / "one.parquet", tmp_path / "many.parquet").columns:
        assert column.severity == "none"
        assert column.psi is None
        assert "not compared" in column.note
    assert all(
        column.severity == "none" for column in drift(tmp_path / "many.parquet", tmp_path / "one.parquet").columns
    )


def test_a_million_categories_are_counted_in_buckets(tmp_path):
    names = pa.array(np.arange(300_000)).cast(pa.string())
    pq.write_table(pa.table({"user": names, "few": names.to_pandas().str[-1]}), tmp_path / "t.parquet")
    columns = {column.name: column for column in drift(tmp_path / "t.parquet", tmp_path / "t.parquet").columns}
    assert "counted in 65,536 buckets" in columns["user"].note
    assert (columns["user"].new_category_share, columns["user"].new_categories) == (None, ())
    assert columns["few"].psi == 0
