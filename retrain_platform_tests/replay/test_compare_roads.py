"""What was lived, beside never retraining and releasing at once: against scores computed here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_equal
from sklearn.metrics import roc_auc_score

from retrain_platform.replay.compare import Compared, compare_roads, lived
from retrain_platform.replay.walk import walk
from retrain_platform.steps.known import labelled
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec


def walked(days: int, **changed: Any) -> Workshop:
    shop = Places().shop(tiny_spec(**changed), Rows(days))
    for _ in walk(shop):
        pass
    return shop


@pytest.fixture(scope="module")
def road() -> Workshop:
    """Three versions, the second through a canary."""
    return walked(20, release={"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.2, "patience": 6})


@pytest.fixture(scope="module")
def roads(road: Workshop) -> Compared:
    return compare_roads(road, end(road))


def end(shop: Workshop) -> Any:
    return max(entry.as_of for entry in shop.entries())


def made(shop: Workshop) -> list[tuple[Any, str]]:
    """When each version's data ended, and its number."""
    return [(entry.as_of, entry.body["version"]) for entry in shop.entries() if entry.kind == RETRAINED]


def auc_of(shop: Workshop, period: str, version: str) -> float:
    frame = labelled(shop, period, end(shop))
    return float(roc_auc_score(frame["_label"], shop.fitted(version).score(frame)))


def test_the_road_has_what_these_tests_are_about(road: Workshop, roads: Compared) -> None:
    assert len(made(road)) >= 3
    assert roads.retrains == len(made(road)) - 1
    scored = [labelled(road, key, end(road)) for key in roads.periods]
    assert any((frame["used"] == "canary").any() for frame in scored)
    assert roads.never != roads.at_once


def test_never_is_the_first_model_in_every_period(road: Workshop, roads: Compared) -> None:
    first = made(road)[0][1]
    assert roads.never == pytest.approx([auc_of(road, key, first) for key in roads.periods])


def test_at_once_is_the_newest_version_whose_data_ended_before_the_period(road: Workshop, roads: Compared) -> None:
    for key, value in zip(roads.periods, roads.at_once, strict=True):
        start = road.spec.period.period(key).start
        newest = [version for as_of, version in made(road) if as_of <= start][-1]
        assert value == pytest.approx(auc_of(road, key, newest))


def test_lived_is_what_answered_the_canary_on_its_own_rows(road: Workshop, roads: Compared) -> None:
    mixed = 0
    for key, value in zip(roads.periods, roads.lived, strict=True):
        frame = labelled(road, key, end(road))
        canary = (frame["used"] == "canary").to_numpy()
        answered = np.where(canary, frame["canary"], frame["champion"])
        assert value == pytest.approx(roc_auc_score(frame["_label"], answered))
        mixed += bool(canary.any() and value != pytest.approx(roc_auc_score(frame["_label"], frame["champion"])))
    assert mixed


def test_lived_has_an_interval_around_each_value(road: Workshop, roads: Compared) -> None:
    by_period = lived(road, end(road))
    assert tuple(by_period) == roads.periods
    # A period of one day is one group: it has a value and no interval.
    assert {interval.groups for interval in by_period.values()} == {1}
    assert all(math.isnan(interval.low) for interval in by_period.values())


def test_an_earlier_look_is_the_beginning_of_a_later_one(road: Workshop, roads: Compared) -> None:
    middle = road.spec.period.period(roads.periods[len(roads.periods) // 2]).end
    early = compare_roads(road, middle)
    known = len(early.periods)
    assert 0 < known < len(roads.periods)
    assert early.periods == roads.periods[:known]
    assert (early.lived, early.never, early.at_once) == (
        roads.lived[:known],
        roads.never[:known],
        roads.at_once[:known],
    )
    assert early.retrains == sum(as_of <= middle for as_of, _ in made(road)) - 1


def test_comparing_changes_nothing(road: Workshop) -> None:
    before = outcome(road)
    compare_roads(road, end(road))
    assert_equal(outcome(road), before)


def test_a_road_without_a_version_has_nothing_to_compare() -> None:
    gates = {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.999}]}
    shop = walked(8, validation=gates)
    found = compare_roads(shop, end(shop))
    assert made(shop)
    assert {version for _, version in made(shop)} == {None}
    assert (found.periods, found.retrains) == ((), 0)
    assert math.isnan(found.mean("lived"))


def test_means_are_over_the_periods_that_all_three_roads_measured() -> None:
    found = Compared(
        metric="auc",
        periods=("a", "b", "c", "d"),
        lived=(0.9, 0.6, None, 0.8),
        never=(None, 0.5, 0.1, 0.7),
        at_once=(None, 0.7, 0.1, 0.9),
        retrains=1,
    )
    means = [found.mean(road) for road in ("lived", "never", "at_once")]
    assert means == pytest.approx([0.7, 0.6, 0.8])
