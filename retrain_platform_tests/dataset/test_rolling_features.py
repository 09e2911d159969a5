"""Rolling features hold what was known at the event's time, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.histories import Asked, rolled
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.rolling import Rolling, reach_of, rolled_names

START = pd.Timestamp("2024-01-01", tz="UTC")
STATS = ("mean", "std", "count", "share", "trend")
PLAIN = Asked("who", LabelSpec(column="bad", delay="36h"))
DATED = Asked("who", LabelSpec(column="bad", arrival="came"))
Row = tuple[int, int, str | None, float | None, float | None, int | None]


def frame(rows: list[Row]) -> pd.DataFrame:
    """Hours since the start, key, second key, value, label, hours until the label came."""
    columns = ("hour", "shop", "who", "x", "bad", "wait")
    made = pd.DataFrame(rows, columns=list(columns))
    made["_event_time"] = START + pd.to_timedelta(made["hour"], unit="h")
    made["_label"] = made["bad"].astype(float)
    made["_arrived"] = made["_event_time"] + pd.to_timedelta(made["wait"].astype(float), unit="h")
    made["x"], made["bad"] = made["x"].astype(float), made["bad"].astype(float)
    return made


def by_hand(events: pd.DataFrame, past: pd.DataFrame, rule: Rolling, asked: Asked) -> pd.DataFrame:
    """The definition, an event and a row at a time."""
    found: dict[str, list[float]] = {name: [] for name in rule.names}
    rows, keys = past.to_dict("records"), rule.keys("who")
    for event in events.to_dict("records"):
        mine = [row for row in rows if all(row[key] == event[key] is not None for key in keys)]
        for column, stat, span in rule.features():
            seen = [row for row in mine if enters(row, event["_event_time"], column, span, rule, asked)]
            values = np.array([row[column] for row in seen], dtype=float)
            days = np.array([(row["_event_time"] - START) / timedelta(days=1) for row in seen])
            lost = any(event[key] is None for key in keys)
            found[rule.name(column, stat, span)].append(np.nan if lost else one(stat, values, days))
    return pd.DataFrame(found, index=events.index)


def enters(row: Any, t: pd.Timestamp, column: str, span: timedelta, rule: Rolling, asked: Asked) -> bool:
    at = row["_event_time"]
    known = at + (rule.known_after or timedelta())
    if column == "bad":
        known = (
            max(known, at + asked.label.delay)
            if asked is PLAIN
            else (row["_arrived"] if pd.isna(row["_arrived"]) else max(known, row["_arrived"]))
        )
    return t - span <= at < t and not pd.isna(row[column]) and not pd.isna(known) and bool(known <= t)


def one(stat: str, values: np.ndarray, days: np.ndarray) -> float:
    if stat == "count":
        return len(values)
    if stat == "mean":
        return float(values.mean()) if len(values) else np.nan
    if stat == "share":
        return float((values > 0).mean()) if len(values) else np.nan
    if stat == "std":
        return float(values.std(ddof=1)) if len(values) > 1 else np.nan
    if len(np.unique(days)) < 2:
        return np.nan
    return float(((days - days.mean()) * values).sum() / ((days - days.mean()) ** 2).sum())


ROWS = st.lists(
    st.tuples(
        st.integers(0, 240),
        st.integers(0, 1),
        st.sampled_from(["a", "b", None]),
        st.one_of(st.none(), st.integers(-5, 5).map(float)),
        st.sampled_from([0.0, 1.0, None]),
        st.one_of(st.none(), st.integers(0, 100)),
    ),
    min_size=1,
    max_size=25,
)
RULES = st.sampled_from(
    [
        Rolling(of=("bad",), over=("2d", "5d"), stats=STATS),
        Rolling(of=("x", "bad"), by=("shop", "who"), over=("3d",), stats=STATS, known_after="0h"),
        Rolling(of=("x",), by=("shop",), over=("3d", "7d"), stats=STATS, known_after="20h"),
        Rolling(of=("bad",), over=("4d",), stats=STATS, known_after="60h"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, rule=RULES, asked=st.sampled_from([PLAIN, DATED]), cut=st.integers(0, 25))
def test_they_are_what_the_definition_says(rows: list[Row], rule: Rolling, asked: Asked, cut: int) -> None:
    whole = frame(rows)
    found = rolled(whole, [whole.iloc[:cut], whole.iloc[cut:]], [rule], asked)
    pd.testing.assert_frame_equal(found, by_hand(whole, whole, rule, asked), check_dtype=False, atol=1e-8, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, more=ROWS, rule=RULES, asked=st.sampled_from([PLAIN, DATED]), at=st.integers(0, 240))
def test_no_later_row_and_no_later_label_changes_a_digit(
    rows: list[Row], more: list[Row], rule: Rolling, asked: Asked, at: int
) -> None:
    """Rows at or after a moment are replaced by others, labels that came after it by their opposite."""
    moment = START + timedelta(hours=at)
    past = frame(rows)
    before = past[past["_event_time"] < moment]
    events = frame([(at, 0, "a", 1.0, 0.0, 1), (at, 1, "b", None, None, None)])
    later = frame([(at + hour, *rest) for hour, *rest in more])
    told = before.copy()
    wait = asked.label.delay if asked is PLAIN else pd.to_timedelta(before["wait"].astype(float), unit="h")
    unknown = ((before["_event_time"] + wait) > moment).to_numpy()
    told.loc[unknown, "_label"] = 1 - told.loc[unknown, "_label"]
    one, other = (rolled(events, each, [rule], asked) for each in ([before], [told, later]))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_long_series_of_large_values_keep_their_digits() -> None:
    rng = np.random.default_rng(3)
    hours = np.sort(rng.integers(0, 2000, 600))
    values = 1e6 + rng.normal(size=600)
    past = frame([(int(h), 0, "a", v, None, None) for h, v in zip(hours, values, strict=True)])
    rule = Rolling(of=("x",), over=("7d", "60d"), stats=STATS, known_after="0h")
    events = past.iloc[::100]
    pd.testing.assert_frame_equal(
        rolled(events, [past], [rule], PLAIN), by_hand(events, past, rule, PLAIN), check_dtype=False, rtol=1e-6
    )


def test_numbers_of_entities_are_the_same_whether_whole_or_with_fractions() -> None:
    past = frame([(0, 0, "a", 2.0, None, None)]).assign(who=[17])
    events = frame([(5, 0, "a", 0.0, None, None)]).assign(who=[17.0])
    rule = Rolling(of=("x",), over=("7d",), known_after="0h")
    assert rolled(events, [past], [rule], PLAIN).to_numpy().tolist() == [[2.0, 1.0]]


def test_a_column_that_the_past_lacks_is_missing_there() -> None:
    past = frame([(0, 0, "a", 2.0, 1.0, None)]).drop(columns=["x", "shop"])
    events = frame([(50, 0, "a", 0.0, None, None)])
    rules = [Rolling(of=("x",), over=("7d",), known_after="0h"), Rolling(of=("bad",), by=("shop",), over=("7d",))]
    found = rolled(events, [past], rules, PLAIN)
    assert found["x_count_7d"].tolist() == [0.0]
    assert found["bad_count_7d_by_shop"].tolist() == [0.0]
    assert found["x_mean_7d"].isna().all()


def test_names_say_what_a_feature_is() -> None:
    rules = [
        Rolling(of=("late",), over=("7d", "28d"), stats=("mean", "trend")),
        Rolling(of=("dep_delay",), by=("carrier", "origin"), over=("36h",), stats=("count",), known_after="12h"),
    ]
    assert rolled_names(rules) == (
        "late_mean_7d",
        "late_trend_7d",
        "late_mean_28d",
        "late_trend_28d",
        "dep_delay_count_36h_by_carrier_origin",
    )
    assert reach_of(rules) == timedelta(days=28)
    assert reach_of([]) == timedelta()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"over": ["7d", "1w"]}, "over == 1w, 1w, must name each once"),
        ({"over": ["0h"]}, "over == 0h, must be longer than nothing: no value would be in it"),
        ({"over": ["7d"], "known_after": "8d"}, "over == 1w, must be longer than known_after == 8d"),
        ({"over": ["7d"], "stats": ["mean", "mean"]}, "stats == mean, mean, must name each once"),
        ({"over": ["7d"], "by": []}, r"by == \[\], must name at least one"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rolling.model_validate({"of": ["late"], **fields})
