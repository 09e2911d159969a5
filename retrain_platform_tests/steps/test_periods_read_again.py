"""A period is read again while its labels come, or when somebody asks: what is put right is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from retrain_platform.replay.walk import watch
from retrain_platform.steps.dataset.ingesting import ingest
from retrain_platform.steps.values import Ingested
from retrain_platform_tests.steps.spoiled import (
    BAD_DAY,
    SPEC,
    changed_type,
    incidents,
    on,
    text_labels,
    thrice,
    walked,
    watched,
)
from retrain_platform_tests.steps.tiny import Places, Rows


def test_labels_that_are_put_right_while_they_still_come_make_the_period_sound() -> None:
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


def test_an_earlier_period_that_proves_broken_when_read_again_is_an_incident_once() -> None:
    places, first, second = Places(), SPEC.period.at(0), SPEC.period.at(1)
    watch(replace(places.shop(SPEC, Rows(9)), now=lambda: first.end + timedelta(hours=1)), first)
    assert incidents(places.shop(SPEC, Rows(9))) == []
    spoiled = replace(places.shop(SPEC, Rows(9, on(first.key, thrice))), now=lambda: second.end + timedelta(hours=1))
    ingest(spoiled, second)
    watch(spoiled, second)
    ((kind, why),) = incidents(spoiled)
    assert kind == "data"
    assert why.startswith("2024-01-01, read again for its labels: 66.7% of the rows were duplicates")
