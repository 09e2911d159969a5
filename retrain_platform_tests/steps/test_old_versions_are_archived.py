"""Versions that nobody may need again are tagged, once; who may be needed is spared, and nothing is deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from retrain_platform.release.base import Stage
from retrain_platform.steps.by_hand.acting import Act
from retrain_platform.steps.by_hand.moving import reject, roll_back
from retrain_platform.steps.lines import ARCHIVED, RETRAINED
from retrain_platform.steps.release.archiving import archive
from retrain_platform_tests.steps.live_roads import LiveRoad

WEEKS = timedelta(weeks=1)


def tags(road: LiveRoad) -> dict[str, str]:
    return {made.version: made.tags.get("archived", "") for made in road.shop.registry.versions("tiny")}


def archived(road: LiveRoad, at: datetime) -> tuple[str, ...]:
    return archive(road.shop, road.shop.state(), at)


def test_what_was_turned_away_long_ago_is_tagged_once_and_kept() -> None:
    road = LiveRoad(archive_after="4w").to(Stage.SHADOW)
    reject(road.shop, Act(actor="ana", why="slow"))
    end = road.shop.state().ended[-1].stage_as_of
    assert archived(road, end + 4 * WEEKS - timedelta(seconds=1)) == ()
    assert archived(road, end + 4 * WEEKS) == ("2",)
    assert archived(road, end + 5 * WEEKS) == ()
    assert tags(road) == {"1": "", "2": f"{end + 4 * WEEKS:%Y-%m-%d}", "3": ""}
    assert sum(entry.kind == ARCHIVED for entry in road.shop.entries()) == 1


def test_who_answers_who_would_and_whoever_has_an_alias_are_spared() -> None:
    road = LiveRoad(archive_after="4w").to(Stage.BAKE)
    road.tick(timedelta(days=3))
    assert road.shop.state().champion == "2"
    assert archived(road, road.now + 9 * WEEKS) == ()  # version 1 is whom a rollback returns to
    roll_back(road.shop, Act(actor="ana", why="odd"))
    road.shop.registry.set_aliases("tiny", {"by_hand": "2"})
    assert archived(road, road.now + 9 * WEEKS) == ()
    road.shop.registry.set_aliases("tiny", {"by_hand": None})
    assert archived(road, road.now + 9 * WEEKS) == ("2",)


def test_while_its_rows_are_in_quarantine_a_version_is_spared() -> None:
    road = LiveRoad(archive_after="4w").to(Stage.BAKE)
    body = {"version": "2", "decision_id": "d2", "training_rows": 9, "seen_until": None}
    until = "2024-01-03T00:00:00+00:00"
    road.shop.ledger.append("tiny", RETRAINED, "r2", road.now, body={**body, "ripe_until": until})
    roll_back(road.shop, Act(actor="ana", why="odd"))
    assert archived(road, road.now + 9 * WEEKS) == ()


def test_where_the_spec_says_never_nothing_is_archived() -> None:
    road = LiveRoad(archive_after=None).to(Stage.SHADOW)
    reject(road.shop, Act(actor="ana", why="slow"))
    assert archived(road, road.now + 900 * WEEKS) == ()
