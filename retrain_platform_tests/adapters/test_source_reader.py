import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from deltalake import write_deltalake

from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.source import Delta, Files, Python
from retrain_platform.dataset.times import BadTimes
from retrain_platform_tests.contracts.sourced import CALENDAR, EVENTS, ROWS, ZONED, entities, watermark


def files(pattern: str) -> Files:
    return Files(path=pattern, **ROWS)


def test_row_groups_outside_the_period_are_not_read(tmp_path: Path) -> None:
    ZONED.to_parquet(tmp_path / "events.parquet", row_group_size=1)
    frame = SourceReader(files("*.parquet"), tmp_path, "UTC").read(CALENDAR.period("2013-01-02"))
    assert sorted(frame["who"]) == ["b", "c"]


def test_a_file_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    EVENTS.iloc[:2].to_csv(path, index=False)
    assert entities(files("events.csv"), tmp_path) == ["b"]
    EVENTS.to_csv(path, index=False)
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert entities(files("events.csv"), tmp_path) == ["b", "c"]
    assert watermark(files("events.csv"), tmp_path) == datetime(2013, 1, 3, 5, tzinfo=UTC)


def test_columns_that_files_do_not_share_are_all_there(tmp_path: Path) -> None:
    EVENTS.iloc[1:2].to_parquet(tmp_path / "1.parquet")
    EVENTS.iloc[2:3].assign(gate="B4").to_parquet(tmp_path / "2.parquet")
    frame = SourceReader(files("*.parquet"), tmp_path, CALENDAR.timezone).read(CALENDAR.period("2013-01-02"))
    assert frame["gate"].isna().tolist() == [True, False]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_source_without_its_time_column_says_so(kind: str, tmp_path: Path) -> None:
    renamed = EVENTS.rename(columns={"at": "when"})
    renamed.to_parquet(tmp_path / "e.parquet") if kind == "parquet" else renamed.to_csv(tmp_path / "e.csv")
    with pytest.raises(BadEvents, match=r"source.event_time == 'at', must be a column of the source, which has"):
        entities(files(f"e.{kind}"), tmp_path)
    with pytest.raises(SourceUnreadable, match=r"source.event_time == 'at', must be a column of the source, which has"):
        watermark(files(f"e.{kind}"), tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_times_that_cannot_be_read_are_named_with_their_file_not_lost(kind: str, tmp_path: Path) -> None:
    EVENTS.to_parquet(tmp_path / "a.parquet") if kind == "parquet" else EVENTS.to_csv(tmp_path / "a.csv")
    spoiled = EVENTS.assign(at=["2013-01-02", "soon", None, None])
    spoiled.to_parquet(tmp_path / "b.parquet") if kind == "parquet" else spoiled.to_csv(tmp_path / "b.csv")
    said = (
        rf"source.event_time: {tmp_path}/b.{kind}: at == 'soon', must be a time as in '2013-01-31 05:15' \(ISO 8601\)"
    )
    for ask in (entities, watermark):
        with pytest.raises(BadTimes, match=said):
            ask(files(f"*.{kind}"), tmp_path)


def test_times_of_a_table_that_cannot_be_read_are_named_with_its_address(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "lake"), EVENTS.assign(at=1356998400))
    for ask in (entities, watermark):
        with pytest.raises(BadTimes, match="lake: at == 1356998400, must be a time"):
            ask(Delta(uri="lake", **ROWS), tmp_path)


@pytest.mark.parametrize(("kind", "name"), [("parquet", "Parquet"), ("csv", "CSV")])
def test_a_file_that_is_no_table_is_named(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / f"cut.{kind}").write_bytes(b"")
    for ask in (entities, watermark):
        with pytest.raises(SourceUnreadable, match=rf"cut.{kind} must be a whole {name} file, write it again: "):
            ask(files(f"*.{kind}"), tmp_path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"source.path == '\*.csv', must match a file; none does under"):
        entities(files("*.csv"), tmp_path)
    with pytest.raises(SourceUnreadable, match=r"source.uri == 'lake', must be a Delta table"):
        watermark(Delta(uri="lake", **ROWS), tmp_path)


def test_a_source_without_rows_reaches_nowhere(tmp_path: Path) -> None:
    ZONED.iloc[:0].to_parquet(tmp_path / "e.parquet")
    assert watermark(files("e.parquet"), tmp_path) is None


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("shop_events")
    monkeypatch.setitem(sys.modules, "shop_events", module)
    return module


def python(function: str = "read") -> Python:
    return Python(call=f"shop_events:{function}", **ROWS)


def test_a_function_is_asked_for_the_period(shop: ModuleType, tmp_path: Path) -> None:
    def events(start: datetime, end: datetime) -> pd.DataFrame:
        return ZONED[(ZONED["at"] >= start) & (ZONED["at"] < end)]

    shop.read = events  # type: ignore[attr-defined]
    assert entities(python(), tmp_path) == ["b", "c"]
    assert watermark(python(), tmp_path) == datetime(2013, 1, 3, 5, tzinfo=UTC)
    events.watermark = lambda: datetime(2013, 1, 4, tzinfo=UTC)  # type: ignore[attr-defined]
    assert watermark(python(), tmp_path) == datetime(2013, 1, 4, tzinfo=UTC)
    events.watermark = lambda: datetime(2013, 1, 4)  # type: ignore[attr-defined]  # noqa: DTZ001
    with pytest.raises(SourceUnreadable, match="must be a datetime with a zone, or None"):
        watermark(python(), tmp_path)


def test_a_function_that_cannot_be_called_is_named(shop: ModuleType, tmp_path: Path) -> None:
    shop.read = lambda start, end: [1]  # type: ignore[attr-defined]
    shop.number = 3  # type: ignore[attr-defined]
    with pytest.raises(SourceUnreadable, match="'shop_events:read' returned list, must return a DataFrame"):
        entities(python(), tmp_path)
    with pytest.raises(SourceUnreadable, match="'shop_events:number', must be a function, is int"):
        entities(python("number"), tmp_path)
    with pytest.raises(SourceUnreadable, match="'shop_events:none', must name a function of shop_events"):
        entities(python("none"), tmp_path)
    with pytest.raises(SourceUnreadable, match="must name a module that can be imported"):
        entities(Python(call="no_such_shop:read", **ROWS), tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_column_that_one_day_s_file_lacks_is_not_lent_by_its_neighbours(kind: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        rows = pd.DataFrame({"at": pd.date_range(f"2013-01-0{day}", periods=24, freq="h"), "who": "a", "gate": "B4"})
        rows = rows.drop(columns="gate") if day == 2 else rows
        path = tmp_path / f"{day}.{kind}"
        rows.to_parquet(path) if kind == "parquet" else rows.to_csv(path, index=False)
    frame = SourceReader(files(f"*.{kind}"), tmp_path, CALENDAR.timezone).read(CALENDAR.period("2013-01-02"))
    assert len(frame) == 24
    assert "gate" not in frame.columns
