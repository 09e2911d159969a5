"""A walked road: which steps it takes, in which order, and that it can stop and go on anywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.testing import assert_equal

from retrain_platform.dataset.checks import CheckResult, GateReport
from retrain_platform.replay.walk import walk
from retrain_platform.steps.lines import DECIDED, INCIDENT, REQUESTED, RETRAINED
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec

DAYS = 12


def fresh(days: int = DAYS, places: Places | None = None, **changed: Any) -> Workshop:
    return (places or Places()).shop(tiny_spec(**changed), Rows(days))


def taken(shop: Workshop, until: str | None = None) -> list[tuple[str, str]]:
    return [(step.kind, step.period.key) for step in walk(shop, until)]


def test_every_closed_period_is_watched_once_and_in_order() -> None:
    watched = [period for kind, period in taken(fresh()) if kind == "watch"]
    assert watched == [f"2024-01-{day:02d}" for day in range(1, DAYS + 1)]


def test_a_decided_retrain_is_taken_before_the_next_period() -> None:
    shop = fresh()
    steps = taken(shop)
    decided = [entry.body["period"] for entry in shop.entries() if entry.kind == DECIDED]
    assert len(decided) == 2
    for period in decided:
        assert steps[steps.index(("watch", period)) + 1] == ("retrain", period)
    assert [period for kind, period in steps if kind == "retrain"] == decided


def test_a_road_that_was_walked_has_no_step_left() -> None:
    shop = fresh()
    taken(shop)
    before = outcome(shop)
    assert taken(shop) == []
    assert_equal(outcome(shop), before)


def test_a_step_is_given_when_it_is_done_and_no_further_one_was_taken() -> None:
    shop = fresh()
    road = walk(shop)
    first = next(road)
    assert first.period.key == "2024-01-01"
    assert shop.lake.periods(shop.events) == ["2024-01-01"]
    assert [entry.body["period"] for entry in shop.entries() if entry.kind == "watched"] == ["2024-01-01"]


def test_until_is_the_last_period_watched_and_its_retrain_is_still_taken() -> None:
    shop = fresh()
    retrained = next(period for kind, period in taken(fresh()) if kind == "retrain")
    assert taken(shop, until=retrained)[-2:] == [("watch", retrained), ("retrain", retrained)]


def test_a_road_walked_in_two_parts_by_two_processes_ends_as_one_walked_at_once() -> None:
    places = Places()
    taken(fresh(places=places), until="2024-01-06")
    second = fresh(places=places)
    taken(second)
    whole = fresh()
    taken(whole)
    assert_equal(outcome(second), outcome(whole))


def test_observe_decides_but_retrains_nothing() -> None:
    shop = fresh(mode="observe")
    assert {kind for kind, _ in taken(shop)} == {"watch"}
    assert any(entry.kind == DECIDED for entry in shop.entries())
    assert shop.registry.versions(shop.model) == []


def test_a_request_is_decided_in_the_newest_period_and_then_retrained() -> None:
    shop = fresh(policy={"kind": "any_of", "policies": [{"kind": "schedule", "every": "90d"}]})
    taken(shop)
    asked = {"kind": "manual", "urgent": False}
    shop.ledger.append(shop.model, REQUESTED, "asked:1", shop.entries()[-1].as_of, body=asked, actor="ann", why="why")
    newest = f"2024-01-{DAYS:02d}"
    assert taken(shop) == [("decide", newest), ("retrain", newest)]
    assert [version.version for version in shop.registry.versions(shop.model)] == ["1", "2"]


def test_a_refused_dataset_ends_its_retrain_on_record_and_the_road_goes_on() -> None:
    def refuse(frame: Any, spec: Any, *, snapshot_id: str, **_: Any) -> GateReport:
        result = CheckResult(name="row_minimum", verdict="failed", sentence="refused by the test")
        return GateReport(snapshot_id=snapshot_id, passed=False, results=(result,))

    shop = replace(fresh(), gate=refuse)
    steps = taken(shop)
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED]
    assert ended
    assert {(entry.body["version"], entry.body["verdict"]) for entry in ended} == {(None, "data refused")}
    assert all(entry.why == "refused by the test" for entry in shop.entries() if entry.kind == INCIDENT)
    assert shop.registry.versions(shop.model) == []
    assert steps[-1][1] == f"2024-01-{DAYS:02d}"


def test_an_empty_source_has_nothing_to_walk() -> None:
    class Nothing(Rows):
        def watermark(self) -> None:
            return None

    shop = replace(fresh(), reader=Nothing(0))
    assert taken(shop) == []
    assert shop.entries() == []
