"""Whose baseline a policy reads while a live release is not proven."""

from datetime import timedelta

from retrain_platform.release.base import Stage
from retrain_platform.steps.policy.history import history
from retrain_platform_tests.steps.live_roads import LiveRoad


def until_proven(road: LiveRoad) -> tuple[str, str | None]:
    newest = max(entry.as_of for entry in road.shop.entries())
    period = next(each for each in map(road.spec.period.at, range(200)) if each.end >= newest)
    champion = history(road.shop, period).champion
    assert champion is not None
    return champion.version, champion.until_proven


def test_the_baseline_of_the_version_before_stands_until_the_ledger_says_proven() -> None:
    assert until_proven(LiveRoad().to(Stage.CANARY)) == ("1", None)
    road = LiveRoad().to(Stage.BAKE)
    assert until_proven(road) == ("2", "1")
    assert road.tick(timedelta(days=2, minutes=1)) == ["proven"]
    assert until_proven(road) == ("2", None)


def test_a_release_by_periods_has_its_own_baseline_at_once() -> None:
    road = LiveRoad().to(Stage.BAKE)
    road.spec = road.spec.model_copy(update={"release": road.spec.release.model_copy(update={"live": None})})
    assert until_proven(road) == ("2", None)
