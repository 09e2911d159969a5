"""What is a database's own: its errors in words, its times as texts, its rows in chunks, its password."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine

from retrain_platform.adapters.source_columns import source_columns
from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.adapters.sources import sql as reading
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import Sql

DAYS = Calendar(every="day", start=date(2024, 1, 1), timezone="America/New_York")
PASSWORD = "hunter2!"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database of one table: 12 sales of January, one every 8 hours of New York's clock."""
    frame = pd.DataFrame(
        {
            "at": pd.date_range("2024-01-01", periods=12, freq="8h").strftime("%Y-%m-%d %H:%M"),
            "who": list("abcdefghijkl"),
            "price": range(12),
            "note": [None] * 4 + ["late"] + [None] * 7,
            "sold": [True, False] * 6,
        }
    )
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    frame.to_sql("sales", engine, index=False)
    engine.dispose()
    return tmp_path


def sales(**changed: Any) -> Sql:
    fields = {"url": "sqlite:///shop.db", "table": "sales", "event_time": "at", "entity": "who"}
    given = {**fields, **changed}
    return Sql(**{name: value for name, value in given.items() if value is not None})


def read(source: Sql, root: Path, key: str = "2024-01-02") -> pd.DataFrame:
    return SourceReader(source, root, DAYS.timezone).read(DAYS.period(key))


def told(source: Sql, root: Path) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        read(source, root)
    with pytest.raises(SourceUnreadable):
        SourceReader(source, root, DAYS.timezone).watermark()
    return str(caught.value)


def test_chunks_make_one_frame_in_which_a_wholly_missing_chunk_changes_no_type(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "SELECT at, who, CASE WHEN price > 3 THEN price * 1.5 END AS price, note FROM sales"
    whole = read(sales(table=None, query=asked), shop)
    monkeypatch.setattr(reading, "CHUNK", 1)
    pieces = read(sales(table=None, query=asked), shop)
    pd.testing.assert_frame_equal(
        pieces.drop(columns="note").reset_index(drop=True), whole.drop(columns="note").reset_index(drop=True)
    )
    assert pieces["price"].dtype == "float64"
    assert pieces["note"].isna().tolist() == [True, False, True]


def test_only_rows_near_the_period_leave_the_database(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    joined = reading._joined
    monkeypatch.setattr(
        reading, "_joined", lambda pieces, names: taken.append(sum(map(len, pieces))) or joined(pieces, names)
    )
    many = "SELECT * FROM sales UNION ALL SELECT '2023-06-01 10:00', who, price, note, sold FROM sales"
    frame = read(sales(table=None, query=many), shop)
    assert frame["who"].tolist() == ["d", "e", "f"]
    assert taken[0] <= 12


@pytest.mark.parametrize("odd", ["20240102T1000", "2024-01-02T10:00", "2024-01-02"])
def test_a_time_in_another_form_of_iso_8601_is_not_lost(shop: Path, odd: str) -> None:
    mixed = f"SELECT at, who FROM sales UNION ALL SELECT '{odd}', 'odd'"
    assert "odd" in read(sales(table=None, query=mixed), shop)["who"].tolist()


def test_the_last_moment_of_texts_with_zones_is_not_the_greatest_text(shop: Path) -> None:
    zones = "SELECT '2024-01-05T01:00+09:00' AS at, 'tokyo' AS who UNION ALL SELECT '2024-01-04T23:00-05:00', 'york'"
    source = sales(table=None, query=zones)
    assert SourceReader(source, shop, DAYS.timezone).watermark() == datetime(2024, 1, 5, 4, tzinfo=UTC)


def test_a_percent_sign_a_cast_and_a_colon_in_the_query_are_the_database_s(shop: Path) -> None:
    asked = "SELECT *, 'x :y' AS said FROM sales WHERE who LIKE '%' AND at <> '10:30'"
    assert set(read(sales(table=None, query=asked), shop)["said"]) == {"x :y"}
    passed_on = reading._select(sales(table=None, query="SELECT at::date, ':x' FROM s"))
    assert "SELECT at::date, ':x' FROM s\n)" in str(passed_on)


def test_what_is_not_there_is_named_and_nothing_is_made(shop: Path) -> None:
    assert "source.table == 'seles', must be a table that can be read: no such table" in told(
        sales(table="seles"), shop
    )
    assert "source.url == 'sqlite:///shup.db', must be a database that is there: no" in told(
        sales(url="sqlite:///shup.db"), shop
    )
    assert not (shop / "shup.db").exists()
    assert "source.event_time == 'when', must be a column of the source, which has at, who, price" in told(
        sales(event_time="when"), shop
    )
    wrong = told(sales(table=None, query="SELECT whom FROM sales"), shop)
    assert "must be a query that the database answers: no such column: whom" in wrong
    twice = told(sales(table=None, query="SELECT a.at, b.at, a.who FROM sales a JOIN sales b USING (who)"), shop)
    assert "must give each column a name of its own: at comes twice" in twice
    (shop / "text.db").write_text("no database " * 100)
    assert "file is not a database" in told(sales(url="sqlite:///text.db"), shop)


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        (f"postgresql+psycopg2cffi://ana:{PASSWORD}@db/shop", "must have its driver installed beside the platform"),
        (f"nodb://ana:{PASSWORD}@db/shop", "must begin with a database that SQLAlchemy knows"),
        (f"postgresql://ana:{PASSWORD}@db:port/shop", "must be an address as SQLAlchemy reads it"),
        (f"postgresql+psycopg2cffi://db/shop?password={PASSWORD}", "must have its driver installed"),
    ],
)
def test_an_address_that_will_not_do_is_told_without_its_password(shop: Path, url: str, cure: str) -> None:
    source = sales(url=url)
    said = told(source, shop)
    assert cure in said
    assert PASSWORD not in said + repr(source) + source.model_dump_json() + source.told() + str(source)
    seen = source_columns(source, shop)
    assert seen.names is None
    assert PASSWORD not in seen.note


def test_columns_of_a_file_that_is_not_there_yet_are_no_mistake(shop: Path) -> None:
    assert source_columns(sales(), shop).names == ("at", "who", "price", "note", "sold")
    assert "no database stands at" in source_columns(sales(url="sqlite:///none.db"), shop).note


def test_what_a_driver_says_is_told_without_the_password(shop: Path) -> None:
    source = sales(url=f"postgresql://ana:{PASSWORD}@db/shop")
    said = reading._refused(source, f"could not log in as ana with {PASSWORD}\nat line 1")
    assert str(said).startswith("source.table == 'sales', must be a table that can be read: could not log in as ana")
    assert PASSWORD not in str(said)
