"""Segments, shares, scores and references on the tiny model's road."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.reference import ReferencePeriods
from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.policy.base import Finding, RetrainDecision
from retrain_platform.policy.decide import decide as judge
from retrain_platform.replay.walk import walk
from retrain_platform.steps.monitoring.drifting import drift
from retrain_platform.steps.monitoring.reference import reference_periods
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

CHANGED = datetime(2024, 1, 9, tzinfo=UTC)
WATCHED: list[dict[str, Any]] = [
    {"kind": "schedule", "every": "5d"},
    {"kind": "feature_drift", "features": ["x"], "over": 0.6, "dwell": "2d", "segment": "shop", "action": "watch"},
    {"kind": "segment_mix", "action": "watch"},
    {"kind": "prediction_drift", "over": 0.3, "action": "watch"},
]


def north_moves(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """From 9 January on, x of the north is 3 more and most rows are of the north."""
    if period.start < CHANGED:
        return frame
    frame = frame.assign(shop=frame["shop"].mask(frame.index % 3 > 0, "north"))
    return frame.assign(x=frame["x"] + 3 * (frame["shop"] == "north"))


def road(days: int, policies: list[dict[str, Any]] = WATCHED, places: Places | None = None, **changed: Any) -> Workshop:
    spec = tiny_spec(policy={"kind": "any_of", "policies": policies}, **changed)
    shop = (places or Places()).shop(spec, Rows(days, north_moves))
    for _ in walk(shop):
        pass
    return shop


def at(shop: Workshop, day: int) -> Period:
    return shop.spec.period.at(day - 1)


def report(shop: Workshop, day: int) -> DriftReport:
    found = shop.values.newest("tiny", "drift_report", at(shop, day).key, DriftReport)
    assert found is not None
    return found


def part(decision: RetrainDecision | None, kind: str) -> Finding:
    assert decision is not None
    return next(each for each in decision.finding.parts[0].parts if each.trigger == kind)


@pytest.fixture(scope="module")
def shop() -> Workshop:
    return road(11)


def test_a_segment_that_moves_is_told_by_its_name_once_its_dwell_is_served(shop: Workshop) -> None:
    day_before, first, second = (decision_of(shop, at(shop, day).key) for day in (8, 9, 10))
    assert [part(each, "feature_drift").verdict for each in (day_before, first, second)] == [
        "quiet",
        "holding",
        "fired",
    ]
    assert "shop = north: psi over its limit" in part(second, "feature_drift").sentence
    south = next(each for each in part(second, "feature_drift").parts if each.trigger == "feature_drift shop = south")
    assert south.verdict == "quiet"


def test_a_history_holds_the_segments_that_its_policy_reads_as_long_as_its_dwell(shop: Workshop) -> None:
    known = history(shop, at(shop, 10))
    assert [each.period for each in known.segment_drift] == ["2024-01-09", "2024-01-10"]
    assert all(set(each.segments) == {"shop"} and not each.features for each in known.segment_drift)
    assert all(not each.segments for each in known.drift)


def test_a_policy_that_reads_no_segments_is_given_none() -> None:
    known = road(6, [{"kind": "schedule", "every": "5d"}])
    assert history(known, at(known, 6)).segment_drift == ()


def test_the_shares_of_the_segments_shift_apart_from_what_is_in_them(shop: Workshop) -> None:
    assert part(decision_of(shop, at(shop, 8).key), "segment_mix").verdict == "quiet"
    found = part(decision_of(shop, at(shop, 9).key), "segment_mix")
    assert found.verdict == "fired"
    assert report(shop, 9).mix[0].feature == "shop"


def test_scores_are_compared_with_the_first_that_the_same_version_gave(shop: Workshop) -> None:
    scored = shop.values.all("tiny", "predictions", Scored)
    for day in range(4, 12):
        told = report(shop, day).predictions
        if told is None:
            continue
        assert told.version == scored[at(shop, day).key].versions["champion"]
        first = [key for key, each in scored.items() if told.version in each.versions.values()][:4]
        assert list(told.reference) == [key for key in first if key < at(shop, day).key]
        assert (told.drift is None) == (len(told.reference) < 4)


def test_scores_shift_when_the_world_does_and_the_used_ones_are_not_mixed_in() -> None:
    first = {"min_segment": 20, "score_periods": 3}
    shop = road(11, WATCHED[1:], monitoring=first)  # no schedule: one version
    before, after = (report(shop, day).predictions for day in (8, 9))
    assert before is not None
    assert after is not None
    assert before.drift is not None
    assert after.drift is not None
    assert before.drift.scores["psi"] < 0.2
    assert after.drift.scores["psi"] > 0.5
    assert after.drift.feature == "score"
    assert part(decision_of(shop, at(shop, 9).key), "prediction_drift").fired
    assert after.drift.rows_current == 300


def test_deciding_a_past_period_again_says_the_same(shop: Workshop) -> None:
    for day in (9, 10):
        then = decision_of(shop, at(shop, day).key)
        assert then is not None
        assert judge(shop.spec.policy, history(shop, at(shop, day))).id == then.id


LAST: dict[str, Any] = {"min_segment": 20, "reference": {"kind": "last", "periods": 3}}


def test_the_last_periods_are_the_reference_without_those_that_drifted() -> None:
    whole = {"kind": "feature_drift", "features": ["x"], "over": 0.3, "action": "watch"}
    shop = road(12, [whole], monitoring=LAST)
    assert report(shop, 8).reference == ("2024-01-05", "2024-01-06", "2024-01-07")
    assert report(shop, 8).said == "the last 3 sound periods"
    assert report(shop, 12).reference == ("2024-01-06", "2024-01-07", "2024-01-08")
    assert report(shop, 12).said == "the last 3 sound periods, without 3 that drifted themselves"
    held = [part(decision_of(shop, at(shop, day).key), "feature_drift").held for day in (8, 9, 10, 11, 12)]
    assert held == [0, 1, 2, 3, 4]  # the rule is the same reference though it takes other periods


def test_without_earlier_years_the_season_says_what_it_takes_instead() -> None:
    shop = road(6, monitoring={"min_segment": 20, "reference": {"kind": "same_season"}})
    said = reference_periods(shop, at(shop, 6)).said
    assert said.startswith("no two periods of the same season in the last 1 years, so instead the ")
    assert said.endswith("periods that version 1 was trained on")


def test_the_noise_is_of_the_same_season_where_the_history_has_two() -> None:
    """Three years of months of which October and November are cold; the reference are the three months before."""
    monthly = {
        "period": {"every": "month", "start": "2021-01-01"},
        "policy": {"kind": "any_of", "policies": WATCHED[2:]},
        "release": {"shadow": "4w", "canary": [100], "bake": "4w", "not_worse_by": 0.05},
    }
    shop = Places().shop(tiny_spec(**monthly), Rows(1))
    grids = None
    for index in range(36):
        period, draw = shop.spec.period.at(index), np.random.default_rng(index)
        warm = pd.DataFrame({"warmth": draw.normal(-2 * (index % 12 in (9, 10)), 1, 300)})
        grids = grids or choose_grids(warm, ["warmth"])
        shop.values.put_bytes("tiny", "profile", period.key, "profile", profile(warm, grids).to_bytes())

    def told(index: int) -> DriftReport:
        keys = tuple(shop.spec.period.at(place).key for place in range(index - 3, index))
        found = drift(shop, shop.spec.period.at(index), ReferencePeriods(periods=keys, said="three months"))
        assert found is not None
        return found

    first, second, third = told(9), told(21), told(33)
    assert first.noise_of == ()
    assert first.features[0].scores["psi"] > 10 * first.features[0].noise["psi"]
    assert second.noise_of == ("2021-10-01", "2021-11-01")  # September is of that reference itself
    assert set(third.noise_of) == {"2021-10-01", "2021-11-01", "2022-10-01", "2022-11-01"}
    assert third.features[0].scores["psi"] < 1.2 * third.features[0].noise["psi"]
    assert third.features[0].noise_periods == 4
