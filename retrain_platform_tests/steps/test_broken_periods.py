"""A period that is broken is kept on record, alerted and not learned from; the road goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.replay.walk import walk
from retrain_platform.steps.known import ripened
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform_tests.steps.spoiled import (
    BAD_DAY,
    SPEC,
    Particular,
    all_null,
    changed_type,
    incidents,
    mixed_types,
    no_labels,
    no_rows,
    on,
    text_labels,
    third_class,
    thrice,
    vanished,
    walked,
    watched,
)
from retrain_platform_tests.steps.tiny import Places, Rows, decision

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


def test_a_segment_that_vanishes_is_broken_data_and_no_slip_of_the_pen() -> None:
    shop = walked(Places(), Rows(6, on(BAD_DAY, lambda frame: frame.drop(columns="shop"))))
    assert len(watched(shop)) == 6
    assert "'shop' vanished" in decision(shop, BAD_DAY).reason
