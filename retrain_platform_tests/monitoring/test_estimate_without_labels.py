"""Estimates of metrics before the labels: unbiased where the scores mean what they meant, with an honest interval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from retrain_platform.monitoring.error_reports import Came, EstimateCheck, PeriodEstimate
from retrain_platform.monitoring.error_sums import Cells, Errors, ErrorSums, TaskName, add_up, cut
from retrain_platform.monitoring.estimate import check, estimate, switched_off
from retrain_platform.monitoring.performance import measure
from retrain_platform.stats.metrics import METRICS

NOW = datetime(2020, 1, 1, tzinfo=UTC)
BINARY = ["auc", "log_loss", "brier", "accuracy", "precision", "recall", "f1"]
ROWS = 2000


def binary(rng: np.random.Generator, mean: float = -0.5, shock: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores that are not calibrated, but say the same of the label every time; `shock` moves the labels."""
    z = rng.normal(mean, 1.2, ROWS)
    labels = (rng.random(ROWS) < 1 / (1 + np.exp(-z - shock))).astype(float)
    return labels, 1 / (1 + np.exp(-0.7 * z - 0.3))


def regression(rng: np.random.Generator, mean: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Predictions whose error grows with them."""
    scores = rng.normal(mean, 1, ROWS)
    return scores + rng.normal(size=ROWS) * np.exp(scores / 2), scores


def behind(
    rng: np.random.Generator, task: TaskName, periods: int = 6, shocks: float = 0.0
) -> tuple[list[ErrorSums], Cells]:
    sums, cells = [], None
    for number in range(periods):
        labels, scores = regression(rng) if task == "regression" else binary(rng, shock=shocks * rng.normal())
        cells = cells or cut(pd.DataFrame(), scores, [], version="1", task=task)
        errors = Errors(labels, scores, np.arange(ROWS) % 7 + 7 * number)
        sums.append(add_up(None, errors, cells, period=f"{number:02d}", as_of=NOW))
    assert cells is not None
    return sums, cells


class TestBinary:
    @pytest.fixture(scope="class", params=[-0.5, 0.3], ids=["as ever", "moved"])
    def gaps(self, request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
        """(measured - estimated, within the interval) of 80 streams; the newest scores are as ever, or have moved."""
        found: dict[str, list[tuple[float, bool]]] = {name: [] for name in BINARY}
        for seed in range(80):
            rng = np.random.default_rng(seed)
            sums, cells = behind(rng, "binary")
            labels, scores = binary(rng, mean=request.param)
            told = estimate(scores, sums, cells, BINARY, period="99", as_of=NOW).metrics
            for name in BINARY:
                measured = METRICS[name].compute(labels, scores)
                value, low, high = told[name].value, told[name].low, told[name].high
                assert value is not None
                assert low is not None
                assert high is not None
                found[name].append((measured - value, low <= measured <= high))
        return {name: np.array(each) for name, each in found.items()}

    @pytest.mark.parametrize("name", BINARY)
    def test_is_unbiased_though_the_data_moved(self, gaps: dict[str, np.ndarray], name: str) -> None:
        found = gaps[name][:, 0]
        assert abs(found.mean()) < 3 * found.std(ddof=1) / np.sqrt(len(found))

    @pytest.mark.parametrize("name", BINARY)
    def test_its_interval_holds_what_comes_true(self, gaps: dict[str, np.ndarray], name: str) -> None:
        """19 times in 20 where the scores are as ever; of scores that moved far it knows the noise less well."""
        assert gaps[name][:, 1].mean() >= 0.8
        if name in ("auc", "accuracy", "f1", "recall"):
            assert gaps[name][:, 1].mean() >= 0.9

    def test_its_interval_holds_the_shocks_that_ordinary_periods_have(self) -> None:
        """A shock moves all labels of a period: no calibration curve knows of it, the periods behind do."""
        widths = []
        for shocks in (0.0, 0.5):
            rng = np.random.default_rng(1)
            sums, cells = behind(rng, "binary", 12, shocks)
            told = estimate(binary(rng)[1], sums, cells, ["precision"], period="99", as_of=NOW).metrics["precision"]
            assert told.error is not None
            widths.append(told.error)
        assert widths[1] > 2 * widths[0]


def test_of_a_regression_follows_the_predictions_to_where_errors_are_larger() -> None:
    gaps = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sums, cells = behind(rng, "regression")
        labels, scores = regression(rng, mean=0.5)
        told = estimate(scores, sums, cells, ["rmse", "mae", "r2"], period="99", as_of=NOW).metrics
        gaps.append([METRICS[name].compute(labels, scores) - (told[name].value or 0) for name in ("rmse", "mae")])
        assert told["r2"].value is None
        assert "cannot be estimated" in told["r2"].why
    before = METRICS["mae"].compute(*regression(np.random.default_rng(99)))
    after = METRICS["mae"].compute(*regression(np.random.default_rng(99), mean=0.5))
    # Within the outermost tenth of the predictions the errors go on growing: what a bin cannot know is a small part.
    assert np.abs(np.mean(gaps, axis=0)[1]) < 0.2 * (after - before)


class TestUntold:
    RNG = np.random.default_rng(0)
    SUMS, CELLS = behind(RNG, "binary")

    def test_before_three_ripe_periods(self) -> None:
        told = estimate(np.array([0.5]), self.SUMS[:2], self.CELLS, ["auc"], period="9", as_of=NOW).metrics["auc"]
        assert (told.value, told.why) == (None, "an estimate takes 3 ripe periods that this version scored, 2 are in")

    def test_without_scores(self) -> None:
        for scores in (np.array([]), np.array([np.nan])):
            told = estimate(scores, self.SUMS, self.CELLS, ["auc"], period="9", as_of=NOW).metrics["auc"]
            assert told.why == "the period has no scores"

    def test_where_it_was_switched_off(self) -> None:
        found = estimate(np.array([0.5]), self.SUMS, self.CELLS, ["auc"], period="9", as_of=NOW, off={"auc": "biased"})
        assert (found.metrics["auc"].value, found.metrics["auc"].why) == (None, "biased")


def came(period: int, gap: float, version: str = "1") -> EstimateCheck:
    told = Came(estimated=0.7, low=0.6, high=0.8, measured=0.7 + gap)
    return EstimateCheck(period=f"{period:02d}", version=version, as_of=NOW, metrics={"auc": told})


class TestChecked:
    def test_the_newest_estimate_is_held_against_what_came(self) -> None:
        rng = np.random.default_rng(0)
        sums, cells = behind(rng, "binary")
        labels, scores = binary(rng)
        told = estimate(scores, sums, cells, ["auc"], period="06", as_of=NOW)
        stale = PeriodEstimate(
            period="06",
            version="1",
            as_of=NOW - timedelta(1),
            metrics={"auc": told.metrics["auc"].model_copy(update={"value": 0.1})},
        )
        reading = measure(
            labels,
            scores,
            np.arange(ROWS) % 7,
            period="06",
            version="1",
            role="champion",
            as_of=NOW,
            metrics=["auc"],
            rows=ROWS,
            segments={},
        )
        found = check(reading, [told, stale], NOW)
        assert found is not None
        assert found.metrics["auc"].estimated == told.metrics["auc"].value
        assert found.metrics["auc"].gap == pytest.approx(
            found.metrics["auc"].measured - (told.metrics["auc"].value or 0)
        )
        assert check(reading.model_copy(update={"version": "2"}), [told], NOW) is None
        assert check(reading, [], NOW) is None

    def test_a_biased_estimate_is_switched_off_and_stays_so(self) -> None:
        rng = np.random.default_rng(0)
        biased = [came(number, 0.1 + 0.01 * rng.normal()) for number in range(6)]
        said = switched_off(biased, "1")["auc"]
        assert said.startswith("switched off: over 3 checked periods what came true was higher than estimated by 0.1")
        assert "at most 0.05" in said
        back = [came(6 + number, -0.1) for number in range(20)]
        assert switched_off([*back, *biased], "1")["auc"] == said

    def test_a_new_version_begins_anew(self) -> None:
        assert switched_off([came(number, 0.1 + number / 1000) for number in range(6)], "2") == {}

    def test_unbiased_ones_stay_on(self) -> None:
        rng = np.random.default_rng(4)
        off = sum(bool(switched_off([came(n, 0.05 * rng.normal()) for n in range(30)], "1")) for _ in range(150))
        assert off <= 14  # the one-sided 99% bound of 150 at a twentieth
