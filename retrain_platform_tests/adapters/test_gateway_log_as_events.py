"""The gateway's log read as events, as recorded predictions, and as measures of operations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.adapters.measure_tables import read_measures
from retrain_platform.adapters.recorded_table import RecordedTable
from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.dataset.events import arrange
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.measures import MeasureGateway
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.recorded import RecordedGateway
from retrain_platform.dataset.recording import BY, SCORE, with_predictions
from retrain_platform.dataset.source import Gateway
from retrain_platform.gateway.lines import AnswerLine, FeedbackLine, Line
from retrain_platform.gateway.log.lake_rows import LakeRows
from retrain_platform.monitoring.measures import read_table
from retrain_platform_tests.gateway.traffic import reads

CALENDAR = Calendar(every="day", start=date(2024, 1, 1), timezone="UTC")
DAY = CALENDAR.period("2024-01-02")
SEGMENTS = count()
LABEL = LabelSpec(column="late", arrival="labelled_at")


def at(hour: float, day: int = 2) -> int:
    moment = datetime(2024, 1, day, tzinfo=UTC) + timedelta(hours=hour)
    return int(moment.timestamp()) * 1_000_000


def answer(identity: str, hour: float = 1, day: int = 2, **fields: Any) -> AnswerLine:
    told = {
        "version": "3",
        "arm": "champion",
        "entity": "ann",
        "ms": 2.0,
        "score": 0.25,
        "fields": {"who": "ann", "x": 1},
    }
    return AnswerLine(**{"model": "shop", "id": identity, "at": at(hour, day), **told, **fields})


def label(value: Any, hour: float, **fields: Any) -> FeedbackLine:
    told = {"id": "r1", "version": "3", "known_at": at(hour)}
    return FeedbackLine(**{"model": "shop", "kind": "label", "at": at(hour), "value": value, **told, **fields})


def source(place: Path, **fields: Any) -> Gateway:
    return Gateway(**{"of": "shop", "lake": str(place), "entity": "who", "label": "late", **fields})


def logged(place: Path, *lines: Line) -> None:
    rows = LakeRows(LogTables(place))
    found = reads(lines, f"a/w1-{next(SEGMENTS)}.jsonl")
    rows.add(found, {found[-1].segment: found[-1].end})
    rows.write(max(line.at for line in lines) - 1_000_000)


def events(place: Path, **fields: Any) -> pd.DataFrame:
    where = source(place, **fields)
    frame = SourceReader(where, place, "UTC").read(DAY)
    arranged = arrange(frame, source=where, label=LABEL, calendar=CALENDAR, period=DAY, task="binary")
    assert arranged.unlabelled == ()
    return arranged.frame


def test_a_day_has_its_answers_with_fields_and_without_those_that_failed(tmp_path: Path) -> None:
    failed = answer("r3", score=None, error="broken")
    logged(tmp_path, answer("r0", 23, day=1), answer("r1"), failed, answer("r2", 23.9), answer("r4", 0, day=3))
    found = events(tmp_path)
    assert found["request_id"].tolist() == ["r1", "r2"]
    assert (found["who"].tolist(), found["answer"].tolist(), found["answered_by"].tolist()) == (
        ["ann", "ann"],
        [0.25, 0.25],
        ["3", "3"],
    )
    assert found["x"].dtype == "float64"


def test_the_last_label_counts_from_when_it_was_known(tmp_path: Path) -> None:
    logged(tmp_path, answer("r1"), answer("r2"), label(0.0, 5), label(1.0, 7), label(1.0, 3, id="r9"))
    logged(tmp_path, label(0.0, 6), label(1.0, 9, known=False))
    found = events(tmp_path).set_index("request_id")
    assert found.loc["r1", ["_label", "_arrived"]].tolist() == [1.0, pd.Timestamp("2024-01-02 07:00", tz="UTC")]
    assert found.loc["r2", ["_label", "_arrived"]].isna().all()


def test_a_label_by_entity_is_that_of_its_newest_answer_before_on_whatever_day(tmp_path: Path) -> None:
    by_entity = {"id": None, "entity": "ann", "version": None}
    logged(tmp_path, answer("r1", 4), answer("r2", 6), answer("r3", 6, entity="bob"), answer("r4", 1, day=3))
    logged(tmp_path, label(1.0, 5, **by_entity), label(0.0, 26, **by_entity))
    found = events(tmp_path).set_index("request_id")["_label"]
    assert (found["r1"], found[["r2", "r3"]].isna().tolist()) == (1.0, [True, True])


def test_names_of_classes_stay_names(tmp_path: Path) -> None:
    logged(tmp_path, answer("r1"), answer("r2"), label("early", 5), label(3.0, 5, id="r2"))
    frame = SourceReader(source(tmp_path), tmp_path, "UTC").read(DAY)
    assert frame.set_index("request_id")["late"].to_dict() == {"r1": "early", "r2": "3"}


def test_events_have_their_own_time_where_the_spec_names_a_field(tmp_path: Path) -> None:
    own = [
        answer(f"r{hour}", hour, fields={"who": "ann", "at": f"2024-01-0{1 + hour // 12} 12:00:00"}) for hour in (2, 14)
    ]
    logged(tmp_path, *own)
    assert events(tmp_path, event_time="at")["request_id"].tolist() == ["r14"]
    reader = SourceReader(source(tmp_path, event_time="at"), tmp_path, "UTC")
    assert reader.watermark() == datetime(2024, 1, 2, 12, tzinfo=UTC)
    logged(tmp_path, answer("r9", 15, fields={"who": "ann", "at": "2024-01-05 12:00:00"}))
    assert reader.watermark() == datetime(2024, 1, 2, 14, 59, 59, tzinfo=UTC)  # nobody was asked further than that


def test_fields_of_several_kinds_are_texts_and_empty_records_are_records(tmp_path: Path) -> None:
    kinds = [{"who": "ann", "x": 1}, {"who": "bob", "x": "many"}, {"who": "cy", "when": "2024-01-02"}, {}]
    logged(tmp_path, *(answer(f"r{place}", fields=fields) for place, fields in enumerate(kinds)))
    found = SourceReader(source(tmp_path), tmp_path, "UTC").read(DAY).set_index("request_id")
    assert found["x"].tolist()[:2] == ["1", "many"]
    assert found["when"].tolist()[2] == "2024-01-02"
    assert len(found) == 4
    logged(tmp_path, *(answer(f"r{place}", 1, day=5, fields={}) for place in range(2)))
    assert len(SourceReader(source(tmp_path), tmp_path, "UTC").read(CALENDAR.period("2024-01-05"))) == 2


def test_whose_log_it_is_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="must be a model's whose log is read"):
        SourceReader(source(tmp_path, of=None), tmp_path, "UTC").read(DAY)


def test_each_event_finds_who_answered_it(tmp_path: Path) -> None:
    logged(tmp_path, answer("r1", score=0.5, version="4"), answer("r2", score=0.75))
    of = RecordedGateway(of="shop", lake=str(tmp_path))
    table = RecordedTable(of, tmp_path, "UTC")(DAY)
    found = with_predictions(events(tmp_path), table, of, "UTC", binary=True).frame.set_index("request_id")
    assert (found[SCORE].to_dict(), found[BY].to_dict()) == ({"r1": 0.5, "r2": 0.75}, {"r1": "4", "r2": "3"})


def test_events_from_elsewhere_find_their_answers_by_fields(tmp_path: Path) -> None:
    asked = [("ann", 3, 0.5), ("bob", 4, 0.25), ("ann", 9, 0.75)]
    lines = [
        answer(f"r{hour}", hour, score=score, fields={"who": who, "leaves": f"2024-01-02T{hour:02}:30:00Z"})
        for who, hour, score in asked
    ]
    logged(tmp_path, *lines)
    of = RecordedGateway(of="shop", lake=str(tmp_path), on=["who", "leaves"])  # type: ignore[arg-type]
    mine = pd.DataFrame({"who": ["ann", "bob", "cy"], "leaves": pd.to_datetime(["2024-01-02 09:30"] * 3)})
    mine.loc[1, "leaves"] = pd.Timestamp("2024-01-02 04:30")
    found = with_predictions(mine, RecordedTable(of, tmp_path, "UTC")(DAY), of, "UTC", binary=True).frame
    assert found[SCORE].tolist()[:2] == [0.75, 0.25]
    assert found[SCORE].isna().tolist() == [False, False, True]


def test_operations_of_the_day_are_measured_of_all_and_of_each_version(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ms = rng.gamma(2, 5, 200)
    lines: list[Line] = [
        answer(f"r{place}", place % 20, ms=float(took), version="34"[place % 2], error="broken" if place < 5 else None)
        for place, took in enumerate(ms)
    ]
    lines += [answer("r199.1", 19, version="4", call=False, ms=0.0), answer("x", 2, day=3, ms=900.0)]
    clicks = [
        FeedbackLine("shop", "click", at(30), id=f"r{n}", version="34"[n % 2], answered_at=at(n)) for n in (6, 6, 8, 9)
    ]
    rated = [
        FeedbackLine("shop", "rating", at(3), id=f"r{n}", value=float(n), version="34"[n % 2], answered_at=at(n))
        for n in (6, 7)
    ]
    logged(tmp_path, *lines, *clicks, *rated)
    table = MeasureGateway(of="shop", lake=str(tmp_path))
    readings, problems = read_table(read_measures(tmp_path, "UTC", table, DAY), table, DAY, "UTC")
    found = {(one.measure, one.segment): one.mean for one in readings}
    assert problems == []
    assert (found[("requests", None)], found[("records", None)], found[("requests", "3")]) == (200, 201, 100)
    assert found[("latency_p95_ms", None)] == pytest.approx(np.quantile(ms, 0.95))
    assert found[("latency_p99_ms", "4")] == pytest.approx(np.quantile(ms[1::2], 0.99))
    assert (found[("error_rate", None)], found[("error_rate", "3")]) == (pytest.approx(5 / 201), pytest.approx(0.03))
    assert found[("click_rate", None)] == pytest.approx(3 / 196)
    assert found[("rating_mean", None)] == 6.5
    assert found[("requests_a_second", None)] == pytest.approx(200 / 86_400)
    assert ("worst_hour_p95_ms", None) not in found  # ten requests make no hour


def test_a_bad_hour_shows_in_a_good_day(tmp_path: Path) -> None:
    good = [answer(f"g{place}", place / 40, ms=5.0) for place in range(800)]
    bad = [answer(f"b{place}", 21 + place / 80, ms=700.0, error="away" if place % 2 else None) for place in range(40)]
    logged(tmp_path, *good, *bad)
    table = MeasureGateway(of="shop", lake=str(tmp_path), segment=None)
    readings, _ = read_table(read_measures(tmp_path, "UTC", table, DAY), table, DAY, "UTC")
    found = {one.measure: one.mean for one in readings}
    assert (found["latency_p50_ms"], found["worst_hour_p95_ms"]) == (5.0, 700.0)
    assert (found["error_rate"], found["worst_hour_error_rate"]) == (pytest.approx(20 / 840), 0.5)


def test_before_the_first_line_nothing_is_measured(tmp_path: Path) -> None:
    table = MeasureGateway(of="shop", lake=str(tmp_path))
    assert read_table(read_measures(tmp_path, "UTC", table, DAY), table, DAY, "UTC") == ([], [])
