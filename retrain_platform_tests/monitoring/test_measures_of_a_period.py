"""Any table of (time, segment, measure, value) as the measures of a period."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.measures import MEASURE_TABLES, MeasureFiles, MeasureTable
from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.measures import MeasureReading, PeriodMeasures, read_table

PERIOD = Calendar(every="day", start=date(2024, 1, 1), timezone="Europe/Berlin").at(1)
TABLE = MeasureFiles(path="ops/*.csv", time="at", segment="region")
FAMILY: TypeAdapter[MeasureTable] = TypeAdapter(MeasureTable)


def rows(*given: tuple[str, str, object, object]) -> pd.DataFrame:
    return pd.DataFrame(given, columns=["at", "measure", "value", "region"])


def read(
    frame: pd.DataFrame, table: MeasureFiles = TABLE
) -> tuple[dict[tuple[str, str | None], MeasureReading], list[str]]:
    found, problems = read_table(frame, table, PERIOD, "Europe/Berlin")
    return {(one.measure, one.segment): one for one in found}, problems


def test_values_are_summed_up_by_measure_and_segment_within_the_period_on_its_own_clock() -> None:
    found, problems = read(
        rows(
            ("2024-01-01 23:59", "latency", 900, "north"),
            ("2024-01-02 00:00", "latency", 100, "north"),
            ("2024-01-02 12:00", "latency", 300, "south"),
            ("2024-01-02 23:59", "latency", 200, "north"),
            ("2024-01-03 00:00", "latency", 900, "north"),
            ("2024-01-02 10:00", "errors", 0.5, None),
        )
    )
    assert problems == []
    assert {key: (one.values, one.mean, one.least, one.greatest, one.total) for key, one in found.items()} == {
        ("errors", None): (1, 0.5, 0.5, 0.5, 0.5),
        ("latency", None): (3, 200, 100, 300, 600),
        ("latency", "north"): (2, 150, 100, 200, 300),
        ("latency", "south"): (1, 300, 300, 300, 300),
    }


def test_rows_without_a_segment_are_the_whole_where_there_are_any() -> None:
    found, _ = read(rows(("2024-01-02 01:00", "sales", 10, None), ("2024-01-02 01:00", "sales", 4, "north")))
    assert (found["sales", None].total, found["sales", "north"].total) == (10, 4)


def test_a_table_without_segments_has_the_whole_only() -> None:
    found, _ = read(rows(("2024-01-02 01:00", "sales", 10, "x")), TABLE.model_copy(update={"segment": None}))
    assert set(found) == {("sales", None)}


def test_what_cannot_be_read_is_told_and_never_counted() -> None:
    found, problems = read(
        rows(
            ("2024-01-02 01:00", "a", "n/a", None),
            ("2024-01-02 01:00", "a", "7", None),
            ("2024-01-02", "b", None, None),
        )
    )
    assert [(one.measure, one.total) for one in found.values()] == [("a", 7)]
    assert problems == ["value: 1 values are no numbers"]
    assert read(rows().drop(columns="value"))[1] == [
        "value: must be columns of the table of measures, which has at, measure, region"
    ]
    assert "must be a time" in read(rows(("soon", "a", 1, None)))[1][0]


def test_no_rows_are_no_readings() -> None:
    assert read(rows()) == ({}, [])


def test_a_statistic_that_was_not_measured_is_none() -> None:
    found, _ = read(rows(("2024-01-02 01:00", "a", 1, None), ("2024-01-02 02:00", "a", 3, None)))
    made = PeriodMeasures(period=PERIOD.key, start=PERIOD.start, as_of=PERIOD.end, readings=tuple(found.values()))
    assert made.value("a", None, "mean") == 2
    assert (made.value("a", None, "least"), made.value("a", None, "greatest"), made.value("a", None, "total")) == (
        1,
        3,
        4,
    )
    assert made.value("a", "north", "mean") is made.value("b", None, "mean") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "files", "path": "ops.xlsx"}, "must end in .parquet, .csv or .csv.gz"),
        ({"kind": "python", "call": "nowhere"}, "must be 'package.module:function'"),
        ({"kind": "files", "path": "ops.csv", "segment": "value"}, r"columns == \['value'\] are named twice"),
        ({"kind": "excel"}, "'files', 'delta', 'sql', 'python', 'gateway'"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FAMILY.validate_python(given)


@pytest.mark.parametrize("member", MEASURE_TABLES)
def test_every_table_is_a_source_that_the_readers_know(member: type) -> None:
    given = {"kind": member.model_fields["kind"].default, "time": "at", "path": "a.csv", "uri": "a", "call": "a:b"}  # type: ignore[attr-defined]
    given |= {"url": "sqlite:///a", "table": "a"}
    fields = {name: value for name, value in given.items() if name in member.model_fields}  # type: ignore[attr-defined]
    source = FAMILY.validate_python(fields).source()
    assert (source.kind, source.event_time) == (given["kind"], "at")
