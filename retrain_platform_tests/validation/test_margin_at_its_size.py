"""What a gate can resolve: where equal candidates pass and bad ones fail, and what it says below."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from retrain_platform.validation.base import Comparison, Family
from retrain_platform.validation.gate import levels, seen_of
from retrain_platform.validation.margin import CAUGHT, Levels, Seen, settle
from retrain_platform_tests.validation.exams import comparison, known

SURE = Levels(passing=0.95, failing=0.95, power=0.9)
FREEDOM = 13


def resolves(error: float, margin: float = 0.01, levels: Levels = SURE) -> float:
    return settle(Seen(0.0, error, FREEDOM, error), margin, levels).resolves


def test_the_size_is_that_of_a_non_inferiority_test() -> None:
    expected = student.ppf(0.975, FREEDOM) + student.ppf(0.9, FREEDOM)
    assert resolves(0.002) == pytest.approx(expected * 0.002)
    shared = SURE._replace(failing=1 - 0.05 / 500)
    assert resolves(0.002, levels=shared) == pytest.approx(
        (student.ppf(1 - 0.05 / 1000, FREEDOM) + student.ppf(CAUGHT, FREEDOM)) / 2 * 0.002
    )
    gain = student.ppf(0.975, FREEDOM) + student.ppf(CAUGHT, FREEDOM)
    assert resolves(0.002, margin=-0.01) == pytest.approx(gain * 0.002)


@pytest.mark.parametrize(
    ("difference", "error", "margin", "standing"),
    [
        (0.0, 0.001, 0.01, "not worse"),
        (-0.02, 0.001, 0.01, "worse"),
        (-0.0085, 0.001, 0.01, "cannot tell"),
        # Below the size: the interval is above -margin, and that is not enough.
        (0.0, 0.004, 0.01, "cannot tell"),
        (0.012, 0.004, 0.01, "not worse"),
        (-0.02, 0.004, 0.01, "cannot tell"),
        (-0.031, 0.004, 0.01, "worse"),
        # A gain is asked for.
        (0.02, 0.001, -0.01, "not worse"),
        (0.0, 0.001, -0.01, "worse"),
        (0.02, 0.004, -0.01, "cannot tell"),
        (0.031, 0.004, -0.01, "not worse"),
        (0.0, 0.004, -0.01, "cannot tell"),
        (-0.012, 0.004, -0.01, "worse"),
    ],
)
def test_below_its_size_only_what_lies_far_beyond_is_told(
    difference: float, error: float, margin: float, standing: str
) -> None:
    assert settle(Seen(difference, error, FREEDOM, error), margin, SURE).standing == standing


@given(
    difference=st.floats(-0.1, 0.1),
    error=st.floats(0, 0.05),
    margin=st.floats(-0.05, 0.05),
    step=st.floats(0, 0.1),
)
def test_a_better_difference_is_never_judged_worse(difference: float, error: float, margin: float, step: float) -> None:
    order = ("worse", "cannot tell", "not worse")
    first, better = (
        settle(Seen(each, error, FREEDOM, error), margin, SURE).standing for each in (difference, difference + step)
    )
    assert order.index(better) >= order.index(first)


@given(error=st.floats(1e-6, 0.05), margin=st.floats(0.001, 0.05), difference=st.floats(-0.2, 0.2))
def test_what_passes_holds_the_margin_and_what_fails_does_not(error: float, margin: float, difference: float) -> None:
    settled = settle(Seen(difference, error, FREEDOM, error), margin, SURE)
    if settled.standing == "not worse":
        assert settled.low > -margin
    if settled.standing == "worse":
        assert difference < -margin


@pytest.mark.parametrize("margin", [0.01, -0.01])
@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_at_its_size_an_equal_candidate_passes_and_one_worse_by_twice_the_margin_fails(
    margin: float, ratio: float
) -> None:
    """Normal differences with an estimated error, whose true size is the one that resolves the margin, or more."""
    random = np.random.default_rng(3)
    error = abs(margin) / (resolves(1.0, margin) * ratio)
    errors = error * np.sqrt(random.chisquare(FREEDOM, 1500) / FREEDOM)
    good, bad = (0.0, -2 * margin) if margin > 0 else (-2 * margin, 0.0)
    for truth, standing, least in ((good, "not worse", 0.9), (bad, "worse", 0.95)):
        found = [
            settle(Seen(truth + noise, each, FREEDOM, each), margin, SURE)
            for noise, each in zip(random.normal(0, error, len(errors)), errors, strict=True)
        ]
        there = [settled.standing for settled in found if settled.resolves <= abs(margin)]
        below = [settled.standing for settled in found if settled.resolves > abs(margin)]
        assert len(there) > 0.5 * len(found)
        assert there.count(standing) / len(there) >= least
        assert below.count("cannot tell") >= 0.93 * len(below)


def test_many_questions_share_the_failing_and_each_passes_at_the_full_level() -> None:
    one, many = (
        levels(known(family=Family(level=0.05, questions=count, holding=count)), None, holds=True) for count in (1, 10)
    )
    assert many.passing == one.passing
    assert 1 - many.failing == pytest.approx((1 - one.failing) / 10)
    assert 1 - many.power == pytest.approx((1 - one.power) / 10)
    assert levels(known(family=Family(level=0.2)), None).passing < one.passing
    assert levels(known(), 0.99).passing > one.passing
    assert levels(known(looks=3), None).passing > one.passing


def test_ten_questions_fail_an_equal_candidate_no_more_often_than_one() -> None:
    """The family's error: the chance that any of ten independent intervals excludes 0 on the wrong side."""
    sure = levels(known(family=Family(questions=10, holding=10)), 0.95)
    each = 1 - norm.cdf(norm.ppf((1 + sure.failing) / 2))
    assert 1 - (1 - each) ** 10 <= (1 - sure.passing) / 2


def test_a_relative_margin_counts_that_the_champions_value_is_an_estimate() -> None:
    of_day = np.random.default_rng(0).normal(size=20)
    champion, candidate = 30 + 5 * of_day, 0.97 * (30 + 5 * of_day)
    spread = np.cov(champion - candidate, champion) / 20
    seen = comparison(
        float((champion - candidate).mean()),
        float(spread[0, 0] ** 0.5),
        metric="rmse",
        champion=float(champion.mean()),
        champion_error=float(spread[1, 1] ** 0.5),
        shared=float(spread[0, 1]),
    )
    found = seen_of(seen, -0.03)
    assert found is not None
    assert found.from_margin == pytest.approx(float(np.std(champion - candidate - 0.03 * champion) / 19**0.5), abs=1e-6)
    assert found.error > 0.01


def test_without_an_interval_there_is_nothing_to_judge() -> None:
    missing: tuple[Comparison | None, ...] = (None, comparison(None), comparison(0.1, days=1))
    assert [seen_of(each) for each in missing] == [None, None, None]
    assert settle(Seen(0.0, 0.002, inf, 0.002), 0.01, SURE).standing == "cannot tell"
