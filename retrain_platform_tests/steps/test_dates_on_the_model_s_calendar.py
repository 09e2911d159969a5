"""What people read of a road east and west of Greenwich: the days of the model's own calendar; no instant moves."""

from __future__ import annotations

from datetime import UTC

import pytest

from retrain_platform.replay.walk import walk
from retrain_platform.steps.policy.deciding import decide
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, decision, tiny_spec


@pytest.fixture(scope="module", params=["Europe/Berlin", "America/New_York"])
def shop(request: pytest.FixtureRequest) -> Workshop:
    spec = tiny_spec(period={"every": "day", "start": "2024-01-02", "timezone": request.param})
    shop = Places().shop(spec, Rows(9))
    for _ in walk(shop):
        pass
    return shop


def test_the_schedule_and_the_release_speak_of_local_days(shop: Workshop) -> None:
    trained = next(entry for entry in shop.entries() if entry.kind == "retrained")
    period = shop.spec.period.period(trained.body["period"])
    later = shop.spec.period.at(shop.spec.period.index(period.key) + 1)
    ended = period.end.date()
    said = [part.sentence for part in decision(shop, later.key).finding.parts[0].parts]
    assert said[0].startswith(f"last training {ended}, 1 days ago; due every 5d, on {ended.replace(day=ended.day + 5)}")
    assert shop.state().released_as_of.date() == ended
    (first,) = [e.why for e in shop.entries() if e.kind == "promoted" and e.body["version"] == "1"]
    assert f"answers from {ended} on" in first


def test_the_instants_are_the_ledger_s_and_a_decision_made_again_is_the_same(shop: Workshop) -> None:
    kept = shop.ledger.entries(shop.model)
    assert [entry.as_of for entry in shop.entries()] == [entry.as_of for entry in kept]
    assert {entry.as_of.tzinfo for entry in kept} == {UTC}
    for key in ("2024-01-03", "2024-01-06", "2024-01-08"):
        assert decide(shop, shop.spec.period.period(key)).id == decision(shop, key).id
    assert len(shop.ledger.entries(shop.model)) == len(kept)
