"""What every source promises, run over every member of the union."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from deltalake import write_deltalake
from sqlalchemy import create_engine

from retrain_platform.adapters.clock import microseconds_of
from retrain_platform.adapters.log_tables import SCHEMAS, LogTables
from retrain_platform.adapters.source_columns import source_columns
from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.source import SOURCES, Asset, Delta, Files, Gateway, Python, Source, Sql
from retrain_platform.dataset.times import BadTimes
from retrain_platform_tests.contracts.sourced import CALENDAR, EVENTS, ROWS, ZONED, entities, watermark

FRAMES = {
    "naive": EVENTS,
    "zoned": ZONED,
    "microseconds": EVENTS.astype({"at": "datetime64[us]"}),
    "texts": EVENTS.astype({"at": str}),
    "zoned texts": ZONED.assign(at=ZONED["at"].map(lambda at: at.tz_convert("Asia/Tokyo").isoformat())),
}


def parquet(frame: pd.DataFrame, root: Path) -> Source:
    (root / "in").mkdir()
    frame.iloc[:2].to_parquet(root / "in" / "1.parquet")
    frame.iloc[2:].to_parquet(root / "in" / "2.parquet")
    return Files(path="in/*.parquet", **ROWS)


def csv(frame: pd.DataFrame, root: Path) -> Source:
    frame.to_csv(root / "events.csv.gz", index=False)
    return Files(path="events.csv.gz", **ROWS)


def delta(frame: pd.DataFrame, root: Path) -> Source:
    write_deltalake(root / "lake", frame)
    return Delta(uri="lake", **ROWS)


def asset(frame: pd.DataFrame, root: Path) -> Source:
    write_deltalake(root / "lake", frame)
    return Asset(key=("raw", "events"), uri="lake", **ROWS)


def sql(frame: pd.DataFrame, root: Path) -> Source:
    engine = create_engine(f"sqlite:///{root / 'shop.db'}")
    frame.to_sql("events", engine, index=False)
    engine.dispose()
    return Sql(url="sqlite:///shop.db", table="events", **ROWS)


def query(frame: pd.DataFrame, root: Path) -> Source:
    sql(frame, root)
    asked = "WITH some AS (SELECT * FROM events) SELECT *, ': 50%' AS note FROM some -- every one\n;"
    return Sql(url="sqlite:///shop.db", query=asked, **ROWS)


def gateway(frame: pd.DataFrame, root: Path) -> Source:
    if len(frame):
        answered = [datetime(2013, 1, 8, tzinfo=UTC)] * len(frame)
        texts = [
            json.dumps(row, default=str) for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
        ]
        columns = {field.name: [None] * len(frame) for field in SCHEMAS["served"]}
        columns |= {"id": list(map(str, range(len(frame)))), "at": answered, "fields": texts}
        until = microseconds_of(answered[0])
        LogTables(root / "lake").append("shop", "served", columns, {"a/w1-1.jsonl": 1}, until=until)
    return Gateway(of="shop", lake=str(root / "lake"), within="30d", **ROWS)


def function(frame: pd.DataFrame, root: Path) -> Source:
    sys.modules["contract_events"].read = lambda start, end: frame  # type: ignore[attr-defined]
    return Python(call="contract_events:read", **ROWS)


MAKERS: dict[str, Callable[[pd.DataFrame, Path], Source]] = {
    made.__name__: made for made in (parquet, csv, delta, asset, sql, query, function, gateway)
}


@pytest.fixture(autouse=True)
def _module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "contract_events", ModuleType("contract_events"))


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[[pd.DataFrame, Path], Source]:
    return MAKERS[request.param]


def test_no_member_of_the_union_escapes(tmp_path: Path) -> None:
    made = set()
    for name, maker in MAKERS.items():
        (tmp_path / name).mkdir()
        made.add(type(maker(EVENTS, tmp_path / name)))
    assert made == set(SOURCES)


@pytest.mark.parametrize("frame", FRAMES)
def test_it_gives_the_period_s_rows_and_tells_how_far_it_reaches(
    make: Callable[[pd.DataFrame, Path], Source], frame: str, tmp_path: Path
) -> None:
    source = make(FRAMES[frame], tmp_path)
    assert entities(source, tmp_path) == ["b", "c"]
    assert entities(source, tmp_path, "2013-01-05") == []
    assert watermark(source, tmp_path) == datetime(2013, 1, 3, 5, tzinfo=UTC)


def test_without_rows_it_reaches_nowhere(make: Callable[[pd.DataFrame, Path], Source], tmp_path: Path) -> None:
    source = make(ZONED.iloc[:0], tmp_path)
    assert watermark(source, tmp_path) is None
    assert entities(source, tmp_path) == []


def test_a_missing_time_column_is_told(make: Callable[[pd.DataFrame, Path], Source], tmp_path: Path) -> None:
    source = make(EVENTS.rename(columns={"at": "when"}), tmp_path)
    said = r"source.event_time == 'at', must be a column of the source, which has when, who, late"
    with pytest.raises((SourceUnreadable, BadEvents), match=said):
        entities(source, tmp_path)
    with pytest.raises(SourceUnreadable, match=said):
        watermark(source, tmp_path)


@pytest.mark.parametrize("spoiled", [["2013-01-02", "soon", None, None], [1356998400, 1356998401, None, None]])
def test_times_that_cannot_be_read_are_told_not_lost(
    make: Callable[[pd.DataFrame, Path], Source], spoiled: list[object], tmp_path: Path
) -> None:
    source = make(EVENTS.assign(at=spoiled), tmp_path)
    with pytest.raises((BadTimes, BadEvents), match=r"at == .*, must be a time"):
        entities(source, tmp_path)
    with pytest.raises(BadTimes, match=r"at == .*, must be a time"):
        watermark(source, tmp_path)


def test_what_is_missing_stays_missing_and_numbers_stay_numbers(
    make: Callable[[pd.DataFrame, Path], Source], tmp_path: Path
) -> None:
    frame = SourceReader(make(EVENTS, tmp_path), tmp_path, CALENDAR.timezone).read(CALENDAR.period("2013-01-02"))
    assert frame.set_index("who").loc[["b", "c"], "late"].astype(float).isna().tolist() == [False, True]
    assert frame["late"].dtype == "float64"


def test_its_columns_are_known_without_its_rows_or_it_says_why_not(
    make: Callable[[pd.DataFrame, Path], Source], tmp_path: Path
) -> None:
    seen = source_columns(make(EVENTS, tmp_path), tmp_path)
    assert seen.note if seen.names is None else set(EVENTS.columns) <= set(seen.names)


def test_it_names_itself(make: Callable[[pd.DataFrame, Path], Source], tmp_path: Path) -> None:
    source = make(EVENTS, tmp_path)
    assert source.told().split()[0] in ("files", "Delta", "table", "query", "asset", "function", "gateway's")
