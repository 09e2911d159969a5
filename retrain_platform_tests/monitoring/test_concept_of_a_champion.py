"""Concept drift told from data drift and from a storm; its false alarms by simulation."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retrain_platform.monitoring.concept import concept, daily_errors, errors_by_day
from retrain_platform.monitoring.error_reports import SCORE, PeriodConcept
from retrain_platform.monitoring.error_sums import Cells, Errors, ErrorSums, add_up, cut

NOW = datetime(2020, 1, 1, tzinfo=UTC)
WEEKS, ROWS = 6, 300


def week(
    number: int,
    rng: np.random.Generator,
    *,
    x_mean: float = 0.0,
    a_worth: float = 0.5,
    slope: float = 1.0,
    every_row: float = 0.0,
    day_effects: np.ndarray | None = None,
) -> tuple[pd.DataFrame, Errors]:
    """A week's rows, labels and the scores of a model that knows how labels came to be in ordinary weeks."""
    day = np.repeat(np.arange(7), ROWS)
    x, shop = rng.normal(x_mean, 1, 7 * ROWS), rng.choice(list("abcd"), 7 * ROWS)
    known = x + 0.5 * (shop == "a") - 0.5
    truth = slope * (x + a_worth * (shop == "a") - 0.5) + every_row + (0 if day_effects is None else day_effects[day])
    labels = (rng.random(len(x)) < 1 / (1 + np.exp(-truth))).astype(float)
    return pd.DataFrame({"x": x, "shop": shop}), Errors(labels, 1 / (1 + np.exp(-known)), number * 7 + day)


def told(seed: int = 0, effects: np.ndarray | None = None, **last: float) -> PeriodConcept:
    """Six weeks, the last one changed as `last` says."""
    rng, cells, sums = np.random.default_rng(seed), None, []
    for number in range(WEEKS):
        changed = last if number == WEEKS - 1 else {}
        by_day = None if effects is None else effects[number * 7 : number * 7 + 7]
        frame, errors = week(number, rng, day_effects=by_day, **changed)
        cells = cells or cut(frame, errors.scores, ["x", "shop"], version="1", task="binary")
        sums.append(add_up(frame, errors, cells, period=f"{number:02d}", as_of=NOW))
    assert cells is not None
    streams = [np.array([line[2] / line[0] for each in sums for line in each.lines])]
    return concept(sums, cells, streams, NOW)


def chances(found: PeriodConcept) -> dict[str, float]:
    calibration = {name: shift.chance for name, shift in found.calibration.items()}
    every = {**calibration, **{each.feature: each.chance for each in found.relation}}
    return {name: chance for name, chance in every.items() if chance is not None}


class TestWhatItTellsApart:
    def test_a_feature_that_takes_other_values_is_no_concept_drift(self) -> None:
        found = [chances(told(seed, x_mean=1.0)) for seed in range(12)]
        assert np.median([each["x"] for each in found]) > 0.2
        assert np.median([each["bias"] for each in found]) > 0.2

    def test_a_category_that_means_something_else_is_found_where_it_is(self) -> None:
        found = told(a_worth=2.0)
        by_feature = {each.feature: each for each in found.relation}
        assert by_feature["shop"].chance < 0.01
        assert by_feature["shop"].cell == "a"
        assert by_feature["shop"].shift > 0.1
        assert by_feature["x"].chance > 0.05

    def test_what_moves_all_rows_is_a_bias_and_no_change_of_a_relation(self) -> None:
        found = told(every_row=0.8)
        assert found.calibration["bias"].chance is not None
        assert found.calibration["bias"].chance < 0.001
        assert found.calibration["bias"].shift == pytest.approx(0.15, abs=0.04)
        assert {each.feature: each.chance for each in found.relation}["shop"] > 0.05

    def test_scores_too_far_apart_have_a_negative_slope(self) -> None:
        found = told(slope=0.3)
        assert found.calibration["slope"].chance is not None
        assert found.calibration["slope"].chance < 0.001
        assert found.calibration["slope"].shift is not None
        assert found.calibration["slope"].shift < -0.5
        assert {each.feature: each.chance for each in found.relation}[SCORE] < 0.05


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_where_nothing_changed_each_p_value_is_under_a_twentieth_at_most_as_often(correlation: float) -> None:
    found = []
    for seed in range(150):
        rng, days = np.random.default_rng(1000 + seed), WEEKS * 7
        effects = np.zeros(days)
        for day in range(days):
            effects[day] = correlation * effects[day - 1] + 0.4 * np.sqrt(1 - correlation**2) * rng.normal()
        found.append(chances(told(seed, effects)))
    most = stats.binom.ppf(0.99, len(found), 0.05) + 3  # over six weeks the correlation itself is a guess
    for name in ("bias", "slope", "x", "shop", SCORE):
        assert sum(each[name] < 0.05 for each in found) <= most, name


