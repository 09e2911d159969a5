"""What a person who looks at a live release is told, whoever is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from retrain_platform.release.base import Stage
from retrain_platform.steps.by_hand.shown import show
from retrain_platform.steps.lines import PAUSED
from retrain_platform.steps.release.standing import LiveShown, live_shown
from retrain_platform_tests.steps.live_roads import LiveRoad, traffic
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

MINUTES = timedelta(minutes=1)


def shown(road: LiveRoad) -> LiveShown:
    found = show(replace(road.shop, bins=road.bins)).live
    assert found is not None
    return found


def test_a_canary_is_told_with_share_time_evidence_and_what_is_missing() -> None:
    road = LiveRoad().to(Stage.CANARY)
    began = road.now
    road.bins.add("tiny", traffic(road.shop.state(), "unclear", began, began + 3 * MINUTES))
    road.now = began + 3 * MINUTES
    found = shown(road)
    assert (found.stage, found.share, found.since) == (Stage.CANARY, 10, began)
    assert found.standing.startswith("version 2 in canary at 10% for 3m (5m to 1h): waits for error_rate")
    (row,) = found.rows()
    assert row["measure"] == "error_rate"
    assert {"version 2", "version 1", "e-value of worse", "of not worse"} <= set(row)
    assert any(line.startswith("seen until 2024-01-03 ") for line in found.lines())


def test_staging_says_what_was_tried_and_a_pause_what_it_holds() -> None:
    road = LiveRoad().to(Stage.STAGING)
    road.staged("2", problem="port 9 is taken")
    road.shop.ledger.append("tiny", PAUSED, "paused:1", road.now, actor="ana", why="fair")
    told = shown(road).lines()
    assert any("in staging: cannot tell: not judged: port 9 is taken" in line for line in told)
    assert "the way up is held, the way back is not: paused, fair (ana)" in told


def test_evidence_that_is_away_keeps_nobody_from_looking() -> None:
    road = LiveRoad().to(Stage.CANARY)

    class Away:
        def bins(self, *_: Any) -> Any:
            raise OSError("disk")

        def complete_until(self) -> None:
            return None

    found = live_shown(replace(road.shop, bins=Away()), road.shop.entries(), road.now)
    assert found is not None
    assert (found.evidence, found.unread) == (None, "OSError: disk")
    assert "the evidence cannot be read here: OSError: disk" in found.lines()


def test_a_model_that_moves_by_periods_shows_no_live_release() -> None:
    shop = Places().shop(tiny_spec(), Rows(2))
    assert live_shown(shop, [], shop.now()) is None
    assert show(shop).live is None


def test_after_the_promotion_the_newest_look_is_told() -> None:
    road = LiveRoad().to(Stage.BAKE)
    road.tick(timedelta(hours=2, minutes=1))
    found = shown(road)
    assert found.lines()[-1].startswith("2h after it took over, ")
    assert len(found.checks) == 1
