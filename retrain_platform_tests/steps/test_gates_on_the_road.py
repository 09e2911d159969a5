"""Every gate's numbers on a road that is walked: measured where asked, and a no that is diagnosed and not repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.validation.examining import examine
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, decision, tiny_spec

GATES: list[dict[str, Any]] = [
    {
        "kind": "performance",
        "metrics": [
            {"metric": "auc", "not_worse_by": 0.3},
            {"metric": "log_loss", "not_worse_by": 1, "relative": True},
            {"metric": "auc", "at_least": 0.6},
        ],
    },
    {"kind": "fairness", "by": "shop", "measure": "selection_rate", "at_most": 0.9, "not_worse_by": 0.9},
    {"kind": "calibration", "bias_at_most": 0.5, "slope_within": 9, "ece_at_most": 0.9, "not_worse_by": 0.9},
    {"kind": "backtest", "metric": "auc", "periods": 2, "not_worse_by": 0.4},
]
FIVE_DAYS = {**attributes()["training"], "holdout": "5d"}
SCHEDULE = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "6d"}]}
SWIFT = {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.3}


def walked(places: Places, days: int, **changed: Any) -> Workshop:
    given = {"training": FIVE_DAYS, "policy": SCHEDULE, "release": SWIFT, **changed}
    shop = places.shop(tiny_spec(**given), Rows(days))
    for _ in walk(shop):
        pass
    return shop


def reports(shop: Workshop) -> list[ValidationReport]:
    return list(shop.values.all(shop.model, "validation_report", ValidationReport).values())


@pytest.fixture(scope="module")
def places() -> Places:
    """A road of sixteen days under one recipe, which ends with an exam against a champion."""
    found = Places()
    walked(found, 16, validation={"level": 0.1, "gates": GATES})
    return found


def test_each_gate_has_its_numbers_and_the_level_of_the_exam(places: Places) -> None:
    first, *later = reports(places.shop(tiny_spec(), Rows(16)))
    assert first.measurements.basis == "alone"
    against = next(report for report in later if report.measurements.basis == "holdout")
    told = {result.gate: result for result in against.results}
    assert {name for name, result in told.items() if result.value is None} == {"backtest auc"}
    assert "the recipe is the champion's" in told["backtest auc"].sentence
    assert told["fairness shop selection_rate"].verdict == "passed"
    assert told["calibration ece"].resolves is not None
    assert against.measurements.family.level == 0.1
    assert against.measurements.family.questions == 8


def test_another_recipe_is_fitted_to_past_cuts(places: Places) -> None:
    other = {**FIVE_DAYS, "params": {"num_leaves": 3, "min_data_in_leaf": 60}}
    shop = walked(places.copy(), 24, training=other, validation={"gates": GATES})
    newest = reports(shop)[-1]
    past = newest.measurements.backtest
    assert past is not None
    assert (past.same, past.why) == (False, "")
    assert newest.measurements.holdout_start is not None
    assert len(past.comparisons) == 2
    for key, each in past.comparisons.items():
        assert shop.spec.period.period(key).end <= newest.measurements.holdout_start
        assert each["auc"].difference is not None
    assert "backtest auc" in {result.gate for result in newest.results if result.value is not None}


class Same:
    """A model that says the same of every row, or no number, or nothing."""

    def __init__(self, fitted: Any, says: float | None) -> None:
        self.report, self.fitted, self.says = fitted.report, fitted, says

    def score(self, frame: Any) -> Any:
        if self.says is None:
            from retrain_platform.training.base import MissingColumns

            raise MissingColumns("columns == ['x'], must be there")
        return np.full(len(frame), self.says)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fitted, name)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (0.3, "scores are alike: a constant prediction tells nothing"),
        (float("nan"), "scores are not finite, must be 0"),
        (None, "the candidate cannot score the rows of the exam: columns == ['x']"),
    ],
)
def test_a_candidate_without_sound_scores_fails_its_exam(places: Places, says: float | None, words: str) -> None:
    lenient = {"gates": [{"kind": "catastrophic", "falls_by": 1, "falls_by_share": 99}, *GATES[1:3]]}
    shop = places.copy().shop(tiny_spec(training=FIVE_DAYS, validation=lenient), Rows(16))
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED][-1]
    period = shop.spec.period.period(ended.body["period"])
    made = shop.values.get(shop.model, "training_dataset", period.key, ended.body["decision_id"], DatasetSnapshot)
    assert made is not None
    load = shop.load
    spoiled = replace(shop, load=lambda folder: Same(load(folder), says) if folder.name == "exam" else load(folder))
    report = examine(spoiled, period, decision(shop, period.key), made)
    assert report.verdict == "failed"
    assert words in report.sentence
    assert report.causes[0].kind == "training"


def test_a_no_is_diagnosed_on_record_and_not_asked_for_again_at_once() -> None:
    impossible = {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.999}]}
    quick = {"training": attributes()["training"], "validation": impossible}
    shop = walked(Places(), 8, **quick, operation={"retry_after": 0.5})
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED]
    assert [entry.body["verdict"] for entry in ended] == ["failed", "failed"]
    assert ended[0].body["triggers"] == ["no_champion"]
    assert "diagnosis: " in ended[0].why
    waiting = decision(shop, f"{ended[0].as_of:%Y-%m-%d}")
    assert "no_champion waits for" in waiting.reason
    assert "new ripe rows" in waiting.reason
    at_once = walked(Places(), 8, **quick, operation={"retry_after": 0})
    assert len([entry for entry in at_once.entries() if entry.kind == RETRAINED]) > 2


def test_a_champion_that_was_made_elsewhere_may_have_seen_everything_before_it(places: Places) -> None:
    shop = places.copy().shop(tiny_spec(training=FIVE_DAYS), Rows(16))
    period = shop.spec.period.period("2024-01-17")
    moment = period.start
    shop.ledger.append(
        shop.model, "outside_promotion", "by hand", moment, why="moved", body={"version": "77"}, actor="ann"
    )
    champion = history(shop, period).champion
    assert champion is not None
    assert (champion.version, champion.seen_until) == ("77", moment)
