"""A spec or a source that is wrong is told plainly, and leaves nothing half-done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from retrain_platform.adapters.great_expectations_gate import run_gate
from retrain_platform.dataset.events import BadEvents
from retrain_platform.replay.walk import walk, watch
from retrain_platform.spec import SpecErrors
from retrain_platform.steps.values import Ingested
from retrain_platform_tests.steps.spoiled import BAD_DAY, SPEC, Change, incidents, on, walked, watched
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, spec_from, tiny_spec


def said_of(**changed: Any) -> str:
    with pytest.raises(SpecErrors) as caught:
        spec_from(attributes(**changed))
    return str(caught.value)


def test_an_unknown_policy_kind_is_answered_with_those_there_are() -> None:
    said = said_of(policy={"kind": "moon_phase"})
    assert "policy" in said
    assert "moon_phase" in said
    assert "schedule" in said


def test_a_cadence_shorter_than_the_label_delay() -> None:
    said = said_of(policy={"kind": "schedule", "every": "1d"}, label={"column": "bad", "delay": "3d"})
    assert "policy.every" in said
    assert "label.delay" in said or "3d" in said


def test_a_source_without_its_time_column_stops_the_run_with_nothing_written() -> None:
    places = Places()
    with pytest.raises(BadEvents, match=r"source.event_time == 'at', must be a column of the source, which has who, x"):
        walked(places, Rows(3, lambda frame, period: frame.drop(columns="at")))
    assert places.ledger.entries("tiny") == []
    assert places.lake.version("tiny/events") is None
    assert places.values.all("tiny", "events", Ingested) == {}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda frame: frame.drop(columns="bad"), "label.column == 'bad', must be a column of the source"),
        (lambda frame: frame.assign(bad="yes"), "bad == 'yes', must be 0 or 1, true or false, or missing"),
    ],
)
def test_a_label_that_was_never_there_stops_the_run_with_nothing_written(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    """No period ever had one: the spec names another column, or the source is not the one that is meant."""
    places = Places()
    with pytest.raises(BadEvents, match=said):
        walked(places, Rows(3, lambda frame, period: spoil(frame)))
    assert places.ledger.entries("tiny") == []
    assert places.lake.version("tiny/events") is None


def test_event_times_that_cannot_be_read_stop_the_run_at_their_period() -> None:
    """Rows without a time belong to no period: nothing can be measured of them, and no other period may hide it."""
    places = Places()
    with pytest.raises(BadEvents, match=r"at == 'soon', must be a time as in '2013-01-31 05:15' \(ISO 8601\)"):
        walked(places, Rows(9, on(BAD_DAY, lambda frame: frame.assign(at="soon"))))
    shop = places.shop(SPEC, Rows(9))
    assert watched(shop) == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    assert BAD_DAY not in shop.lake.periods(shop.events)
    walked(places, Rows(9))
    assert len(watched(shop)) == 9


def test_duplicate_rows_are_counted_once() -> None:
    shop = walked(Places(), Rows(1, lambda frame, period: pd.concat([frame, frame.head(9)])))
    taken = shop.values.newest("tiny", "events", "2024-01-01", Ingested)
    assert taken is not None
    assert (taken.rows, taken.duplicates, taken.problems) == (300, 9, ())
    assert len(shop.lake.read(shop.events, ["2024-01-01"])) == 300


def test_times_with_and_without_zones_are_the_same_moments() -> None:
    naive = walked(Places(), Rows(3, lambda frame, period: frame.assign(at=frame["at"].dt.tz_localize(None))))
    zoned = walked(Places(), Rows(3, lambda frame, period: frame.assign(at=frame["at"].dt.tz_convert("Asia/Tokyo"))))
    times = [shop.lake.read(shop.events, shop.lake.periods(shop.events))["_event_time"] for shop in (naive, zoned)]
    assert times[0].equals(times[1])
    assert str(times[0].dtype) == "datetime64[ns, UTC]"


def one_class_until(key: str) -> Change:
    return lambda frame, period: frame.assign(bad=0.0) if period.key < key else frame


@pytest.mark.parametrize("gate", ["the whole", "the part to learn from"])
def test_a_label_of_one_class_only_is_refused_and_the_decision_ends_on_record(gate: str) -> None:
    """Only ones in the whole is what Great Expectations sees; only in the training part is ours to see."""
    known = "2024-01-09" if gate == "the whole" else "2024-01-02"
    shop = Places().shop(SPEC, Rows(6, one_class_until(known)))
    for _ in walk(replace(shop, gate=run_gate) if gate == "the whole" else shop):
        pass
    ended = next(entry for entry in shop.entries() if entry.kind == "retrained")
    assert (ended.body["verdict"], ended.body["version"]) == ("data refused", None)
    assert "one class only" in ended.why
    assert next(kind for kind, _ in incidents(shop)) == "gate"
    assert not list((shop.values.folder("tiny", "candidate_model", ended.body["decision_id"])).iterdir())
    assert len(watched(shop)) == 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"segments": ["shp", "shop"]},
            r"segments\[0\] == 'shp', must be a column of the source, which has .*mean shop",
        ),
        (
            {"policy": {"kind": "feature_drift", "features": ["y*"], "over": 0.2}},
            r"policy.features\[0\] == 'y\*', must match a feature; there are x, shop",
        ),
    ],
)
def test_columns_that_no_period_ever_had_stop_the_run_with_nothing_written(changed: dict[str, Any], said: str) -> None:
    places = Places()
    with pytest.raises(BadEvents, match=said):
        watch(places.shop(tiny_spec(**changed), Rows(3)), SPEC.period.at(0))
    assert places.ledger.entries("tiny") == []
    assert places.lake.version("tiny/events") is None
