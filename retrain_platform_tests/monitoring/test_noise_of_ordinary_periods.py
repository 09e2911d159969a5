"""The noise within segments, of the same season, of shares and of correlations."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retrain_platform.monitoring.correlations import ordinary_changes, with_correlations
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.mix import mix
from retrain_platform.monitoring.ordinary import UNKNOWN, Ordinary
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.streaks import Rule
from retrain_platform.stats import distances
from retrain_platform.stats.comoments import CoMomentCounter, CoMoments
from retrain_platform.stats.grid import Grid
from retrain_platform_tests.policy.histories import feature

AS_OF = datetime(2013, 3, 1, tzinfo=UTC)


def rows(seed: int, count: int = 400, together: float = 0.5, north: float = 0.5) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(2, count))
    shop = np.where(draw.random(count) < north, "north", "south")
    return pd.DataFrame({"x": x, "y": together * x + np.sqrt(1 - together**2) * y, "shop": shop})


GRIDS = choose_grids(rows(0), ["x", "y"])
PAST = {str(seed): profile(rows(seed), GRIDS, ["shop"]) for seed in range(6)}


def report(now: pd.DataFrame, past: Reference | None = None) -> DriftReport:
    return compare(past or Reference.of(PAST), profile(now, GRIDS, ["shop"]), period="9", as_of=AS_OF)


def named(features: tuple[FeatureDrift, ...], name: str) -> FeatureDrift:
    return next(each for each in features if each.feature == name)


class TestSegments:
    def test_the_noise_within_a_segment_is_that_of_its_own_periods(self):
        found = report(rows(9), Reference.of(PAST, noise_in=["shop"])).segments["shop"]["north"]
        alone = {key: DatasetProfile(each.segments["shop"]["north"], 0) for key, each in PAST.items()}
        assert named(found, "x").noise == named(compare(alone, alone["0"], period="9", as_of=AS_OF).features, "x").noise
        assert named(found, "x").noise_periods == 6

    def test_it_is_not_known_where_it_was_not_asked_for(self):
        assert named(report(rows(9)).segments["shop"]["north"], "x").noise_periods == 0
        assert set(named(report(rows(9)).segments["shop"]["north"], "x").noise.values()) == {None}

    def test_a_segment_of_one_period_has_none(self):
        past = {**PAST, "6": profile(rows(6).assign(shop="east"), GRIDS, ["shop"])}
        found = report(rows(9).assign(shop="east"), Reference.of(past, noise_in=["shop"])).segments["shop"]["east"]
        assert named(found, "x").noise_periods == 0


class TestSeason:
    def test_its_scores_are_the_noise_in_place_of_the_references_own(self):
        past = Reference.of(PAST)
        ago = {
            str(seed): compare(past, profile(rows(seed).assign(x=lambda f: f["x"] + 1), GRIDS), period="9", as_of=AS_OF)
            for seed in (20, 21, 22)
        }
        seasonal = past.in_season(Ordinary.told({key: each.features for key, each in ago.items()}))
        found = report(rows(9), seasonal)
        assert found.noise_of == ("20", "21", "22")
        assert named(found.features, "x").noise["psi"] == max(
            named(e.features, "x").scores["psi"] for e in ago.values()
        )
        assert named(found.features, "x").noise["psi"] > 5 * named(report(rows(9)).features, "x").noise["psi"]
        assert named(found.features, "x").noise_periods == 3

    def test_one_period_is_no_season(self):
        past = Reference.of(PAST)
        alone = past.ordinary.only({"3"})
        assert alone.periods == ("3",)
        assert report(rows(9), past.in_season(alone)) == report(rows(9))

    def test_a_feature_that_the_season_lacked_keeps_the_references_noise(self):
        past = Reference.of(PAST)
        told = Ordinary.told({key: (named(report(rows(20)).features, "x"),) for key in "ab"})
        assert named(report(rows(9), past.in_season(told)).features, "y").noise == past.noise(1)["y"].by_measure
        assert told.level("y") is UNKNOWN


def moving(places: np.ndarray, seed: int) -> dict[str, DatasetProfile]:
    """A week of 400 rows around each place."""
    found = {}
    for week, place in enumerate(places):
        frame = rows(100 * seed + week)
        found[str(week)] = profile(frame.assign(x=frame["x"] + place), GRIDS)
    return found


class TestTrend:
    """A reference that moves on: the next periods lie further from its middle than any of its own from the others."""

    def test_is_carried_on_to_the_period_that_is_compared(self):
        past = Reference.of(moving(0.15 * np.arange(8), seed=1))
        levels = [past.noise(lead)["x"].by_measure for lead in (0, 1, 4, 8, 30)]
        for measure in ("psi", "js", "ks", "wasserstein", "chi_squared"):
            found = [level[measure] for level in levels]
            assert found == sorted(found)
            assert found[0] < found[1] < found[3] == found[4]
        slope = past.ordinary.trend["x"]["wasserstein"] * past.rulers["x"].deviation
        assert slope == pytest.approx(0.15, rel=0.15)

    @pytest.mark.parametrize("measure", ["psi", "js", "ks", "wasserstein", "chi_squared"])
    def test_going_on_is_no_change_and_a_jump_is_one(self, measure: str):
        for seed in range(3):
            past = Reference.of(moving(0.15 * np.arange(8), seed))
            for lead in (1, 3):
                on, off = (moving(np.array([place]), 50 + seed)["0"] for place in (0.15 * (7 + lead), 0.15 * 7 + 1.2))
                for now, drifts in ((on, False), (off, True)):
                    told = compare(past, now, period="9", as_of=AS_OF, lead=lead).features
                    assert (named(told, "x").scores[measure] > named(told, "x").noise[measure]) == drifts

    def test_periods_without_one_have_next_to_none(self):
        known = [Reference.of(moving(np.zeros(8), seed)) for seed in range(20)]
        wider = [past.noise(1)["x"].by_measure["psi"] / past.noise(0)["x"].by_measure["psi"] for past in known]
        assert min(wider) >= 1
        assert np.median(wider) < 1.1

    def test_few_periods_tell_none(self):
        past = Reference.of(moving(0.5 * np.arange(3), seed=1))
        assert past.noise(5) == past.noise(0)

    def test_alarms_where_days_are_alike_and_the_year_goes_on(self):
        """120 seasons of weekly means, judged by the ninth as `feature_drift` with false_alarms: .05 does."""
        draw, over, untold = np.random.default_rng(3), 0, 0
        names = [f"x{place}" for place in range(20)]
        for _ in range(6):
            places = 0.5 * np.sin(2 * np.pi * np.arange(9) / 52 + draw.uniform(0, 2 * np.pi, (20, 1)))
            places += 0.2 * draw.normal(size=(20, 9))
            weeks = [pd.DataFrame(draw.normal(size=(300, 20)) + places[:, week], columns=names) for week in range(9)]
            grids = choose_grids(weeks[0], names)
            known = [profile(week, grids) for week in weeks]
            past = Reference.of({str(week): each for week, each in enumerate(known[:8])})
            for lead in (0, 1):
                told = compare(past, known[8], period="9", as_of=AS_OF, lead=lead).features
                fired = sum(Rule("wasserstein", 1e-9, 0.05).exceeded(each) for each in told)
                over, untold = (over, untold + fired) if lead == 0 else (over + fired, untold)
        assert over <= stats.binom.ppf(0.99, 120, 0.05)
        assert over < untold


class TestMix:
    def test_the_shares_are_the_segments_rows(self):
        frame = rows(9).assign(shop=lambda f: f["shop"].mask(f.index < 10))
        columns = mix(profile(frame, GRIDS, ["shop"])).columns
        held = dict(zip(columns["shop"].keys, columns["shop"].counts, strict=True))
        assert held == frame["shop"].fillna("missing").value_counts().to_dict()

    def test_their_shift_is_the_psi_of_the_segment_column(self):
        now = rows(9, north=0.8)
        found = report(now).mix
        before = pd.concat([rows(seed) for seed in range(6)])["shop"].value_counts().sort_index()
        after = now["shop"].value_counts().sort_index()
        assert [each.feature for each in found] == ["shop"]
        assert found[0].scores["psi"] == pytest.approx(distances.psi(before, after))
        assert found[0].scores["psi"] > 5 * found[0].noise["psi"]
        assert found[0].noise_periods == 6
        assert report(rows(9)).mix[0].scores["psi"] < 0.05

    def test_a_segment_that_was_never_there_is_a_new_category(self):
        found = report(rows(9).assign(shop=lambda f: f["shop"].mask(f.index < 40, "east"))).mix[0]
        assert found.new_categories == ("east",)
        assert found.scores["new_category_share"] == pytest.approx(0.1)

    def test_a_segment_column_that_vanished_is_all_missing(self):
        assert compare(PAST, profile(rows(9), GRIDS), period="9", as_of=AS_OF).mix[0].missing_current == 1

    def test_without_segments_there_is_none(self):
        past = {key: profile(rows(int(key)), GRIDS) for key in "01"}
        assert compare(past, profile(rows(9), GRIDS), period="9", as_of=AS_OF).mix == ()


class TestCorrelation:
    def test_it_is_the_change_of_pearsons_r(self):
        now = rows(9, together=-0.5)
        before = pd.concat([rows(seed) for seed in range(6)])
        found = named(report(now).features, "x")
        exact = stats.pearsonr(now["x"], now["y"]).statistic - stats.pearsonr(before["x"], before["y"]).statistic
        assert found.correlation == pytest.approx(abs(exact))
        assert found.correlated == "y"
        assert found.correlation > 3 * found.correlation_noise

    def test_what_moves_from_period_to_period_is_noise(self):
        restless = {str(seed): profile(rows(seed, together=(-1) ** seed * 0.8), GRIDS) for seed in range(6)}
        found = named(report(rows(9, together=-0.8), Reference.of(restless)).features, "x")
        assert found.correlation > 0.5
        assert found.correlation_noise > 1

    def test_any_pair_of_many_passes_its_noise_one_time_in_twenty(self):
        """200 streams of 6 independent columns, 8 + 1 periods of 150 rows: 15 pairs a decision."""
        draw, over = np.random.default_rng(5), 0
        names = list("abcdef")
        grids = choose_grids(pd.DataFrame(draw.normal(size=(400, 6)), columns=names), names)
        features = [feature(name, {}) for name in names]
        for _ in range(200):
            periods = [_co_moments(draw.normal(size=(150, 6)), names, grids) for _ in range(9)]
            past = reduce(CoMoments.__add__, periods[:8])
            found = with_correlations(features, past, periods[8], ordinary_changes(periods[:8]))
            over += any(each.correlation > each.correlation_noise for each in found)
        assert over <= stats.binom.ppf(0.99, 200, 0.05)


def _co_moments(values: np.ndarray, names: list[str], grids: dict[str, Grid]) -> CoMoments:
    counter = CoMomentCounter(grids)
    counter.add({name: values[:, place] for place, name in enumerate(names)})
    return counter.total()
