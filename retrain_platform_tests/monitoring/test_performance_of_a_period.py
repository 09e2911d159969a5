"""Readings of a period: whole and by segment, with a reason wherever there is no number."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from retrain_platform.monitoring.performance import measure, not_ripe
from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.stats.intervals import single
from retrain_platform.stats.metrics import METRICS

AS_OF = datetime(2013, 3, 1, tzinfo=UTC)
DRAW = np.random.default_rng(13)
ROWS = 2000
LABELS = (DRAW.random(ROWS) < 0.3).astype(float)
SCORES = np.clip(0.3 + 0.2 * LABELS + DRAW.normal(0, 0.2, ROWS), 0.01, 0.99)
DAYS = DRAW.integers(15_700, 15_707, ROWS)
CARRIERS = np.array(["UA"] * 1000 + ["B6"] * 860 + ["OO"] * 90 + ["HA"] * 40 + [None] * 10, dtype=object)


def measured(rows=slice(None), segments=None, metrics=("auc", "log_loss"), labels=LABELS, days=DAYS, **more):
    return measure(
        labels[rows], SCORES[rows], days[rows], period="2013-02-05", version="3", role="champion", as_of=AS_OF,
        metrics=metrics, rows=2100, segments=segments or {}, **more,
    )  # fmt: skip


def test_the_whole_is_the_interval_by_day():
    found = measured(confidence=0.9)
    assert (found.ripe, found.rows, found.labelled, found.why) == (True, 2100, ROWS, "")
    assert (found.period, found.version, found.role, found.as_of) == ("2013-02-05", "3", "champion", AS_OF)
    for name, reading in found.metrics.items():
        expected = single(LABELS, SCORES, DAYS, METRICS[name], 0.9)
        assert (reading.value, reading.low, reading.high) == expected[:3]
        assert (reading.rows, reading.days, reading.why) == (ROWS, 7, "")
    assert PeriodPerformance.model_validate_json(found.model_dump_json()) == found


def test_segments_are_read_alone_and_the_small_are_pooled():
    found = measured(segments={"carrier": CARRIERS}, min_segment=25).segments["carrier"]
    assert list(found) == ["B6", "HA", "OO", "UA", "missing", "other"]
    big = CARRIERS == "UA"
    expected = single(LABELS[big], SCORES[big], DAYS[big], METRICS["auc"])
    assert (found["UA"]["auc"].value, found["UA"]["auc"].low) == pytest.approx(expected[:2])
    small = found["HA"]["auc"]
    positives = int(LABELS[CARRIERS == "HA"].sum())
    assert (small.value, small.low, small.rows) == (None, None, 40)
    assert small.why == f"cannot tell: {positives} positives and {40 - positives} negatives, needs 25 of each"
    pool = np.isin(CARRIERS, ["HA", None]) | (CARRIERS == "OO" if found["OO"]["auc"].value is None else False)
    assert found["other"]["auc"].rows == pool.sum()


def test_a_pool_may_be_too_small_itself_and_is_absent_when_nothing_is_small():
    assert measured(segments={"carrier": CARRIERS}, min_segment=200).segments["carrier"]["other"]["auc"].value is None
    assert "other" not in measured(segments={"carrier": CARRIERS}, min_segment=0).segments["carrier"]


def test_the_pool_does_not_hide_a_segment_of_its_name():
    named = np.where(np.arange(ROWS) < 1000, "other", CARRIERS).astype(object)
    found = measured(segments={"carrier": named}).segments["carrier"]
    assert found["other"]["auc"].rows == 1000
    assert found["other (pooled)"]["auc"].rows == 140


def test_a_regression_counts_rows():
    found = measured(segments={"carrier": CARRIERS}, metrics=("rmse", "mae"), min_segment=41).segments["carrier"]
    assert found["HA"]["mae"].why == "cannot tell: 40 rows, needs 41"
    assert found["OO"]["mae"].value is not None
    assert found["other"]["rmse"].rows == 50


def test_what_has_no_number_says_why():
    nothing = measured(rows=slice(0, 0), segments={"carrier": CARRIERS[:0]})
    assert nothing.metrics["auc"].why == "cannot tell: no labelled rows"
    assert (nothing.metrics["auc"].value, nothing.labelled, nothing.segments) == (None, 0, {"carrier": {}})
    one_class = measured(labels=np.zeros(ROWS)).metrics["auc"]
    assert (one_class.value, one_class.why) == (None, f"cannot tell: auc is undefined on these {ROWS} rows")
    one_day = measured(days=np.zeros(ROWS, dtype=int)).metrics["auc"]
    assert one_day.value is not None
    assert (one_day.low, one_day.days, one_day.why) == (None, 1, "no interval: one day")
    lone = measured(labels=(DAYS.min() == DAYS).astype(float)).metrics["auc"]
    assert (lone.low, lone.why) == (None, "no interval: auc hangs on a single day")


def test_wrong_use_is_named():
    with pytest.raises(ValueError, match=r"len\(carrier\) == 3, must be 2000"):
        measured(segments={"carrier": CARRIERS[:3]})
    with pytest.raises(ValueError, match="must all be of one task"):
        measured(metrics=("auc", "mae"))
    with pytest.raises(ValueError, match="metric == 'gini', must be one of"):
        measured(metrics=("gini",))


def test_not_ripe_has_no_metrics_but_a_reason():
    found = not_ripe(
        period="2013-02-05", version="3", role="shadow", as_of=AS_OF, rows=9, labelled=4, why="4 of 9 labels are in"
    )
    assert (found.ripe, found.metrics, found.why) == (False, {}, "4 of 9 labels are in")
