"""A metric estimated before its labels came."""

from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.policy import EstimatePolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform_tests.policy.histories import champion, estimate, history, readings

WEEK = 20
PROVEN = readings(0.69, 0.70, 0.71)


def judge(*values: float | None, half: float = 0.01, known: dict[str, Any] | None = None, **fields: Any) -> Finding:
    estimated = tuple(estimate(10 + place, each, half, "switched off") for place, each in enumerate(values))
    policy = EstimatePolicy(**{"metric": "auc", "falls_by": 0.05, "dwell": "2w", **fields})
    return policy.decide(history(WEEK, **{"performance": PROVEN, "estimated": estimated, **(known or {})}))


@pytest.mark.parametrize(
    ("values", "verdict", "held"),
    [
        ([0.62, 0.62], "fired", 2),
        ([0.70, 0.62], "holding", 1),
        ([0.62, 0.70], "quiet", 0),
        ([0.65, 0.65], "quiet", 0),
        ([0.62, None], "cannot tell", 0),
    ],
)
def test_each_period_of_the_dwell_must_be_below(values: list[float | None], verdict: str, held: int) -> None:
    found = judge(*values)
    assert (found.verdict, found.held) == (verdict, held)
    assert found.action is {"fired": Action.INVESTIGATE, "holding": Action.WATCH}.get(verdict, Action.NONE)


def test_an_estimate_as_unsure_as_its_fall_confirms_nothing() -> None:
    found = judge(0.62, 0.62, half=0.15)
    assert found.verdict == "holding"
    assert "not confirmed" in found.sentence


def test_never_asks_for_a_retrain() -> None:
    assert judge(0.5, 0.5, action="watch").action is Action.WATCH
    for action in ("schedule", "retrain", "retrain_now"):
        with pytest.raises(ValidationError, match="watch"):
            EstimatePolicy(metric="auc", falls_by=0.05, action=action)


def test_the_newest_estimate_of_a_period_counts_and_only_the_champions() -> None:
    twice = (estimate(10, 0.5), estimate(10, 0.7).model_copy(update={"as_of": estimate(11, 0.7).as_of}))
    assert judge(known={"estimated": twice}, dwell="1w").verdict == "quiet"
    assert judge(known={"estimated": (estimate(10, 0.5, version="2"),)}).verdict == "cannot tell"


def test_says_why_it_cannot_tell() -> None:
    assert judge(None).sentence == "auc has no estimate in 2013-03-12: switched off"
    assert "1 is in" in judge(0.6, known={"performance": readings(0.7)}).sentence
    assert "there is none" in judge(0.6, known={"champion": None}).sentence
    assert "no period of this champion awaits its labels" in judge(known={"champion": champion(3)}).sentence


def test_a_rise_of_an_error_is_a_fall() -> None:
    values = readings(20, 20, 20, metric="rmse", half=0.1)
    estimated = estimate(10, 25.0, 1.0)
    estimated = estimated.model_copy(update={"metrics": {"rmse": estimated.metrics["auc"]}})
    policy = EstimatePolicy(metric="rmse", falls_by_share=0.1)
    found = policy.decide(history(WEEK, performance=values, estimated=(estimated,)))
    assert (found.verdict, found.value, found.limit) == ("fired", pytest.approx(5), pytest.approx(2))
