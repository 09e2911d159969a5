"""Drift judged by segment: each by itself, together no more often falsely than one."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy import AnyOf, FeatureDriftPolicy, NewCategoriesPolicy, SchedulePolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.reads import segments_read
from retrain_platform.stats.tails import of_chance, of_periods
from retrain_platform_tests.policy.histories import WEEK as ONE_WEEK
from retrain_platform_tests.policy.histories import feature, history, in_origins

WEEK = 11


def moved(score: float, noise: float | None = 0.001, sampling: float = 0.001, name: str = "dest") -> FeatureDrift:
    return feature(name, {"psi": score}, {"psi": noise}, noise_periods=8, sampling={"psi": sampling})


def judge(*reports: DriftReport, **fields: Any) -> Finding:
    policy = FeatureDriftPolicy(**{"features": ["*"], "over": 0.2, "segment": "origin", **fields})
    return policy.decide(history(WEEK, segment_drift=reports))


def test_one_segment_is_enough_and_each_has_its_part() -> None:
    found = judge(in_origins(WEEK, EWR=(moved(0.5),), JFK=(moved(0.1),)))
    assert (found.verdict, found.value, found.action) == ("fired", 0.5, Action.RETRAIN)
    assert [(part.trigger, part.verdict) for part in found.parts] == [
        ("feature_drift origin = EWR", "fired"),
        ("feature_drift origin = JFK", "quiet"),
    ]
    assert found.sentence.startswith("origin = EWR: psi over its limit: 0.5 of dest against 0.2")


def test_only_the_named_segments_are_judged() -> None:
    drift = in_origins(WEEK, EWR=(moved(0.1),), JFK=(moved(0.5),))
    found = judge(drift, segment=None, segments={"origin": ["EWR"]})
    assert (found.verdict, len(found.parts)) == ("quiet", 1)
    assert found.sentence.startswith("psi within limits in 1 segments, nearest origin = EWR")


def test_a_segment_without_rows_is_not_quiet() -> None:
    found = judge(in_origins(WEEK, EWR=(moved(0.1),)), segment=None, segments={"origin": ["EWR", "LGA"]})
    assert found.verdict == "cannot tell"
    assert found.sentence == "origin = LGA: no rows in the reference or in the period"


def test_a_segment_of_few_rows_cannot_be_told_and_says_so() -> None:
    found = judge(in_origins(WEEK, EWR=(moved(0.1),), JFK=(moved(0.25, sampling=0.3),)))
    assert found.verdict == "cannot tell"
    assert found.sentence.startswith("origin = JFK: too few rows: chance alone can reach 0.2 (psi 0.25 of dest")
    assert judge(in_origins(WEEK, EWR=(moved(0.1),), JFK=(moved(9.0, sampling=0.3),))).fired


def test_a_segment_whose_noise_is_not_known_cannot_be_told() -> None:
    found = judge(in_origins(WEEK, EWR=(moved(0.9, noise=None),)))
    assert found.verdict == "cannot tell"
    assert "takes 2 reference periods" in found.sentence


def test_the_limit_is_corrected_for_segments_times_features() -> None:
    """Noise of 8 periods at .1: 1 look goes to the 1 in 20, 6 looks to 1 in 120."""
    two = tuple(moved(0.1, noise=0.1, name=name) for name in ("dest", "carrier"))
    alone = judge(in_origins(WEEK, EWR=two[:1]), over=0.01)
    six = judge(in_origins(WEEK, EWR=two, JFK=two, LGA=two), over=0.01)
    assert alone.limit == pytest.approx(0.1 * of_periods(8, 0.05))
    assert six.limit == pytest.approx(0.1 * of_periods(8, 0.05 / 6))
    asked = judge(in_origins(WEEK, EWR=two[:1]), over=0.01, false_alarms=0.01)
    assert asked.limit == pytest.approx(0.1 * of_periods(8, 0.01))


def test_what_chance_alone_gives_is_not_carried_out() -> None:
    """Of a noise of .1 chance gives .06 on average: periods differ by the .04 that is over it."""
    known = moved(0.1, noise=0.1).model_copy(update={"chance": {"psi": 0.06, "js": 0.06}})
    assert judge(in_origins(WEEK, EWR=(known,)), over=0.01).limit == pytest.approx(0.06 + 0.04 * of_periods(8, 0.05))
    root = known.model_copy(update={"scores": {"js": 0.1}, "noise": {"js": 0.1}, "sampling": {}})
    limit = judge(in_origins(WEEK, EWR=(root,)), over=0.01, method="js").limit
    assert limit == pytest.approx(sqrt(0.06**2 + (0.1**2 - 0.06**2) * of_periods(8, 0.05)))


def test_few_rows_widen_the_limit_by_as_much() -> None:
    found = judge(in_origins(WEEK, EWR=(moved(0.1, sampling=0.15),), JFK=(moved(0.1, sampling=0.15),)), over=0.29)
    assert found.limit == pytest.approx(max(0.29, 0.15 * of_chance(0.025)))


def test_a_dwell_is_served_by_one_segment() -> None:
    def told(*weeks: tuple[float, float]) -> Finding:
        first = WEEK - len(weeks) + 1
        reports = [in_origins(first + n, EWR=(moved(e),), JFK=(moved(j),)) for n, (e, j) in enumerate(weeks)]
        return judge(*reports, dwell="2w")

    assert told((0.5, 0.1), (0.5, 0.1)).fired
    assert told((0.5, 0.1), (0.1, 0.5)).verdict == "holding"


def test_segments_see_their_own_new_categories() -> None:
    fresh = feature("dest", {"new_category_share": 0.3}, {"new_category_share": 0.0}, ("SFO",), noise_periods=8)
    policy = NewCategoriesPolicy(features=["*"], segment="origin")
    found = policy.decide(history(WEEK, segment_drift=(in_origins(WEEK, EWR=(fresh,)),)))
    assert found.fired
    assert "(new: SFO)" in found.sentence


def test_reports_of_another_week_are_none() -> None:
    assert judge(in_origins(WEEK - 1, EWR=(moved(0.5),))).verdict == "cannot tell"
    assert judge(in_origins(WEEK)).sentence == "no segment of origin has rows in both the reference and the period"


def test_all_rows_may_be_corrected_for_their_features_too() -> None:
    drift = in_origins(WEEK).model_copy(update={"features": tuple(moved(0.1, 0.1, name=n) for n in "abc")})
    policy = FeatureDriftPolicy(features=["*"], over=0.01, false_alarms=0.05)
    found = policy.decide(history(WEEK, drift=(drift,)))
    assert found.limit == pytest.approx(0.1 * of_periods(8, 0.05 / 3))


def test_a_policy_says_what_it_reads() -> None:
    policy = AnyOf(
        policies=[
            SchedulePolicy(every="4w"),
            FeatureDriftPolicy(features=["*"], over=0.2, segment="origin"),
            AnyOf(policies=[FeatureDriftPolicy(features=["*"], over=0.2, segments={"origin": ["EWR"]}, dwell="3w")]),
            NewCategoriesPolicy(features=["*"], segment="carrier"),
        ]
    )
    assert segments_read(policy) == {"origin": 3 * ONE_WEEK, "carrier": 0 * ONE_WEEK}
    assert segments_read(SchedulePolicy(every="4w")) == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"segment": "origin", "segments": {"origin": ["EWR"]}}, "must be only one of them"),
        ({"segments": {"origin": []}}, "must name values; write segment: origin for all of them"),
    ],
)
def test_segments_are_named_in_one_way(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FeatureDriftPolicy(features=["*"], over=0.2, **fields)
