"""Cron, blackouts, escalation and events on the road: what is decided when, and what stays on record."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.replay.walk import walk
from retrain_platform.steps.policy.deciding import decide
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

ZONED = {"every": "day", "start": "2024-01-01", "timezone": "America/New_York"}


def walked(policy: dict[str, Any], days: int, change: Any = lambda frame, period: frame, **changed: Any) -> Workshop:
    shop = Places().shop(tiny_spec(policy=policy, **changed), Rows(days, change))
    for _ in walk(shop):
        pass
    return shop


def decisions(shop: Workshop) -> dict[str, RetrainDecision]:
    keys = [entry.body["period"] for entry in shop.entries() if entry.kind == "watched"]
    found = {key: shop.values.newest(shop.model, "retrain_decision", key, RetrainDecision) for key in keys}
    return {key: decision for key, decision in found.items() if decision is not None}


def retrained(shop: Workshop) -> list[str]:
    return [entry.body["period"] for entry in shop.entries() if entry.kind == "retrained"]


def test_two_cadences_and_a_blackout() -> None:
    """On the 8th and 17th at noon, more often in a season in which a release is open; two days are closed."""
    policy = {
        "kind": "any_of",
        "policies": [
            {"kind": "schedule", "cron": "0 12 8,17 * *"},
            {"kind": "schedule", "every": "20d", "calendar": [{"from": "01-12", "to": "01-16", "every": "3d"}]},
        ],
        "blackouts": [{"from": "2024-01-18", "to": "2024-01-19", "why": "stock-taking"}],
    }
    shop = walked(policy, 20)
    found = decisions(shop)

    assert retrained(shop)[1:] == ["2024-01-08", "2024-01-19"]
    assert found["2024-01-10"].action.value == "none"
    assert "due every 3d (season 01-12..01-16), on 2024-01-12" in found["2024-01-11"].reason
    held = found["2024-01-17"]
    assert held.reason.startswith("watch: retrain held back by the blackout 2024-01-18..2024-01-19 (stock-taking)")
    assert held.opposite.startswith("a retrain would follow if this no longer stood against it: the blackout")
    assert "due by cron 0 12 8,17 * *, on 2024-01-17" in found["2024-01-19"].reason


def test_deciding_again_says_the_same() -> None:
    shop = walked({"kind": "schedule", "cron": "0 12 8 * *", "jitter": 0}, 12, period=ZONED)
    for key, decision in decisions(shop).items():
        again = decide(shop, shop.spec.period.period(key))
        assert (again.id, again.opposite) == (decision.id, decision.opposite)


def test_the_table_looks_into_a_fall_and_retrains_with_a_time() -> None:
    """From 11 January on the labels are turned around for a third of the rows; proven are the first days."""

    def spoiled(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        turned = (frame.index % 3 == 0) & (period.key >= "2024-01-11")
        return frame.assign(bad=frame["bad"].where(~turned, 1 - frame["bad"]))

    table = {
        "kind": "escalation",
        "metric": "auc",
        "rows": [{"falls_by_share": 0.1, "action": "retrain", "within": "2d"}],
    }
    shop = walked({"kind": "any_of", "policies": [table]}, 16, spoiled)
    soon = {key: each for key, each in decisions(shop).items() if each.urgency == "soon"}

    first = min(soon)
    assert first >= "2024-01-11"
    assert soon[first].action.value == "retrain"
    assert soon[first].by == soon[first].as_of + pd.Timedelta(days=2)
    assert "worse than its baseline" in soon[first].reason
    assert first in retrained(shop)


def test_an_event_is_investigated_once_and_keeps_who_and_why() -> None:
    reader = Rows(6)
    places = Places()
    shop = places.shop(tiny_spec(policy={"kind": "schedule", "every": "30d"}), reader)
    for _ in walk(shop):
        pass
    body = {"kind": "competitor", "urgent": False}
    period = shop.spec.period.period("2024-01-06")
    shop.ledger.append(
        shop.model, "requested", "requested:1", period.end, body=body, actor="ana", why="they cut prices"
    )

    steps = [step.kind for step in walk(places.shop(shop.spec, reader))]

    newest = decisions(shop)["2024-01-06"]
    assert steps == ["decide"]
    assert newest.reason.startswith("investigate: ana filed an event (competitor): they cut prices")
    assert newest.answers == ("requested:1",)
    assert [step.kind for step in walk(places.shop(shop.spec, Rows(7)))] == ["watch"]
    assert decisions(shop)["2024-01-07"].action.value == "none"
