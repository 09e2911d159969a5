"""What chance gives is as often passed by samples of one distribution as it says: 5 times in 100."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from retrain_platform.monitoring.reports import SQUARES
from retrain_platform.monitoring.ruler import Counts, Ruler
from retrain_platform.stats import noise
from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.column import ColumnProfile
from retrain_platform.stats.counters import NumberCounter, TextCounter

DRAW = np.random.default_rng(41)
TIMES = 300
SIZES = [(30, 30), (100, 1000), (1000, 100), (300, 5000), (5000, 300), (3000, 3000)]
GRID = choose_numbers(DRAW.normal(size=20_000), whole=False)
FEW, MANY = np.array([0.4, 0.3, 0.2, 0.06, 0.04]), 1 / np.arange(1, 501)


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """Whatever tests ran before."""
    DRAW.bit_generator.state = np.random.default_rng(42).bit_generator.state


def numbers(rows: int) -> ColumnProfile:
    counter = NumberCounter(GRID)
    counter.add(np.where(DRAW.random(rows) < 0.1, np.nan, DRAW.normal(size=rows)))
    return counter.profile()


def categories(shares: np.ndarray) -> Callable[[int], ColumnProfile]:
    names = [f"{number:03d}" for number in range(len(shares))]

    def drawn(rows: int) -> ColumnProfile:
        counter = TextCounter()
        counter.add(DRAW.choice(len(shares), rows, p=shares / shares.sum()), names)
        return counter.profile()

    return drawn


def passed(draw: Callable[[int], ColumnProfile], n: int, m: int) -> dict[str, float]:
    """By measure, the share of pairs of samples whose score is over what chance gives."""
    over: dict[str, list[bool]] = {}
    for _ in range(TIMES):
        past = draw(n)
        both, ruler = Counts.of([past, draw(m)]), Ruler.of(past)
        before, after = both.part(0, 1), both.part(1, 2)
        level = ruler.sampling(before, after)
        for name, score in ruler.scores(before, after).items():
            if not np.isnan(score[0]):
                over.setdefault(name, []).append(score[0] > level[name][0])
    return {name: float(np.mean(each)) for name, each in over.items()}


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_of_numbers(n, m):
    found = passed(numbers, n, m)
    assert set(found) == {"psi", "js", "kl", "ks", "wasserstein", "chi_squared", "hellinger", "missing_share"}
    for name, share in found.items():
        assert share <= (0.2 if name in ("js", "hellinger") else 0.13), name
    assert found["psi"] <= 0.11
    if min(n, m) >= 100:
        assert all(found[name] >= 0.01 for name in ("psi", "js", "kl", "ks", "wasserstein", "missing_share"))


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_of_few_categories(n, m):
    for name, share in passed(categories(FEW), n, m).items():
        assert share <= 0.15, name


@pytest.mark.parametrize(("n", "m"), [(100, 1000), (300, 5000), (1000, 100), (3000, 3000)])
def test_categories_that_are_frequent_by_chance_do_not_drift_back(n, m):
    found = passed(categories(MANY), n, m)
    assert found["psi"] <= 0.25
    assert found["new_category_share"] <= 0.12


def test_of_ks_is_smirnovs():
    for n, m in [(50, 50), (200, 1000), (4000, 700)]:
        assert noise.of_ks(n, m) == pytest.approx(stats.kstwobign.isf(0.05) * np.sqrt(1 / n + 1 / m), rel=1e-4)
    draws = [stats.ks_2samp(DRAW.normal(size=200), DRAW.normal(size=500)).statistic for _ in range(400)]
    assert np.quantile(draws, 0.95) == pytest.approx(noise.of_ks(200, 500), rel=0.12)


def test_of_wasserstein_is_that_of_samples():
    values = np.sort(DRAW.lognormal(0, 0.7, 20_000))
    level = noise.of_wasserstein(np.ones(len(values), dtype=int), values, 600)
    sides = [(DRAW.choice(values, 20_000), DRAW.choice(values, 600)) for _ in range(300)]
    draws = [stats.wasserstein_distance(*each) for each in sides]
    assert np.quantile(draws, 0.95) == pytest.approx(float(level), rel=0.15)


def test_of_correlation_is_that_of_samples():
    for r, n, m in [(0.0, 100, 400), (0.8, 300, 300), (-0.5, 50, 5000)]:
        spread = np.array([[1, r], [r, 1]])

        def drawn(rows: int, spread: np.ndarray = spread) -> float:
            return float(np.corrcoef(DRAW.multivariate_normal([0, 0], spread, rows).T)[0, 1])

        changes = [abs(drawn(n) - drawn(m)) for _ in range(400)]
        assert np.quantile(changes, 0.95) == pytest.approx(float(noise.of_correlation(n, m, r)), rel=0.15)
    assert np.isnan(noise.of_correlation(3, 100, 0.1))


def test_the_few_who_were_never_missing_or_new_are_no_proof():
    assert 0 < noise.of_missing(0, 1000, 1000) < 0.01
    assert noise.of_missing(0, 5, 5) > 0.1
    assert noise.of_new_categories(np.array([500, 500]), 1000) < 0.01
    assert noise.of_new_categories(np.array([5, 5]), 1000) > 0.1


def test_no_rows_no_level():
    levels = noise.of_bins(np.zeros(3), np.ones(3))
    assert all(np.isnan(level) for level in levels.values())
    assert np.isnan(noise.of_ks(0, 5))
    assert np.isnan(noise.of_wasserstein(np.zeros(3), np.arange(3), 5))
    assert np.isnan(noise.of_missing(0, 0, 5))
    assert np.isnan(noise.of_new_categories(np.zeros(3), 5))


def test_under_five_rows_the_bins_cannot_tell():
    past, now = numbers(4), numbers(1000)
    counts = Counts.of([past, now])
    scores = Ruler.of(past).scores(counts.part(0, 1), counts.part(1, 2))
    assert np.isnan([scores[name][0] for name in ("psi", "js", "kl", "chi_squared", "hellinger")]).all()
    assert scores["ks"][0] > 0


@pytest.mark.parametrize("sizes", [(3000, 3000), (5000, 300), (300, 5000)])
@pytest.mark.parametrize("kind", ["numbers", "categories"])
def test_what_chance_gives_on_average_is_told_and_never_too_much(kind: str, sizes: tuple[int, int]) -> None:
    """Of numbers KS is told by less, and what is beyond the range not at all; half a row is always missing."""
    drawn = numbers if kind == "numbers" else categories(FEW)
    profiles = [drawn(rows) for _ in range(150) for rows in sizes]
    ruler, counts = Ruler.of(profiles[0]), Counts.of(profiles)
    before, after = (replace(counts, **_every_second(counts, start)) for start in (0, 1))
    scores, expected = ruler.scores(before, after), ruler.expected(before, after)
    for measure, told in expected.items():
        if np.isnan(told).all() or np.isnan(scores[measure]).all():
            continue
        squares = measure in SQUARES
        found = np.mean(scores[measure] if squares else scores[measure] ** 2)
        mean = np.mean(told if squares else told**2)
        assert mean <= 1.25 * found + 1e-5
        assert mean >= (0.2 if measure == "ks" else 0.4) * found


def _every_second(counts: Counts, start: int) -> dict[str, np.ndarray]:
    return {name: getattr(counts, name)[start::2] for name in ("cells", "apart", "infinite", "missing", "rows")}
