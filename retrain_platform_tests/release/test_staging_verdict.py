"""What a version showed on a staging instance, against what must hold there."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.release.live.plan import Staging
from retrain_platform.release.staging import Asked, Staged, judged

LIMITS = Staging(memory=200 * 2**20, p95=20.0, cpu=5.0)


def shown(**changed: Any) -> Staged:
    asked = (Asked(name="smoke", requests=21), Asked(name="doors", requests=12))
    told = {"memory": 100 * 2**20, "p50": 1.0, "p95": 2.0, "p99": 3.0, "cpu": 0.5, "requests": 200, "asked": asked}
    return Staged(version="7", **{**told, **changed})


def test_what_holds_passes_with_its_numbers() -> None:
    verdict = judged(shown(), LIMITS)
    assert verdict.outcome == "passed"
    assert "21 of 21 smoke" in verdict.sentence
    assert "p95 2.00 ms" in verdict.sentence
    assert "100 MiB" in verdict.sentence


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"memory": 201 * 2**20}, "memory == 201 MiB, must be <= 200 MiB"),
        ({"p95": 20.5}, "p95 == 20.50 ms, must be <= 20 ms"),
        ({"cpu": 5.1}, "cpu == 5.10 ms a request, must be <= 5 ms"),
        ({"asked": (Asked(name="contract of checkout", requests=2, broke=("no score",)),)}, "1 of 2 contract of chec"),
        ({"refused": "booster.txt is torn"}, "could not be loaded: booster.txt is torn"),
    ],
)
def test_what_does_not_hold_fails_by_name(changed: dict[str, Any], said: str) -> None:
    verdict = judged(shown(**changed), LIMITS)
    assert verdict.outcome == "failed"
    assert said in verdict.sentence


def test_all_that_does_not_hold_is_told_at_once() -> None:
    verdict = judged(shown(p95=30.0, cpu=9.0, asked=(Asked(name="smoke", requests=9, broke=("a",) * 5),)), LIMITS)
    assert [part in verdict.sentence for part in ("5 of 9 smoke", "and 2 more", "p95", "cpu")] == [True] * 4


@pytest.mark.parametrize("changed", [{"problem": "no port"}, {"p95": None}, {"memory": None}])
def test_what_could_not_be_measured_is_not_failed(changed: dict[str, Any]) -> None:
    assert judged(shown(**changed), LIMITS).outcome == "cannot_tell"


def test_a_number_without_a_limit_is_only_told() -> None:
    assert judged(shown(p95=None, memory=None, cpu=None), Staging()).outcome == "passed"
