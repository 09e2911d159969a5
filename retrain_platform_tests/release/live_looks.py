"""Looks at a live release in tests: a quick plan, evidence made by hand, and what would move by it."""

from datetime import timedelta
from typing import Any

from retrain_platform.release.base import ReleasePlan, Transition
from retrain_platform.release.live.advance import advance_live, live_standing
from retrain_platform.release.live.evidence import LiveEvidence, Reading
from retrain_platform_tests.release.live_traffic import NOON, LiveRoad, plan

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUICK: dict[str, Any] = {
    "shadow": {"time": "5m", "requests": 1000},
    "rollout": {"kind": "canary", "steps": [20, 50, 100], "hold": "5m"},
    "bake": "20m",
    "inconclusive": 1000,
}


def quick(**changed: Any) -> ReleasePlan:
    return plan(**QUICK | changed)


def standing(road: LiveRoad) -> str:
    return live_standing(road.state, road.evidence(), road.plan, road.now, clock=road.clock, timezone="UTC")


def reading(**told: Any) -> Reading:
    return Reading(**{"measure": "error_rate", "margin": 0.005, "since": NOON, "until": NOON + 2 * HOUR} | told)


SHOWN = {"value": 0.01, "other": 0.01, "n": 500, "n_other": 9000, "not_worse": 9.0}


def told(road: LiveRoad, **changed: Any) -> LiveEvidence:
    """Evidence made by hand that asks for a step up, but for what is `changed`."""
    opened = road.state.open
    assert opened is not None
    measures = ("error_rate", "latency_p95", "labels")
    standard: dict[str, Any] = {
        "version": "2",
        "other": "1",
        "stage": opened.stage,
        "share": opened.share,
        "since": NOON,
        "until": NOON + 2 * HOUR,
        "calls": 500,
        "calls_other": 9000,
        "readings": tuple(reading(measure=name, **SHOWN) for name in measures),
    }
    return LiveEvidence(**standard | changed)


def moved(road: LiveRoad, evidence: LiveEvidence | None, after: timedelta = 2 * HOUR + MINUTE) -> list[Transition]:
    """What `evidence` would move at the time."""
    moves = advance_live(
        road.state, evidence, road.plan, NOON + after, clock=road.clock, as_of=road.road.as_of, timezone="UTC"
    )
    return list(moves)
