"""Spec replays of histories with gaps, broken and one-class periods; interrupted ones, and what was lost of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from retrain_platform.adapters.kept_scores import ScoreFiles
from retrain_platform.dataset.period import Period
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.cells import Cells
from retrain_platform.replay.of_spec import SpecReplay, replay_spec, set_up
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform_tests.replay.spec_shops import ground_of, shop_of, stores
from retrain_platform_tests.steps.tiny import START

DAYS = 13
QUICK: dict[str, Any] = {
    "training": {"kind": "lightgbm", "rounds": 5, "early_stop_on": "0d", "holdout": "1d", "params": {"num_leaves": 4}},
    "policy": {"kind": "any_of", "policies": [{"kind": "schedule", "every": "3d"}]},
    "release": {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.9},
}
GAP, ONE_CLASS, BROKEN = 6, 8, 9
"""The days without rows, with one class only, and with a column gone."""


def odd(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    day = (period.start - START).days
    if day == GAP:
        return frame.iloc[:0]
    if day == ONE_CLASS:
        return frame.assign(bad=1.0)
    return frame.drop(columns="x") if day == BROKEN else frame


@pytest.fixture(scope="module")
def report() -> ReplayReport:
    return replay_spec(ground_of(shop_of(days=DAYS, change=odd, **QUICK)), SpecReplay(costs=(0.1,)), *stores())


def key(day: int) -> str:
    return f"2024-01-{day + 1:02d}"


def test_a_gap_and_a_period_of_one_class_count_for_nobody(report: ReplayReport) -> None:
    judged = {each.key: each.judged for each in report.periods}
    assert [judged[key(day)] for day in (GAP, ONE_CLASS)] == [False] * 2
    # A model answers without the column, as it does live.
    assert [judged[key(day)] for day in (7, BROKEN, 10, 11)] == [True] * 4
    assert {each.key: each.rows for each in report.periods}[key(GAP)] == 0


def test_what_is_broken_or_never_came_is_said(report: ReplayReport) -> None:
    told = " ".join(report.notes)
    assert f"broken and not learned from: 1 period ({key(BROKEN)}) of {DAYS}" in told
    assert f"without rows, or labels that are in, and counting for nobody: 1 period ({key(GAP)})" in told


def test_policies_that_always_and_never_fire_are_walked(report: ReplayReport) -> None:
    named = {each.name: each for each in report.policies}
    assert named["never"].retrains == 0
    assert named["every day"].retrains >= named[NOW].retrains > 0


class Stopped(RuntimeError):
    """Somebody stops the replay."""


def test_an_interrupted_replay_goes_on_and_a_lost_answer_is_made_again(tmp_path: Any) -> None:
    ground, kept = ground_of(shop_of(days=9, **QUICK)), stores()[0]
    scores = ScoreFiles(tmp_path)

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        set_up(ground, SpecReplay(), kept, scores, stop)
    setting = set_up(ground, SpecReplay(), kept, scores, lambda done, of: None).setting
    whole = set_up(ground, SpecReplay(), *stores(), lambda done, of: None).setting
    matrix, anew = setting.road.matrix, whole.road.matrix
    assert 0 < matrix.fits < anew.fits
    assert (
        pytest.approx(anew.loss[anew.judged[None, None] & anew.trained[..., None]], nan_ok=True)
        == matrix.loss[matrix.judged[None, None] & matrix.trained[..., None]]
    )
    past = SpecPast(ground, setting.loss, Cells(kept, scores))
    before = past.answers(0, 4, 7)
    for lost in tmp_path.rglob("*.npz"):
        lost.write_bytes(b"no archive")
    again = past.answers(0, 4, 7)
    assert before is not None
    assert again is not None
    assert (before.scores == again.scores).all()
