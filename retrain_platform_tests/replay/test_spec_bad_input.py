"""Spec replays of histories with gaps, broken and one-class periods; interrupted ones, and what was lost of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from retrain_platform.adapters.kept_scores import ScoreFiles
from retrain_platform.dataset.period import Period
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.cells import Cells
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.of_spec import SpecReplay, replay_spec, set_up
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_lens import SpecLens
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.replay.trainings import Trainings
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.replay.pasts import ALL
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


def half_labelled(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].where(frame.index % 2 == 0))


@pytest.fixture(scope="module")
def half() -> Ground:
    label = {"column": "bad", "delay": "12h", "ripe_at": 0.4}
    return ground_of(shop_of(days=9, change=half_labelled, **QUICK, label=label, checks={"min_rows": 300}))


def test_rows_without_a_label_are_answered_and_neither_judged_nor_read(half: Ground) -> None:
    kept, scores = stores()
    setting = set_up(half, SpecReplay(), kept, scores, lambda done, of: None).setting
    answers = SpecPast(half, setting.loss, Cells(kept, scores)).answers(0, 4, 7)
    rows = half.rows(7)
    there = rows["_label"].notna().to_numpy()
    assert answers is not None
    assert (len(answers.scores), there.sum()) == (300, 150)
    value = roc_auc_score(rows["_label"][there], answers.scores[there])
    assert setting.road.matrix.loss[0, 4, 7] == pytest.approx(1 - value)
    past = SpecPast(half, setting.loss, Cells(kept, scores))
    lens = SpecLens(Ripening(half), Trainings(past, (ALL,), half.delay), Measured(past, kept))
    reading = lens.reading(Retrain(4 + half.delay), 7)
    assert reading is not None
    assert (reading.rows, reading.labelled) == (300, 150)
    assert reading.metrics["auc"].value == pytest.approx(value)


def test_labels_at_once_are_there_when_their_period_ends(half: Ground) -> None:
    late, at_once = Ripening(half), Ripening(half, at_once=True)
    end = half.periods[5].end
    assert [each.period for each in late.known(end)] == [key(day) for day in range(5)]
    assert [each.period for each in at_once.known(end)] == [key(day) for day in range(6)]
    assert (late.when(5), at_once.when(5)) == (half.periods[6].end, end)
    assert at_once.labels(5) == half.until
    assert {each.labelled for each in at_once.known(end)} == {150}


def test_the_same_rows_that_were_ripe_later_are_another_training(half: Ground) -> None:
    label = {"column": "bad", "delay": "36h", "ripe_at": 0.4}
    later = ground_of(shop_of(days=9, change=half_labelled, **QUICK, label=label, checks={"min_rows": 300}))
    assert half.digest(3) == half.digest(3) != later.digest(3)
    assert half.digest(3) != half.digest(4)


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
    fits = list[str]()

    def beside() -> Workshop:
        fits.append("one more")
        return ground.beside()

    past = SpecPast(replace(ground, beside=beside), setting.loss, Cells(kept, scores))
    before = past.answers(0, 4, 7)
    for lost in tmp_path.rglob("*.npz"):
        lost.write_bytes(b"no archive")
    again = past.answers(0, 4, 7)
    assert before is not None
    assert again is not None
    assert (before.scores == again.scores).all()
    assert past.answers(0, 4, 8) is not None
    assert fits == ["one more"]
