"""What a policy cannot mean, with its cure."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.dataset.duration import parse_duration
from retrain_platform.policy import AllOf, AnyOf, problems
from retrain_platform.policy.drift import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.schedule import SchedulePolicy

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)


def drift(dwell: str | None) -> FeatureDriftPolicy:
    return FeatureDriftPolicy(features=["*"], over=0.2, dwell=dwell)


def fall(dwell: str | None) -> PerformancePolicy:
    return PerformancePolicy(metric="auc", falls_by=0.05, dwell=dwell)


def test_every_mistake_of_a_tree_with_its_path() -> None:
    policy = AnyOf(
        policies=[
            SchedulePolicy(every="1w"),
            drift("10d"),
            AllOf(policies=[fall("2w"), FloorPolicy(metric="auc", at_least=0.6, dwell="3d")]),
            NewCategoriesPolicy(features=["*"], dwell="1d"),
        ]
    )
    found = problems(policy, period=WEEK, label_delay=2 * DAY)
    assert [(path, value) for path, value, _ in found] == [
        ("policy.policies[0].every", "1w"),
        ("policy.policies[1].dwell", "10d"),
        ("policy.policies[2].policies[1].dwell", "3d"),
        ("policy.policies[3].dwell", "1d"),
    ]


def test_a_sound_policy_has_none() -> None:
    policy = AnyOf(policies=[SchedulePolicy(every="2w"), drift("3w"), fall("2w"), drift(None), fall(None)])
    assert problems(policy, period=WEEK, label_delay=2 * DAY) == []


def test_a_cadence_shorter_than_ripening_shows_the_arithmetic() -> None:
    [(path, value, cure)] = problems(SchedulePolicy(every="1w"), period=WEEK, label_delay=10 * DAY)
    assert (path, value) == ("policy.every", "1w")
    assert cure == (
        "must be at least 3w: one new period takes 1w to close and 2w to ripen "
        "(label delay 10d, up to whole periods of 1w); write every: 3w"
    )


@pytest.mark.parametrize(("dwell", "cure"), [("10d", "dwell: 1w or 2w"), ("3d", "dwell: 1w"), ("36h", "dwell: 1w")])
def test_a_dwell_of_part_periods_names_the_nearest_whole_ones(dwell: str, cure: str) -> None:
    [(_, value, message)] = problems(drift(dwell), period=WEEK, label_delay=DAY)
    assert value == dwell
    assert message == f"must be a whole number of periods of 1w; write {cure}"


@pytest.mark.parametrize("policy", [fall("3d"), fall(None), FloorPolicy(metric="auc", at_least=0.6, dwell="3d")])
def test_a_window_on_labels_shorter_than_their_delay(policy: Any) -> None:
    [(path, value, cure)] = problems(policy, period=DAY, label_delay=timedelta(hours=150))
    assert path == "policy.dwell"
    assert value == ("3d" if policy.dwell else "1d (one period, its default)")
    assert cure == "must be at least the label delay of 150h, in whole periods of 1d: 1w; write dwell: 1w"


def test_a_window_as_long_as_the_label_delay_is_sound() -> None:
    assert problems(fall("1w"), period=DAY, label_delay=WEEK) == []


def test_drift_needs_no_labels() -> None:
    assert problems(drift("1d"), period=DAY, label_delay=WEEK) == []


@given(every=st.integers(1, 40), delay=st.integers(0, 400), period=st.integers(1, 200))
def test_the_cure_of_a_cadence_cures_it(every: int, delay: int, period: int) -> None:
    def found(span: timedelta) -> list[Any]:
        return problems(SchedulePolicy(every=span), period=timedelta(hours=period), label_delay=timedelta(hours=delay))

    for _, _, cure in found(timedelta(hours=every)):
        least = parse_duration(cure.rpartition("every: ")[2])
        assert found(least) == []
        assert found(least - timedelta(hours=1)) or least == timedelta(hours=1)
