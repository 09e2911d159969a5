"""An absolute bound."""

from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.policy import FloorPolicy
from retrain_platform.policy.base import Finding
from retrain_platform_tests.policy.histories import champion, history, readings


def judge(performance: tuple[Any, ...], **fields: Any) -> Finding:
    policy = FloorPolicy(**{"metric": "auc", "at_least": 0.6, "dwell": "2w", **fields})
    return policy.decide(history(20, performance=performance))


@pytest.mark.parametrize(
    ("values", "verdict", "held"),
    [
        ([0.5, 0.5], "fired", 2),
        ([0.7, 0.5], "holding", 1),
        ([0.5], "holding", 1),
        ([0.5, 0.7], "quiet", 0),
        ([0.5, 0.595], "holding", 0),
        ([0.5, 0.6], "quiet", 0),
        ([0.595, 0.5], "holding", 1),
    ],
)
def test_the_whole_interval_must_be_below_for_the_dwell(values: list[float], verdict: str, held: int) -> None:
    found = judge(readings(*values, half=0.01))
    assert (found.verdict, found.held, found.value, found.limit) == (verdict, held, values[-1], 0.6)


def test_the_value_alone_is_enough_where_confirmation_is_not_asked() -> None:
    assert judge(readings(0.595, 0.595, half=0.01), confirmed=False).fired
    assert judge(readings(0.5, 0.5, half=None), confirmed=False).fired


def test_without_an_interval_nothing_is_confirmed() -> None:
    found = judge(readings(0.5, 0.5, half=None))
    assert found.verdict == "holding"
    assert found.sentence.endswith("beyond it, without an interval")


def test_a_ceiling_is_the_mirror_image() -> None:
    def found(*values: float) -> Finding:
        return judge(readings(*values, metric="rmse", half=1), metric="rmse", at_least=None, at_most=30)

    assert found(32, 32).fired
    assert found(30.5, 30.5).verdict == "holding"
    assert found(29, 28).verdict == "quiet"


def test_only_the_champions_own_readings_count() -> None:
    both = (*readings(0.5, 0.5), *readings(0.7, first=6, version="2"))
    policy = FloorPolicy(metric="auc", at_least=0.6)
    assert policy.decide(history(20, performance=both)).fired
    assert policy.decide(history(20, performance=both, champion=champion(6, version="2"))).verdict == "quiet"


def test_without_readings_it_cannot_tell() -> None:
    assert judge(()).sentence == "auc cannot be judged: no ripe reading of version 1 is in"
    none = FloorPolicy(metric="auc", at_least=0.6).decide(history(champion=None))
    assert (none.verdict, none.sentence) == ("cannot tell", "auc cannot be judged: there is no champion")


def test_sentences() -> None:
    assert (
        judge(readings(0.5, 0.5)).sentence
        == "auc 0.5 in 2013-02-05, must be at least 0.6; beyond it for 2 of 2 ripe periods"
    )
    assert judge(readings(0.7)).sentence == "auc 0.7 in 2013-01-29, must be at least 0.6; it is"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metric": "rmse", "at_least": 3}, "at_least == 3.0, must be at_most: rmse is better when smaller"),
        ({"metric": "auc", "at_most": 0.9}, "at_most == 0.9, must be at_least: auc is better when greater"),
        ({"metric": "auc"}, "at_least == None and at_most == None, must be one of them given"),
    ],
)
def test_a_bound_on_the_wrong_side_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FloorPolicy(**fields)
