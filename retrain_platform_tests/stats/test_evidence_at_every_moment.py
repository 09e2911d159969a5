"""E-values against closed forms, and what they must be: of mean at most 1 where their hypothesis is true."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import binom, hypergeom, nchypergeom_fisher

from retrain_platform.stats.betting import SHARES, log_e_above, log_e_below, mean_and_error
from retrain_platform.stats.evidence import mixture, reach
from retrain_platform.stats.mismatch import log_e_mismatch
from retrain_platform.stats.slower import quantile_cell, slow_calls
from retrain_platform.stats.two_arms import (
    ODDS,
    Arms,
    difference,
    log_e_higher,
    log_e_more_often,
    log_e_not_higher_by,
    log_odds_ratios,
)

COUNTS = st.dictionaries(st.integers(-100, 100), st.integers(1, 50), max_size=6)


def arms(*strata: tuple[float, float, float, float]) -> Arms:
    return Arms(*np.array(strata, dtype=np.float64).T)


@st.composite
def strata(draw: st.DrawFn) -> Arms:
    found = []
    for _ in range(draw(st.integers(1, 5))):
        n, other_n = draw(st.integers(0, 30)), draw(st.integers(0, 60))
        found.append((draw(st.integers(0, n)), n, draw(st.integers(0, other_n)), other_n))
    return arms(*found)


@pytest.mark.parametrize(("n", "other_n", "both"), [(7, 40, 12), (40, 7, 12), (5, 5, 9), (1, 99, 1), (300, 30, 200)])
def test_a_stratum_is_a_ratio_of_fishers_noncentral_and_the_plain(n: int, other_n: int, both: int) -> None:
    hits = np.arange(max(0, both - other_n), min(n, both) + 1)
    plain = hypergeom(n + other_n, n, both)
    for x in hits[plain.logpmf(hits) > -60]:
        ratios = [nchypergeom_fisher(n + other_n, n, both, odds).logpmf(x) - plain.logpmf(x) for odds in ODDS]
        expected = mixture(np.array(ratios))
        assert log_e_more_often(arms((x, n, both - x, other_n))) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("odds", [0.2, 0.7, 1.0])
def test_hits_that_are_not_more_frequent_give_an_e_value_of_mean_at_most_1(odds: float) -> None:
    first, second = nchypergeom_fisher(14, 4, 6, odds), nchypergeom_fisher(9, 3, 2, odds)
    mean = sum(
        float(first.pmf(a) * second.pmf(b)) * math.exp(log_e_more_often(arms((a, 4, 6 - a, 10), (b, 3, 2 - b, 6))))
        for a, b in itertools.product(range(5), range(3))
    )
    assert mean == pytest.approx(1.0) if odds == 1 else mean < 1


BEFORE = (3.0, 30.0, 5.0, 60.0)
"""A stratum before, from which the next one's alternative is made."""


@pytest.mark.parametrize(("own", "other"), [(0.1, 0.1), (0.05, 0.3), (0.6, 0.6), (0.9, 0.95)])
def test_means_that_are_not_higher_give_an_e_value_of_mean_at_most_1(own: float, other: float) -> None:
    assert _mean(log_e_higher, own, other) <= 1 + 1e-9


@pytest.mark.parametrize(("own", "other"), [(0.25, 0.05), (0.4, 0.1), (0.2, 0.0), (1.0, 0.8), (0.9, 0.3)])
def test_means_that_are_higher_by_the_margin_give_an_e_value_of_mean_at_most_1(own: float, other: float) -> None:
    assert _mean(lambda seen: log_e_not_higher_by(seen, 0.2), own, other) <= 1 + 1e-9


def test_the_margin_is_tight() -> None:
    assert _mean(lambda seen: log_e_not_higher_by(seen, 0.2), 0.15, 0.05) > 1


def _mean(log_e, own: float, other: float) -> float:  # type: ignore[no-untyped-def]
    """The exact mean of what one more stratum of 3 and 5 adds to what stood before it."""
    stood = log_e(arms(BEFORE))
    return sum(
        float(binom(3, own).pmf(x) * binom(5, other).pmf(y)) * math.exp(log_e(arms(BEFORE, (x, 3, y, 5))) - stood)
        for x, y in itertools.product(range(4), range(6))
    )


def test_nothing_that_fails_is_soon_not_worse_by_a_margin() -> None:
    calls = [(0.0, 10.0, 0.0, 190.0)] * 120
    found = log_e_not_higher_by(arms(*calls), 0.005)
    assert math.log(20) < found < 0.005 * 1200 * 1.1
    assert log_e_more_often(arms(*calls)) == 0


