"""Models that go on learning, and a fit that ends before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrain_platform.adapters import lightgbm_limit
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.lightgbm_learner import FittedLightGBM
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.adapters.sklearn_learner import FittedSklearn, cannot_go_on
from retrain_platform.training import LightGBM, Sklearn
from retrain_platform.training.base import Continuing, Rows
from retrain_platform.training.conformance import made_up
from retrain_platform.training.incremental import CannotContinue
from retrain_platform.training.sklearn import Step

SEEN = made_up("binary")
OLD, NEW = slice(0, 400), slice(400, 600)
TREES = {"rounds": 20, "params": {"num_leaves": 7, "min_data_in_leaf": 10}}
ONLINE = {"estimator": "sklearn.linear_model.SGDClassifier", "params": {"loss": "log_loss"}}


def taught(recipe: Any, rows: slice = OLD) -> tuple[Any, Any]:
    """A learner, and what it learned from some of the rows."""
    teacher = learner(recipe, "binary")
    assert isinstance(teacher, Continuing)
    return teacher, teacher.fit(SEEN.train.of(rows))


def contrary(rows: Rows) -> Rows:
    return rows._replace(labels=1 - rows.labels)


def boosted(**more: Any) -> LightGBM:
    return LightGBM.model_validate({**TREES, "incremental": {"rounds": 6, "max_rounds": 30}, **more})


def trees(fitted: FittedLightGBM) -> list[str]:
    """The text of each tree, without its number."""
    texts = fitted._text.partition("\nend of trees")[0].split("\nTree=")[1:]
    return [text.partition("\n")[2].strip() for text in texts]


def test_more_trees_stand_on_those_that_were_there() -> None:
    teacher, base = taught(boosted())
    before = base.fingerprint()
    more = teacher.continue_from(base, SEEN.train.of(NEW))
    assert trees(more)[:20] == trees(base)
    assert len(trees(more)) == 26
    assert (more.report.rounds, more.report.taken_over) == (26, 20)
    assert base.fingerprint() == before != more.fingerprint()
    again = teacher.continue_from(base, SEEN.train.of(NEW))
    assert again.fingerprint() == more.fingerprint()


def test_the_new_rows_are_learned_from() -> None:
    """Where the new rows say the contrary, so does the model after many more trees."""
    teacher, base = taught(boosted(incremental={"rounds": 200, "max_rounds": 900}))
    turned = teacher.continue_from(base, contrary(SEEN.train.of(NEW)))
    was, now = base.score(SEEN.later), turned.score(SEEN.later)
    assert np.corrcoef(was, SEEN.truth)[0, 1] > 0.3
    assert np.corrcoef(now, SEEN.truth)[0, 1] < 0


def test_the_preparation_is_kept_so_that_a_new_category_stays_unknown(tmp_path: Path) -> None:
    teacher, base = taught(boosted())
    fresh = SEEN.train.of(NEW)
    more = teacher.continue_from(base, fresh._replace(frame=fresh.frame.assign(carrier="ZZ")))
    assert more.preparation == base.preparation
    same = more.score(SEEN.later.assign(carrier="ZZ")), more.score(SEEN.later.assign(carrier="never seen"))
    np.testing.assert_array_equal(*same)
    keep_package(more, tmp_path / "kept")
    loaded = load_package(tmp_path / "kept")
    assert loaded.report == more.report
    np.testing.assert_array_equal(loaded.score(SEEN.later), more.score(SEEN.later))
    onward = teacher.continue_from(loaded, SEEN.train.of(NEW), rounds=2)
    assert (onward.report.rounds, onward.report.taken_over) == (28, 26)


def test_it_stops_early_at_its_most_rounds_and_at_its_own_rate() -> None:
    teacher, base = taught(boosted(incremental={"rounds": 15, "max_rounds": 30}))
    assert teacher.continue_from(base, SEEN.train.of(NEW)).report.rounds == 30
    early, _ = taught(boosted(incremental={"rounds": 15, "max_rounds": 99}, early_stopping_rounds=1))
    stopped = early.continue_from(base, contrary(SEEN.train.of(NEW)), valid=Rows(SEEN.later, SEEN.truth))
    assert stopped.report.rounds == 21
    assert len(stopped.report.curves["valid_log_loss"]) >= 1
    slow, _ = taught(boosted(incremental={"rounds": 6, "learning_rate": 0.001}))
    np.testing.assert_allclose(
        slow.continue_from(base, SEEN.train.of(NEW)).score(SEEN.later), base.score(SEEN.later), atol=0.01
    )
    full, at_most = taught(boosted(rounds=30))
    with pytest.raises(CannotContinue, match="the model has 30 trees, must be < 30"):
        full.continue_from(at_most, SEEN.train.of(NEW))


def test_weights_count_when_it_goes_on() -> None:
    teacher, base = taught(boosted())
    new, half = SEEN.train.of(NEW), np.repeat([1.0, 0.0], 100)
    weighed = teacher.continue_from(base, new._replace(weights=half))
    assert weighed.fingerprint() == teacher.continue_from(base, new.of(slice(100))).fingerprint()


def test_partial_fit_in_the_order_of_the_rows_is_what_scikit_learn_does_by_hand() -> None:
    recipe = Sklearn.model_validate({**ONLINE, "incremental": {"passes": 2, "batch": 64}})
    teacher, base = taught(recipe)
    before, new = base.fingerprint(), SEEN.train.of(NEW)
    more = teacher.continue_from(base, new)
    by_hand = taught(recipe)[1].pipeline
    matrix = by_hand[:-1].transform(base.preparation.transform(new.frame))
    for _ in range(2):
        for start in range(0, 200, 64):
            by_hand[-1].partial_fit(matrix[start : start + 64], new.labels[start : start + 64])
    np.testing.assert_array_equal(more.pipeline[-1].coef_, by_hand[-1].coef_)
    assert base.fingerprint() == before != more.fingerprint()


def test_an_online_model_is_kept_and_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    teacher, base = taught(Sklearn.model_validate(ONLINE))
    keep_package(base, tmp_path / "kept")
    loaded = load_package(tmp_path / "kept")
    mine, theirs = (teacher.continue_from(one, SEEN.train.of(NEW)) for one in (base, loaded))
    np.testing.assert_array_equal(mine.score(SEEN.later), theirs.score(SEEN.later))


def test_a_model_of_another_learner_is_not_gone_on_from() -> None:
    boosting, trees_ = taught(boosted())
    online, line = taught(Sklearn.model_validate(ONLINE))
    with pytest.raises(CannotContinue, match="FittedSklearn, must be LightGBM's"):
        boosting.continue_from(line, SEEN.train.of(NEW))
    with pytest.raises(CannotContinue, match="FittedLightGBM, must be scikit-learn's"):
        online.continue_from(trees_, SEEN.train.of(NEW))
    assert isinstance(line, FittedSklearn)


def test_an_estimator_without_partial_fit_is_told() -> None:
    assert cannot_go_on(Step(estimator="sklearn.linear_model.SGDRegressor")) == ""
    assert "must have partial_fit" in cannot_go_on(Step(estimator="sklearn.linear_model.Ridge"))


class Clock:
    """Each look at it is a second later."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> datetime:
        self.seconds += 1
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.mark.parametrize("stops", [True, False])
def test_a_fit_that_takes_too_long_keeps_the_best_so_far_and_says_so(
    stops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lightgbm_limit, "now", Clock())
    valid = contrary(Rows(SEEN.later, SEEN.truth)) if stops else None
    late = learner(boosted(time_limit="8s"), "binary").fit(SEEN.train, valid=valid)
    kept = int(np.argmin(late.report.curves["valid_log_loss"])) + 1 if stops else 8
    assert (kept < 8) == stops  # the contrary gets worse with every tree but the first ones
    assert late.report.rounds == kept
    assert late.report.stopped == (
        f"training.time_limit == 8s ended the fit at tree 8, the best {kept} are kept: not repeatable"
    )
    again = learner(boosted(), "binary").fit(SEEN.train, rounds=kept)
    assert late.fingerprint() == again.fingerprint()
    assert learner(boosted(time_limit="1h"), "binary").fit(SEEN.train).report.stopped == ""
