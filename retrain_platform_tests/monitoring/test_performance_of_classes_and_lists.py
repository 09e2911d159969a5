"""Periods of several classes and of rankings: values by hand, segments by rows and by queries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from retrain_platform.monitoring.performance import measure
from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.release.base import ReleasePlan
from retrain_platform.release.evidence import gather


def measured(labels: Any, scores: Any, days: Any, **more: Any) -> PeriodPerformance:
    given = {"metrics": ("accuracy", "macro_f1"), "min_segment": 2, "segments": {}, **more}
    told = {"period": "p", "version": "1", "role": "champion", "as_of": datetime(2024, 1, 2, tzinfo=UTC)}
    rows = len(labels)
    return measure(np.array(labels, float), np.array(scores, float), np.array(days), rows=rows, **told, **given)


def test_a_period_of_three_classes_by_hand() -> None:
    scores = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]
    found = measured([0, 1, 1, 2], scores, [1, 1, 2, 2])
    assert found.metrics["accuracy"].value == 0.75
    assert found.metrics["macro_f1"].value == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    # Without either day 1/2 and 1 are right: the jackknife's error is half their distance.
    low, high = found.metrics["accuracy"].low, found.metrics["accuracy"].high
    assert low is not None
    assert high is not None
    assert (low + high) / 2 == pytest.approx(0.75)
    assert (high - low) / 2 == pytest.approx(12.706 * 0.25, rel=1e-3)


def test_a_segment_of_classes_needs_rows_and_not_positives() -> None:
    segments = {"shop": np.array(["a", "a", "a", "b"], dtype=object)}
    found = measured([2, 2, 2, 2], np.tile([0.1, 0.2, 0.7], (4, 1)), [1, 1, 2, 2], segments=segments)
    assert found.segments["shop"]["a"]["accuracy"].value == 1.0
    assert found.segments["shop"]["b"]["accuracy"].why == "cannot tell: 1 rows, needs 2"


def test_a_ranking_by_hand_and_its_segments_by_queries() -> None:
    labels, scores = [1, 0, 0, 1, 0, 1], [0.9, 0.1, 0.6, 0.4, 0.5, 0.2]
    queries, shops = np.array([5, 5, 6, 6, 7, 7]), np.array(["a", "a", "a", "a", "b", "b"], dtype=object)
    given = {"metrics": ("mrr",), "queries": queries, "segments": {"shop": shops}}
    found = measured(labels, scores, [1, 1, 1, 1, 2, 2], **given)
    assert found.metrics["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert found.segments["shop"]["a"]["mrr"].value == pytest.approx(0.75)
    assert found.segments["shop"]["b"]["mrr"].why == "cannot tell: 1 queries, needs 2"


def test_the_evidence_of_a_release_is_paired_over_classes() -> None:
    labels = np.array([0.0, 1.0, 1.0, 0.0])
    right = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [np.nan, 0.1]])
    half = np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.9, 0.1]])
    found = gather(
        labels,
        right,
        half,
        np.array([1, 1, 2, 2]),
        version="2",
        other="1",
        periods=("p",),
        metric="accuracy",
        plan=ReleasePlan(),
        looks=1,
    )
    assert (found.rows, found.difference) == (3, pytest.approx(1 / 3))