@given(strata(), st.floats(1, 20))
def test_a_design_effect_divides(seen: Arms, effect: float) -> None:
    assert abs(log_e_not_higher_by(seen, 0.1, effect) * effect - log_e_not_higher_by(seen, 0.1)) < 1e-6
    assert max(log_e_more_often(seen, effect), 0) <= max(log_e_more_often(seen), 0) + 1e-9


@given(strata())
def test_more_hits_are_more_evidence(seen: Arms) -> None:
    place = int(np.argmax((seen.hits < seen.n) & (seen.other_hits > 0)))
    if not (seen.hits[place] < seen.n[place] and seen.other_hits[place] > 0):
        return
    moved = Arms(*(side.copy() for side in seen))
    moved.hits[place] += 1
    moved.other_hits[place] -= 1
    assert log_e_more_often(moved) > log_e_more_often(seen) - 1e-9


@given(strata())
def test_not_missing_more_often_is_hitting_more_often(seen: Arms) -> None:
    assert log_e_more_often(seen) == pytest.approx(log_e_more_often(seen.missed().mirrored()), abs=1e-6)


@given(strata())
def test_strata_of_one_side_only_say_nothing(seen: Arms) -> None:
    alone = (5.0, 10.0, 0.0, 0.0)
    both = Arms(*(np.append(side, value) for side, value in zip(seen, alone, strict=True)))
    for log_e in (log_e_more_often, log_e_higher):
        assert log_e(both) == pytest.approx(log_e(seen), abs=1e-9)
    assert log_e_not_higher_by(both, 0.1) == pytest.approx(log_e_not_higher_by(seen, 0.1), abs=1e-9)


def test_the_difference_is_that_within_strata() -> None:
    """A simpson's paradox: the version answers mostly in the bad hour."""
    found, error, worth = difference(arms((9, 90, 1, 10), (0, 10, 0, 90)))
    assert found == pytest.approx(0.0)
    assert error > 0
    assert worth == pytest.approx(18.0)
    assert math.isnan(difference(arms((1, 3, 0, 0)))[0])


@given(COUNTS, st.floats(-0.9, 0.9))
def test_bets_are_a_function_of_the_counts_and_the_mirror_of_each_other(counts: dict[int, int], at: float) -> None:
    mirrored = {-value: count for value, count in counts.items()}
    assert log_e_below(counts, at) == log_e_above(mirrored, -at)
    halves = [log_e_above({value: count}, at) for value, count in counts.items()]
    if len(counts) == 1:
        assert log_e_above(counts, at) == halves[0]
    assert not counts or math.isfinite(log_e_above(counts, at))


@given(COUNTS, st.floats(-0.9, 0.9), st.integers(-99, 100))
def test_a_larger_difference_is_more_evidence(counts: dict[int, int], at: float, value: int) -> None:
    larger, smaller = Counter(counts), Counter(counts)
    larger[value] += 1
    smaller[value - 1] += 1
    assert log_e_above(larger, at) >= log_e_above(smaller, at) - 1e-9
    assert log_e_below(larger, at) <= log_e_below(smaller, at) + 1e-9


@pytest.mark.parametrize("at", [-0.2, 0.0, 0.3])
@pytest.mark.parametrize("worst", [-1.0, -0.5, 0.1])
def test_bets_against_the_true_mean_are_fair(at: float, worst: float) -> None:
    """Two values with the mean `at`: the mean of the capital after 4 of them is 1."""
    if worst >= at:
        return
    low, high = round(worst * 100), 100
    chance = (at * 100 - low) / (high - low)
    outcomes = [{value: count for value, count in ((high, k), (low, 4 - k)) if count} for k in range(5)]
    capital = [math.exp(log_e_above(each, at)) for each in outcomes]
    assert binom(4, chance).pmf(range(5)) @ capital == pytest.approx(1.0)


def test_a_bet_is_the_product_of_what_each_difference_pays() -> None:
    shares = np.array(SHARES) / 0.9
    expected = np.log(np.mean((1 + shares * 0.6) ** 2 * (1 - shares * 0.4)))
    assert log_e_above({50: 2, -50: 1}, -0.1) == pytest.approx(expected)
    assert log_e_above({}, 0.0) == 0
    with pytest.raises(ValueError, match="must be within"):
        log_e_above({101: 1}, 0.0)
    with pytest.raises(ValueError, match="at == 1"):
        log_e_above({1: 1}, 1)