class TestSums:
    RNG = np.random.default_rng(0)
    FRAME, ERRORS = week(0, RNG)
    CELLS = cut(FRAME, ERRORS.scores, ["x", "shop", "gone"], version="1", task="binary")

    def add(self, chosen: np.ndarray | slice, key: str = "0") -> ErrorSums:
        errors = Errors(*(each[chosen] for each in self.ERRORS))
        return add_up(self.FRAME[chosen], errors, self.CELLS, period=key, as_of=NOW)

    def test_count_every_row_once_in_every_feature(self) -> None:
        sums = self.add(slice(None))
        for name in (SCORE, "x", "shop"):
            assert np.sum(sums.rows[name]) == len(self.FRAME)
            assert np.sum(sums.residuals[name]) == pytest.approx((self.ERRORS.labels - self.ERRORS.scores).sum())
        assert "gone" not in sums.rows

    def test_of_two_halves_make_the_whole(self) -> None:
        half = np.arange(len(self.FRAME)) % 2 == 0
        whole, halves = self.add(slice(None)), [self.add(half), self.add(~half)]
        assert np.sum([each.lines for each in halves], axis=0) == pytest.approx(np.array(whole.lines))
        assert np.sum([each.scored for each in halves], axis=0) == pytest.approx(np.array(whole.scored))

    def test_leave_out_what_is_not_finite(self) -> None:
        errors = Errors(np.array([1.0, np.nan, 0]), np.array([0.5, 0.5, np.nan]), np.zeros(3, dtype=int))
        sums = add_up(None, errors, self.CELLS, period="0", as_of=NOW)
        assert errors_by_day(sums)[0].rows == 1
        nothing = Errors(np.array([np.nan]), np.array([0.5]), np.zeros(1, dtype=int))
        assert add_up(None, nothing, self.CELLS, period="0", as_of=NOW).days == ()

    def test_missing_and_new_values_have_a_cell(self) -> None:
        frame = pd.DataFrame({"x": [np.nan, np.inf, -np.inf], "shop": ["zz", None, "a"]})
        errors = Errors(np.array([1.0, 0, 1]), np.full(3, 0.5), np.zeros(3, dtype=int))
        sums = add_up(frame, errors, self.CELLS, period="0", as_of=NOW)
        labels = self.CELLS.features["shop"].labels
        assert [labels[place] for place in np.flatnonzero(sums.rows["shop"][0])] == ["a", "other", "missing"]
        assert np.flatnonzero(sums.rows["x"][0]).tolist() == [0, 7, 8]
        assert self.CELLS.features["x"].labels[-1] == "missing"

    def test_come_back_from_json(self) -> None:
        sums = self.add(slice(None))
        assert ErrorSums.model_validate_json(sums.model_dump_json()) == sums
        assert Cells.model_validate_json(self.CELLS.model_dump_json()) == self.CELLS


class TestWaiting:
    def test_says_how_many_days_are_in(self) -> None:
        frame, errors = week(0, np.random.default_rng(0))
        cells = cut(frame, errors.scores, [], version="1", task="binary")
        sums = [add_up(None, errors, cells, period="0", as_of=NOW)]
        found = concept(sums, cells, [], NOW)
        assert found.why == ("21 days prove version 1 and 7 later ones are compared with them, 7 and 0 are ripe")
        assert len(found.days) == 7
        with pytest.raises(ValueError, match="must be at least 1"):
            concept([], cells, [], NOW)

    def test_periods_of_a_day_are_gathered_to_a_week(self) -> None:
        rng, cells, sums = np.random.default_rng(0), None, []
        for number in range(5):
            frame, errors = week(number, rng)
            cells = cells or cut(frame, errors.scores, ["x"], version="1", task="binary")
            for day in range(7):
                mine = errors.days == number * 7 + day
                part = Errors(*(each[mine] for each in errors))
                sums.append(add_up(frame[mine], part, cells, period=f"{number * 7 + day:02d}", as_of=NOW))
        assert cells is not None
        found = concept(sums, cells, [], NOW)
        assert found.proven == tuple(f"{day:02d}" for day in range(21))
        assert found.newest == tuple(f"{day:02d}" for day in range(28, 35))
        assert set(chances(found)) == {"bias", "slope", SCORE, "x"}

    def test_a_day_in_two_periods_is_one_day(self) -> None:
        frame, errors = week(0, np.random.default_rng(0))
        cells = cut(frame, errors.scores, [], version="1", task="binary")
        halves = []
        for part in (0, 1):
            chosen = Errors(*(each[part::2] for each in errors))
            sums = add_up(None, chosen, cells, period=str(part), as_of=NOW)
            days = errors_by_day(sums)
            halves.append(PeriodConcept(period=str(part), version="1", as_of=NOW, days=days))
        daily = daily_errors(halves)
        residuals = (errors.labels - errors.scores).reshape(7, ROWS).mean(axis=1)
        assert daily.residuals == pytest.approx(residuals)
        assert daily_errors([]).days == ()
