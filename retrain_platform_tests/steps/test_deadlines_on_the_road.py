"""A time that a decision leaves for its retrain, on the road: told once when it has passed, and where it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.replay.walk import take, walk
from retrain_platform.steps.due import due
from retrain_platform.steps.papers.story import log_lines, missed_since
from retrain_platform.steps.policy.deadlines import Deadline, missed_deadlines, standing_deadline, tell_missed
from retrain_platform.steps.policy.fleet import standing
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

TABLE = {
    "kind": "any_of",
    "policies": [
        {
            "kind": "escalation",
            "rows": [{"drift": "psi", "over": 0.5, "action": "retrain", "within": "2d"}],
        }
    ],
}


def moved(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """From the tenth day on the feature lies elsewhere."""
    return frame.assign(x=frame["x"] + 3 * (period.key >= "2024-01-10"))


def shop_of(days: int, places: Places, **changed: Any) -> Workshop:
    return places.shop(tiny_spec(policy=TABLE, **changed), Rows(days, moved))


def walked(shop: Workshop) -> Workshop:
    for _ in walk(shop):
        pass
    return shop


@pytest.fixture(scope="module")
def before() -> Places:
    """Nine days with a model that answers."""
    places = Places()
    walked(shop_of(9, places))
    return places


def missed(shop: Workshop) -> list[tuple[str, str]]:
    found = missed_deadlines(shop.ledger.entries(shop.model))
    return [(entry.body["period"], entry.as_of.date().isoformat()) for entry in found]


def left(shop: Workshop) -> Deadline | None:
    return standing_deadline(shop.spec, shop.ledger.entries(shop.model), shop.values)


def test_where_retrains_are_only_observed_it_is_told_once_when_it_has_passed(before: Places) -> None:
    """Decided at the end of the 10th, so by midnight of the 13th; the days after it ask for the same again."""
    places = before.copy()
    one = walked(shop_of(11, places, mode="observe"))
    assert missed(one) == []
    assert left(one) == Deadline(period="2024-01-10", by=one.spec.period.period("2024-01-12").end, missed=False)

    more = walked(shop_of(15, places, mode="observe"))
    assert missed(more) == [("2024-01-10", "2024-01-13")]
    (why,) = missed_since(more.entries())
    assert why.startswith("no retrain has begun within 2d of the decision of 2024-01-10, by 2024-01-13 00:00: retrain:")
    found = left(more)
    assert found is not None
    assert found.shown == "missed: a retrain was due by 2024-01-13 00:00"
    assert standing(more.spec, more.ledger.entries("tiny"), more.values).deadline == found.shown


def test_a_retrain_that_begins_in_time_leaves_none(before: Places) -> None:
    shop = walked(shop_of(14, before.copy()))
    assert [e.body["period"] for e in shop.entries() if e.kind == "retrained"][-1] >= "2024-01-10"
    assert missed(shop) == []
    assert all(not line.late for line in log_lines(shop, shop.spec.period.period("2024-01-14").end))


def test_while_the_road_stands_still_the_wall_clock_tells(before: Places) -> None:
    """The retrain comes before the next period: where it does not begin, no period is watched and nothing is told."""
    shop = shop_of(14, before.copy())
    while (step := due(shop.spec, shop.entries(), shop.reader.watermark()).step) and step.kind == "watch":
        take(shop, step)
    assert step is not None
    decided = shop.entries()[-1]
    reached = step.period.end

    def tell(hours: float) -> str:
        now = decided.at + timedelta(hours=hours)
        return tell_missed(shop.spec, shop.ledger, shop.values, reached=reached, now=now)

    assert tell(47) == ""
    assert tell(49).startswith("no retrain has begun within 2d")
    assert tell(50) == ""
    assert len(missed(shop)) == 1

    walked(shop)
    assert left(shop) is None
    late = [line.late for line in log_lines(shop, shop.spec.period.period("2024-01-14").end)]
    assert [bool(each) for each in late].count(True) == 1
    assert missed_since(shop.entries()) == []


def test_watching_a_period_again_tells_nothing_twice(before: Places) -> None:
    shop = walked(shop_of(13, before.copy(), mode="observe"))
    told = missed(shop)
    again = shop.spec.period.period("2024-01-13")
    assert len(told) == 1
    assert tell_missed(shop.spec, shop.ledger, shop.values, reached=again.end) == ""
    assert missed(shop) == told


def test_decisions_of_every_third_day_measure_every_day() -> None:
    """Days 3, 6, 9, ... of the calendar decide; the days between say when, and their evidence counts on."""
    policy = {"decide_every": "3d", "kind": "any_of", "policies": [{"kind": "schedule", "every": "4d"}]}
    shop = walked(Places().shop(tiny_spec(policy=policy), Rows(13)))
    trained = [entry.body["period"] for entry in shop.entries() if entry.kind == "retrained"]
    spec = shop.spec.period
    assert len(trained) > 1
    assert all((spec.index(key) + 1) % 3 == 0 for key in trained[1:])
    said = {entry.body["period"]: entry.why for entry in shop.entries() if entry.kind == "watched"}
    between = [why for key, why in said.items() if (spec.index(key) + 1) % 3 and key > trained[0]]
    assert between
    assert all("the next decision" in why for why in between)
