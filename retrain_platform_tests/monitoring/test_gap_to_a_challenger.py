"""What a fresh challenger's scores say against a stale one's, on the same rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from retrain_platform.monitoring.gap import GapReading, Side, read_gap
from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = np.repeat(np.arange(14), 50)
RNG = np.random.default_rng(3)
LABELS = (RNG.random(700) < 0.4).astype(float)
FRESH = np.clip(0.3 + 0.4 * LABELS + RNG.normal(0, 0.2, 700), 0, 1)
STALE = np.clip(0.4 + 0.1 * LABELS + RNG.normal(0, 0.2, 700), 0, 1)


def read(labels: Any = LABELS, fresh: Any = FRESH, stale: Any = STALE, days: Any = DAYS, **changed: Any) -> GapReading:
    given: dict[str, Any] = {
        "metric": "auc",
        "confidence": 0.9,
        "period": "2024-01-15",
        "as_of": START,
        "version": "1",
        "judged": ("2024-01-01",),
        "share": 0.5,
        "stale": Side(until=START - timedelta(weeks=9), rows=10),
        "fresh": Side(until=START - timedelta(weeks=2), rows=30),
    }
    return read_gap(GapReading(**{**given, **changed}), labels, fresh, stale, None, days)


def test_the_gap_is_the_paired_difference_with_days_as_the_unit() -> None:
    found = read()
    interval = paired(LABELS, FRESH, STALE, DAYS, metric("auc"), 0.9)
    assert found.value == pytest.approx(interval.value)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.rows, found.days) == (700, 14)
    assert found.fresh is not None
    assert found.stale is not None
    assert found.fresh.value - found.stale.value == pytest.approx(found.value)
    assert found.age == timedelta(weeks=7)


def test_better_is_positive_also_where_smaller_is_better() -> None:
    labels = RNG.normal(0, 1, 700)
    found = read(labels, labels + 0.1, labels + 0.5, metric="rmse")
    assert found.value == pytest.approx(0.4)


def test_its_one_sided_bound_is_student_s() -> None:
    found = read()
    assert found.value is not None
    assert found.standard_error is not None
    expected = found.value - stats.t.ppf(0.8, 13) * found.standard_error
    assert found.lower(0.8) == pytest.approx(expected)


def test_one_day_gives_a_value_without_an_interval_and_says_so() -> None:
    found = read(days=np.zeros(700, dtype=int))
    assert found.value is not None
    assert (found.low, found.high, found.standard_error, found.lower(0.9)) == (None, None, None, None)
    assert "1 days are too few" in found.why


def test_one_class_gives_no_value_and_says_so() -> None:
    found = read(np.ones(700))
    assert (found.value, found.low) == (None, None)
    assert found.why == "auc is undefined on the 700 rows judged"
