"""What is wrong with the data or the places is said plainly, kept on record, and leaves nothing half-done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.great_expectations_gate import run_gate
from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns
from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.replay.walk import walk, watch
from retrain_platform.spec import SpecErrors
from retrain_platform.steps.known import ripened
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.watching import ingest
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, spec_from, tiny_spec

SPEC = tiny_spec()
BAD_DAY = "2024-01-05"
Change = Callable[[pd.DataFrame, Period], pd.DataFrame]


def on(key: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """Spoil the rows of one period."""
    return lambda frame, period: change(frame) if period.key == key else frame


def walked(places: Places, reader: Rows, until: str | None = None) -> Workshop:
    shop = places.shop(SPEC, reader)
    for _ in walk(shop, until):
        pass
    return shop


def decision(shop: Workshop, key: str) -> RetrainDecision:
    found = shop.values.newest(shop.model, "retrain_decision", key, RetrainDecision)
    assert found is not None
    return found


def incidents(shop: Workshop) -> list[tuple[str, str]]:
    return [(e.body["kind"], e.why) for e in shop.entries() if e.kind == "incident"]


def watched(shop: Workshop) -> list[str]:
    return [entry.body["period"] for entry in shop.entries() if entry.kind == "watched"]


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


def vanished(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="x")


def changed_type(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"].map("{:.1f} km".format))


def mixed_types(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"].astype(object).where(frame.index > 9, "unknown"))


def all_null(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=np.nan)


def no_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.head(0)


def thrice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame, frame])


def text_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].map({0.0: "no", 1.0: "yes"}))


def third_class(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].where(frame.index > 9, 2.0))


def no_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="bad")


BROKEN = {
    "labels of another type": (text_labels, "its labels were not taken: bad == 'no', must be 0 or 1, true or false"),
    "labels of a third class": (third_class, "its labels were not taken: bad == 2.0, must be 0 or 1, true or false"),
    "labels vanished": (no_labels, "its labels were not taken: label.column == 'bad', must be a column of the source"),
    "no rows": (no_rows, "has no rows"),
    "column vanished": (vanished, "column 'x' vanished"),
    "type changed": (changed_type, "column 'x' changed from numbers to texts"),
    "types mixed": (mixed_types, "its rows were not taken"),
    "all null": (all_null, "column 'x' turned all null"),
    "duplicates": (thrice, "66.7% of the rows were duplicates"),
}


@pytest.mark.parametrize(("spoil", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_period_is_alerted_not_learned_from_and_does_not_stop_the_road(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    """The broken day is one on which the model would otherwise be retrained."""
    shop = walked(Places(), Rows(9, on(BAD_DAY, spoil)))
    assert len(watched(shop)) == 9
    judged = decision(shop, BAD_DAY)
    assert judged.action.value == "investigate"
    assert said in judged.reason
    assert [(kind, said in why) for kind, why in incidents(shop)] == [("data", True)]
    ripe = ripened(shop, SPEC.period.at(8).end)
    assert BAD_DAY not in ripe or not ripe[BAD_DAY].period.sound
    retrained = [entry for entry in shop.entries() if entry.kind == "retrained"]
    assert retrained
    assert all(entry.body["period"] != BAD_DAY for entry in retrained)


@pytest.mark.parametrize("spoil", [changed_type, mixed_types])
def test_rows_that_the_lake_refuses_are_neither_kept_nor_scored(
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    key = "2024-01-08"
    shop = walked(Places(), Rows(9, on(key, spoil)))
    assert shop.state().champion == "1"
    assert key not in shop.lake.periods(shop.events)
    assert key not in shop.lake.periods(shop.predictions)
    taken = shop.values.newest("tiny", "events", key, Ingested)
    assert taken is not None
    assert (taken.rows, taken.table_version) == (0, None)
    assert "2024-01-09" in shop.lake.periods(shop.predictions)


@pytest.mark.parametrize("spoil", [text_labels, third_class, no_labels])
def test_rows_whose_labels_cannot_be_read_are_scored_and_their_drift_measured(
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    key = "2024-01-08"
    shop = walked(Places(), Rows(15, on(key, spoil)))
    assert len(watched(shop)) == 15
    taken = shop.values.newest("tiny", "events", key, Ingested)
    scored = shop.values.newest("tiny", "predictions", key, Scored)
    assert taken is not None
    assert scored is not None
    assert (taken.rows, scored.rows, len(taken.problems)) == (300, 300, 1)
    assert shop.values.newest("tiny", "drift_report", key, DriftReport) is not None
    assert shop.lake.read(shop.events, [key])["_label"].isna().all()
    ripe = ripened(shop, SPEC.period.at(14).end)[key]
    assert (ripe.forced, ripe.period.labelled, ripe.period.sound) == (True, 0, False)
    assert shop.lake.read(shop.events, ["2024-01-09"])["_label"].notna().all()
    assert {"2024-01-07", "2024-01-09"} <= set(ripened(shop, SPEC.period.at(14).end))


def test_labels_that_are_put_right_while_they_still_come_make_the_period_sound() -> None:
    from datetime import timedelta

    places, first, second, third = Places(), *(SPEC.period.at(day) for day in range(3))
    for period, reader in ((first, Rows(9)), (second, Rows(9, on(second.key, text_labels))), (third, Rows(9))):
        watch(replace(places.shop(SPEC, reader), now=lambda end=period.end: end + timedelta(hours=1)), period)
    shop = places.shop(SPEC, Rows(9))
    mended = shop.values.newest("tiny", "events", second.key, Ingested)
    assert mended is not None
    assert mended.problems == ()
    assert shop.lake.read(shop.events, [second.key])["_label"].notna().all()


def test_a_source_that_is_put_right_is_taken_when_the_period_is_made_again() -> None:
    places = Places()
    walked(places, Rows(5, on(BAD_DAY, changed_type)))
    shop = places.shop(SPEC, Rows(5))
    watch(shop, SPEC.period.period(BAD_DAY))
    assert len(shop.lake.read(shop.events, [BAD_DAY])) == 300
    assert watched(shop).count(BAD_DAY) == 1


def test_a_young_period_whose_newer_rows_are_of_another_type_is_given_up() -> None:
    """Read while labels still come, then read again: the second reading is refused, so the first goes too."""
    from datetime import timedelta

    places, reader = Places(), Rows(9)
    first = SPEC.period.at(0)
    young = replace(places.shop(SPEC, reader), now=lambda: first.end)
    watch(young, first)
    assert young.lake.periods(young.events) == [first.key]
    spoiled = Rows(9, on(first.key, changed_type))
    second = SPEC.period.at(1)
    later = replace(places.shop(SPEC, spoiled), now=lambda: second.end + timedelta(hours=1))
    watch(later, second)
    assert later.lake.periods(later.events) == [second.key]
    assert watched(later) == [first.key, second.key]


class Particular:
    """A fitted model that asks for a column that nobody has."""

    report: Any = None

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        raise MissingColumns("columns mood are missing: the model was fitted on them")


def test_a_period_that_lacks_what_the_champion_needs_is_left_unscored_on_record() -> None:
    places, reader = Places(), Rows(9)
    walked(places, reader, "2024-01-07")
    shop = replace(places.shop(SPEC, reader), loaded={"1": Particular()})
    for _ in walk(shop):
        pass
    unable = "version 1 (champion) could not score: columns mood are missing: the model was fitted on them"
    scored = shop.values.newest("tiny", "predictions", "2024-01-08", Scored)
    assert scored is not None
    assert (scored.rows, scored.versions, scored.problems) == (0, {}, (unable,))
    assert shop.lake.periods(shop.predictions)[-1] == "2024-01-07"
    assert [why for kind, why in incidents(shop) if kind == "scoring"] == [unable, unable]
    assert watched(shop)[-1] == "2024-01-09"


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


def test_a_segment_that_vanishes_is_broken_data_and_no_slip_of_the_pen() -> None:
    shop = walked(Places(), Rows(6, on(BAD_DAY, lambda frame: frame.drop(columns="shop"))))
    assert len(watched(shop)) == 6
    assert "'shop' vanished" in decision(shop, BAD_DAY).reason


def test_an_earlier_period_that_proves_broken_when_read_again_is_an_incident_once() -> None:
    from datetime import timedelta

    places, first, second = Places(), SPEC.period.at(0), SPEC.period.at(1)
    watch(replace(places.shop(SPEC, Rows(9)), now=lambda: first.end + timedelta(hours=1)), first)
    assert incidents(places.shop(SPEC, Rows(9))) == []
    spoiled = replace(places.shop(SPEC, Rows(9, on(first.key, thrice))), now=lambda: second.end + timedelta(hours=1))
    ingest(spoiled, second)
    watch(spoiled, second)
    ((kind, why),) = incidents(spoiled)
    assert kind == "data"
    assert why.startswith("2024-01-01, read again for its labels: 66.7% of the rows were duplicates")
