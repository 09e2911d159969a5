"""Anomaly limits come from recent residuals, a segment each, and raise scores by what flagged labels were worth."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.training.anomalies import AnomalyLimits, limits_of
from retrain_platform.training.ensemble import Anomaly

ASKED = Anomaly(of="lately", over=3.0, min_flagged=10)


def test_a_limit_is_the_median_and_so_many_spreads() -> None:
    residuals = np.random.default_rng(1).normal(2.0, 0.5, 20_000)
    found = limits_of(ASKED, residuals, np.zeros(20_000), np.zeros(20_000), np.zeros(20_000, dtype=np.intp))
    assert found.limits[0] == pytest.approx(2.0 + 3 * 0.5, abs=0.02)
    middle = np.median(residuals)
    assert found.limits[0] == middle + 3 * 1.4826 * np.median(np.abs(residuals - middle))
    assert found.flagged == (residuals > found.limits[0]).sum()


def test_each_group_has_its_own_and_a_small_or_constant_one_has_none() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat([0, 1, 2, 3], [500, 500, 20, 500]).astype(np.intp)
    recent = np.where(groups == 1, rng.normal(0, 9, 1520), rng.normal(0, 1, 1520))
    recent[groups == 3] = 0.25
    found = limits_of(ASKED, recent, np.zeros(1520), np.zeros(1520), groups)
    assert set(found.limits) == {0, 1}
    assert found.limits[1] > 5 * found.limits[0]
    over = found.over(np.full(4, 1e9), np.zeros(4), np.arange(4, dtype=np.intp))
    assert over.tolist() == [True, True, False, False]


def test_what_is_not_known_is_not_flagged_and_sets_no_limit() -> None:
    rng = np.random.default_rng(3)
    recent = rng.normal(size=400)
    holes = recent.copy()
    holes[::2] = np.nan
    zeros, groups = np.zeros(400), np.zeros(400, dtype=np.intp)
    with_holes = limits_of(ASKED, holes, zeros, zeros, groups)
    assert with_holes.seen == 200
    assert with_holes.limits == limits_of(ASKED, recent[1::2], zeros[1::2], zeros[1::2], groups[1::2]).limits
    assert not with_holes.over(np.array([np.nan]), np.zeros(1), np.zeros(1, dtype=np.intp)).any()


def test_a_flagged_score_is_raised_by_what_flagged_labels_were_above_their_scores() -> None:
    rng = np.random.default_rng(4)
    recent, scores = rng.normal(0, 0.05, 2000), np.full(2000, 0.2)
    recent[:100] += 1.0
    labels = np.where(np.arange(2000) < 100, 1.0, 0.2)
    groups = np.zeros(2000, dtype=np.intp)
    found = limits_of(ASKED, recent, scores, labels, groups)
    flagged = found.over(recent, scores, groups)
    assert flagged[:100].all()
    assert found.lift == (labels - scores)[flagged].mean()
    below = limits_of(ASKED, recent, scores, np.where(np.arange(2000) < 100, 0.0, 0.2), groups)
    assert below.lift == 0.0
    few = limits_of(ASKED.model_copy(update={"min_flagged": 500}), recent, scores, labels, groups)
    assert few.lift == 0.0
    assert few.flagged == found.flagged


def test_limits_come_back_as_they_were_written() -> None:
    limits = AnomalyLimits(of="lately", limits={0: 0.5, 3: 1.25}, lift=0.1, seen=9, flagged=2)
    assert AnomalyLimits.model_validate_json(limits.model_dump_json()) == limits