@given(COUNTS)
def test_the_mean_of_counts_is_that_of_their_values(counts: dict[int, int]) -> None:
    values = np.repeat(list(counts), list(counts.values())) / 100
    mean, error, count = mean_and_error(counts)
    assert count == len(values)
    assert math.isnan(mean) if not count else mean == pytest.approx(values.mean())
    assert math.isnan(error) if count < 2 else error == pytest.approx(values.std(ddof=1) / math.sqrt(count))


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([0.05, 0.5, 0.7]))
def test_a_mismatch_is_a_beta_binomial_against_a_binomial(drawn: int, rest: int, share: float) -> None:
    total = drawn + rest
    ratios = [
        betaln(k * share + drawn, k * (1 - share) + rest) - betaln(k * share, k * (1 - share))
        - drawn * math.log(share) - rest * math.log(1 - share)
        for k in (10, 100, 1000, 10000)
    ]  # fmt: skip
    assert log_e_mismatch(drawn, total, share) == pytest.approx(mixture(np.array(ratios)), abs=1e-6)
    assert log_e_mismatch(drawn, total, share) == pytest.approx(log_e_mismatch(rest, total, 1 - share), abs=1e-6)


def test_a_mismatch_is_of_mean_1_where_shares_are_as_set() -> None:
    mean = sum(float(binom(40, 0.1).pmf(k)) * math.exp(log_e_mismatch(k, 40, 0.1)) for k in range(41))
    assert mean == pytest.approx(1.0)
    assert log_e_mismatch(0, 0, 0.1) == pytest.approx(0.0)


def test_wrong_counts_of_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="drawn == 3"):
        log_e_mismatch(3, 2, 0.5)
    with pytest.raises(ValueError, match="share == 1"):
        log_e_mismatch(1, 2, 1)


def test_slow_is_beyond_what_both_were_before() -> None:
    own, others = np.zeros((3, 8), dtype=np.int64), np.zeros((3, 8), dtype=np.int64)
    others[:, 2] = 95
    others[:, 5] = 5
    own[2, 3] = 4
    own[2, 6] = 2
    seen = slow_calls(own, others, 0.95)
    assert seen.n.tolist() == [0, 0, 6]
    assert seen.other_n.tolist() == [0, 100, 100]
    assert seen.hits.tolist() == [0, 0, 6], "95 of 100 before lay at 2 or under"
    shifted = slow_calls(own, others, 0.95, shift=1)
    assert shifted.hits.tolist() == [0, 0, 2]
    assert shifted.other_hits.tolist() == [0, 5, 5]
    assert quantile_cell(others.sum(axis=0), 0.95) == 2
    assert quantile_cell(np.zeros(3, dtype=np.int64), 0.5) is None


def test_what_slows_both_sides_down_is_no_evidence() -> None:
    own, others = np.zeros((20, 30), dtype=np.int64), np.zeros((20, 30), dtype=np.int64)
    for place in range(20):
        own[place, 5 if place < 10 else 25] = 20
        others[place, 5 if place < 10 else 25] = 80
    assert log_e_more_often(slow_calls(own, others, 0.95)) == pytest.approx(0.0)


def test_looking_at_every_call_finds_an_equal_version_worse_no_oftener_than_the_level() -> None:
    """Type I by simulation, seeded: the bound is the level and its own noise at this number of roads."""
    rng, roads, level = np.random.default_rng(5), 300, 0.1
    wrong = sum(_ever_worse(rng, 0.05, level) for _ in range(roads))
    assert wrong <= binom(roads, level).ppf(0.999)
    caught = sum(_ever_worse(rng, 0.25, level) for _ in range(40))
    assert caught >= 36


def _ever_worse(rng: np.random.Generator, rate: float, level: float) -> bool:
    n, other_n = rng.poisson(3, 60), rng.poisson(12, 60)
    hits, other_hits = rng.binomial(n, rate), rng.binomial(other_n, 0.05)
    sides = (side.astype(np.float64) for side in (hits, n, other_hits, other_n))
    paths = np.cumsum(log_odds_ratios(Arms(*sides)), axis=0)
    return any(mixture(path) >= -math.log(level) for path in paths)


def test_the_interval_for_display_narrows_and_is_wider_than_one_look() -> None:
    halves = [reach(1 / math.sqrt(count), count, 0.05) for count in (10, 100, 1_000, 10_000)]
    assert halves == sorted(halves, reverse=True)
    assert halves[2] * math.sqrt(1_000) > 1.96
    with pytest.raises(ValueError, match="count == 0"):
        reach(1.0, 0, 0.05)
    with pytest.raises(ValueError, match="level == 1"):
        reach(1.0, 5, 1.0)
