"""Feature tables read beside the events: no more of them than a period needs, every error by its join's field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine

from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.adapters.sources.joined import needed
from retrain_platform.dataset.joining import NOTES
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import Files, lineage
from retrain_platform.dataset.times import BadTimes

DAYS = Calendar(every="day", start=date(2024, 1, 1), timezone="Europe/Berlin")
DAY = DAYS.period("2024-01-02")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two events of the 2nd, on a clock of Berlin; planes in a file, weather in a database."""
    at = ["2024-01-01 23:00", "2024-01-02 09:00", "2024-01-02 18:00"]
    pd.DataFrame({"at": at, "tail": ["N1", "N1", "N2"], "x": 1.0}).to_csv(tmp_path / "events.csv", index=False)
    planes = {"since": ["2020-05-01", "2024-01-02 09:00", "2024-01-02 12:00"], "tailnum": ["N1", "N1", "N1"]}
    pd.DataFrame({**planes, "seats": [100, 110, 120]}).to_csv(tmp_path / "planes.csv", index=False)
    weather = {"hour": ["2023-12-01T00:00Z", "2024-01-02T07:00Z", "2024-01-02T08:30Z"], "wind": [1.0, 7.0, 99.0]}
    engine = create_engine(f"sqlite:///{tmp_path / 'weather.db'}")
    pd.DataFrame({**weather, "place": "all"}).to_sql("hourly", engine, index=False)
    engine.dispose()
    return tmp_path


PLANES = {"kind": "files", "path": "planes.csv", "on": {"tail": "tailnum"}, "available": "since"}
WEATHER = {
    "kind": "sql",
    "url": "sqlite:///weather.db",
    "query": "SELECT hour, wind, 1.0 AS x FROM hourly",
    "on": {"x": "x"},
    "available": "hour",
    "within": "12h",
    "prefix": "now_",
}


def source(*joins: dict[str, Any]) -> Files:
    return Files.model_validate({"path": "events.csv", "event_time": "at", "entity": "tail", "joins": joins})


def read(of: Files, root: Path) -> pd.DataFrame:
    return SourceReader(of, root, DAYS.timezone).read(DAY)


def test_each_event_has_what_was_known_of_it_from_every_table(root: Path) -> None:
    frame = read(source(PLANES, WEATHER), root)
    assert frame["seats"].fillna(-1).tolist() == [110.0, -1.0]
    # 09:00 in Berlin is 08:00 UTC: the wind of 08:30 was not known yet; at 18:00 it is within 12 hours.
    assert frame["now_wind"].tolist() == [7.0, 99.0]
    assert frame.attrs[NOTES] == ()


def test_only_the_span_that_can_reach_an_event_is_asked_for() -> None:
    (weather,) = source(WEATHER).joins
    span = needed(weather, DAY)
    assert (span.start, span.end) == (datetime(2024, 1, 1, 11, tzinfo=UTC), DAY.end)
    (planes,) = source(PLANES).joins
    assert needed(planes, DAY).start.year == 1900


def test_a_table_is_read_for_its_span_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from retrain_platform.adapters.sources import reader

    read_rows = reader.sql_rows
    taken: list[list[str]] = []

    def watched(*given: Any) -> pd.DataFrame:
        rows = read_rows(*given)
        taken.append(rows["hour"].tolist())
        return rows

    monkeypatch.setattr(reader, "sql_rows", watched)
    read(source(WEATHER), root)
    assert taken == [["2024-01-02T07:00Z", "2024-01-02T08:30Z"]]


def test_rows_that_leave_it_open_which_counts_are_told(root: Path) -> None:
    planes = pd.read_csv(root / "planes.csv")
    pd.concat([planes, planes.assign(seats=5)]).to_csv(root / "planes.csv", index=False)
    (told,) = read(source(PLANES), root).attrs[NOTES]
    assert told.startswith("joins[0]: 3 rows of files planes.csv have the same tailnum and since as another")


@pytest.mark.parametrize(
    ("join", "said"),
    [
        ({"path": "none.csv"}, r"source.joins\[1\].path == 'none.csv', must match a file"),
        ({"available": "when"}, r"source.joins\[1\].available == 'when', must be a column of the table"),
        ({"on": {"tial": "tailnum"}}, r"source.joins\[1\].on == 'tial', must be a column of the events"),
        ({}, r"source.joins\[1\].prefix == '', must tell the table's columns from the events'"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_the_field_of_its_join(
    root: Path, join: dict[str, Any], said: str
) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        read(source(PLANES, {**PLANES, **join}), root)


def test_times_of_a_table_that_cannot_be_read_are_told_by_its_field(root: Path) -> None:
    (root / "planes.csv").write_text("since,tailnum,seats\nsoon,N1,5\n")
    with pytest.raises(BadTimes, match=r"source.joins\[0\].available: .*planes.csv: since == 'soon', must be a time"):
        read(source(PLANES), root)


def test_the_lineage_names_every_table_and_the_query_that_was_asked(root: Path) -> None:
    assert lineage(source(PLANES, WEATHER)) == (
        "files events.csv; joined with files planes.csv; joined with "
        "query SELECT hour, wind, 1.0 AS x FROM hourly at sqlite:///weather.db"
    )
