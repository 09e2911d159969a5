"""The gap to a fresh challenger, measured on a road that is walked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.learners import learner
from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.replay.walk import walk
from retrain_platform.spec import SpecErrors
from retrain_platform.steps.papers.story import log_lines
from retrain_platform.steps.training.challenger import ASSET, challenge
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import base
from retrain_platform.training.adjusted import adjustment_of
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, outcome, tiny_spec

CHALLENGER = {"every": "2d", "judge_on": "3d", "trees": 20, "leaves": 7, "rows": 100_000}
WATCHED = {"min_segment": 20, "challenger": CHALLENGER}
NEVER = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "90d"}]}
WINDOW = {**attributes()["training"], "window": "4d"}
CHANGED_ON = START + timedelta(days=6)


def turned(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """From the change on, what was a reason for the label speaks against it."""
    return frame.assign(bad=1 - frame["bad"]) if period.start >= CHANGED_ON else frame


def road(days: int = 14, change: Any = lambda frame, period: frame, **changed: Any) -> Workshop:
    spec = tiny_spec(**{"monitoring": WATCHED, "policy": NEVER, **changed})
    shop = Places().shop(spec, Rows(days, change))
    list(walk(shop))
    return shop


def readings(shop: Workshop) -> dict[str, GapReading]:
    return shop.values.all(shop.model, ASSET, GapReading)


@pytest.fixture(scope="module")
def after_a_change() -> Workshop:
    policy = {"kind": "any_of", "policies": [{"kind": "gap", "over": 0.02, "action": "investigate"}]}
    cost = {"currency": "EUR", "retrain": 40, "per_point": 2, "hour": 10}
    return road(change=turned, policy=policy, cost=cost, training=WINDOW)


def test_without_the_section_nothing_is_fitted_or_kept() -> None:
    shop = road(days=8, monitoring={"min_segment": 20})
    assert readings(shop) == {}
    assert challenge(shop, shop.spec.period.at(7)) is None


def test_it_is_read_every_so_many_periods_and_says_what_it_waits_for() -> None:
    found = readings(road())
    assert [key[-2:] for key in found] == ["06", "08", "10", "12", "14"]
    first = found["2024-01-06"]
    assert (first.value, first.version) == (None, "1")
    assert first.why == "it waits for 2 more ripe periods that version 1 has not seen: 3 to judge, 1 to learn from"
    assert found["2024-01-10"].value is not None


def test_a_changed_world_opens_the_gap_and_the_decision_begins_with_it(after_a_change: Workshop) -> None:
    last = readings(after_a_change)["2024-01-14"]
    assert last.value is not None
    assert last.low is not None
    assert last.low > 0.02
    decision = after_a_change.values.newest("tiny", "retrain_decision", "2024-01-14", RetrainDecision)
    assert decision is not None
    assert decision.action.value == "investigate"
    assert decision.expected_gain is not None
    assert decision.expected_gain.value == last.value
    assert decision.expected_gain.worth == pytest.approx(last.value * 100 * 2)
    assert decision.expected_gain.sentence.startswith("a retrain now would gain")


def test_the_stale_side_has_the_champion_s_cut_and_no_side_saw_a_judged_row(after_a_change: Workshop) -> None:
    for reading in readings(after_a_change).values():
        if reading.value is None:
            continue
        assert reading.stale is not None
        assert reading.fresh is not None
        first = after_a_change.spec.period.period(reading.judged[0]).start
        assert reading.stale.until < reading.fresh.until <= first
        assert reading.fresh.rows == 300 * 3  # as many days as the window of 4 days has ripe ones now
        assert len(reading.judged) == 3


def test_the_learner_is_given_only_rows_before_each_cut() -> None:
    """A spy beside the fits: `at` is a feature here, so that the learner sees when its rows were."""
    seen: list[tuple[int, pd.Timestamp]] = []

    def spying(shop: Workshop) -> Workshop:
        def teach(recipe: Any) -> Any:
            inner = learner(recipe, "binary")

            class Spy:
                def fit(self, train: base.Rows, **more: Any) -> Any:
                    seen.append((len(train.frame), pd.Timestamp(train.frame["when"].max(), unit="s", tz="UTC")))
                    return inner.fit(train, **more)

                def load(self, folder: Any) -> Any:
                    return inner.load(folder)

            return Spy()

        return replace(shop, teach=teach)

    def dated(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        return frame.assign(when=frame["at"].astype("int64") // 10**9)

    spec = tiny_spec(monitoring={**WATCHED, "challenger": {**CHALLENGER, "rows": 700}}, policy=NEVER)
    shop = spying(Places().shop(spec, Rows(12, dated)))
    list(walk(shop))
    seen.clear()
    shop = replace(shop, loaded={})
    reading = challenge(shop, spec.period.period("2024-01-12"))
    assert reading is not None
    assert reading.fresh is not None
    assert [newest < reading.fresh.until for _, newest in seen] == [True]
    assert reading.share == 0.25
    assert seen[0][0] == pytest.approx(reading.fresh.rows * reading.share, rel=0.1)


def test_the_same_period_gives_the_same_reading_and_a_repeat_changes_nothing() -> None:
    shop = road(days=12)
    before, standing = readings(shop), outcome(shop)
    again = challenge(shop, shop.spec.period.period("2024-01-12"))
    assert again == before["2024-01-12"]
    assert readings(road(days=12)) == before
    assert outcome(shop)["ledger"] == standing["ledger"]


def test_challengers_are_neither_registered_nor_released() -> None:
    shop = road()
    assert [version.version for version in shop.registry.versions("tiny")] == ["1"]
    assert shop.registry.aliases("tiny") == {"champion": "1"}


def test_the_champion_s_own_metric_stands_beside_it_where_it_scored_every_judged_row() -> None:
    found = readings(road())["2024-01-14"]
    assert found.champion is not None
    assert 0.6 < found.champion < 1


def test_a_learner_of_scikit_learn_is_taken_as_it_is() -> None:
    training = {"kind": "sklearn", "estimator": "sklearn.linear_model.LogisticRegression", "holdout": "1d"}
    training["window"] = "4d"
    found = readings(road(training=training, change=turned))
    assert found["2024-01-14"].value is not None
    assert found["2024-01-14"].value > 0.02


def test_both_sides_learn_as_a_candidate_would() -> None:
    """Weighed by age and class and clipped: the learner is given the weights, and the kept side has the adjustment."""
    given: list[base.Rows] = []

    def teach(recipe: Any) -> Any:
        inner = learner(recipe, "binary")
        plain = inner.fit

        def fit(train: base.Rows, **more: Any) -> Any:
            given.append(train)
            return plain(train, **more)

        inner.fit = fit  # type: ignore[method-assign, assignment]
        return inner

    asked = {"half_life": "2d", "balance": "weights", "rows": {"outliers": {"action": "clip", "beyond": 0.1}}}
    spec = tiny_spec(monitoring=WATCHED, policy=NEVER, training={**WINDOW, **asked})
    shop = replace(Places().shop(spec, Rows(10)), teach=teach)
    list(walk(shop))
    given.clear()
    shop = replace(shop, loaded={})
    assert challenge(shop, spec.period.period("2024-01-10")) == readings(shop)["2024-01-10"]
    (fresh,) = given
    assert fresh.weights is not None
    late = fresh.labels == 1
    assert fresh.weights[late].sum() == pytest.approx(fresh.weights[~late].sum())
    assert len(np.unique(fresh.weights[late])) > 1
    (stale,) = shop.loaded.values()
    adjustment = adjustment_of(stale)
    assert set(adjustment.factors) == {"0", "1"}
    assert adjustment.limits


def test_one_class_to_learn_from_is_no_reading_but_a_reason() -> None:
    def settled(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        return frame.assign(bad=1.0) if period.start >= START + timedelta(days=8) else frame

    found = readings(road(change=settled, label={"column": "bad", "delay": "12h"}))
    assert found["2024-01-14"].value is None
    assert "undefined on the" in found["2024-01-14"].why


def test_what_a_retrain_cost_stands_in_the_log(after_a_change: Workshop) -> None:
    (line,) = log_lines(after_a_change, after_a_change.spec.period.at(13).end)
    hours = (line.ended - line.started) / timedelta(hours=1)
    assert line.cost == pytest.approx(hours * 10)
    assert line.shown()["cost"].endswith(" EUR")
    assert np.isfinite(line.cost)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"monitoring": {"challenger": {"every": "36h"}}}, "monitoring.challenger.every", "write every: 2d"),
        ({"monitoring": {"challenger": {"judge_on": "0h"}}}, "monitoring.challenger.judge_on", "write judge_on: 1d"),
        ({"policy": {"kind": "gap"}}, "policy.kind", "monitoring: {challenger: {}}"),
        (
            {"policy": {"kind": "any_of", "policies": [{"kind": "cost", "planned": "9d"}]}, "monitoring": WATCHED},
            "policy.policies[0].kind",
            "section cost",
        ),
        ({"cost": {"currency": "EUR", "retrain": 1, "error": 2}}, "cost.error", "must be per_point"),
        ({"monitoring": WATCHED, "policy": {"kind": "gap", "dwell": "36h"}}, "policy.dwell", "whole number of periods"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused(changed: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(SpecErrors) as told:
        tiny_spec(**changed)
    (problem,) = told.value.problems
    assert problem.field == field
    assert said in problem.cure
