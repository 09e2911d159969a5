"""Retrains that go on from the champion where a label has several classes, or ranks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation.base import Comparison
from retrain_platform_tests.steps.suite_shops import reports, walked
from retrain_platform_tests.steps.tiny import attributes
from retrain_platform_tests.steps.tiny_tasks import (
    Change,
    classes_shop,
    graded,
    ranking_shop,
    searched,
    with_a_new_class,
)

DEEP = {"kind": "schedule", "every": "4d", "depth": "incremental"}
METRIC = {"graded": "macro_f1", "ranked": "ndcg@10"}


def road(name: str, change: Change, days: int = 12, **training: Any) -> Workshop:
    gates = [
        {"kind": "floor", "metric": METRIC[name], "at_least": 0.1},
        {"kind": "forgetting", "metric": METRIC[name], "not_worse_by": 0.1, "rows": 205},
    ]
    asked = {**attributes()["training"], "incremental": {"rounds": 6}, **training}
    make = classes_shop if name == "graded" else ranking_shop
    return walked(make(days, change, training=asked, policy=DEEP, validation={"gates": gates}))


def candidates(shop: Workshop) -> list[Candidate]:
    return list(shop.values.all(shop.model, "candidate_model", Candidate).values())


def remembered(shop: Workshop) -> list[Comparison]:
    return [each for report in reports(shop) for each in (report.measurements.remembered or {}).values()]


def without_the_worst(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Late in the road a class is gone that was there before."""
    found = graded(frame, period)
    return found[found["grade"] != "awful"] if period.key >= "2024-01-04" else found


@pytest.mark.parametrize(("name", "change"), [("graded", graded), ("graded", without_the_worst), ("ranked", searched)])
def test_it_goes_on_and_what_it_still_knows_is_measured(name: str, change: Change) -> None:
    shop = road(name, change)
    first, second, *_ = candidates(shop)
    assert (first.depth, second.depth) == ("full", "incremental")
    assert second.report.taken_over == shop.fitted("1").report.rounds
    assert second.report.rounds > second.report.taken_over
    assert second.report.classes == first.report.classes
    assert shop.fitted("2").report.classes == shop.fitted("1").report.classes
    told = remembered(shop)[0]
    assert (told.why, told.days) == ("", 3)
    assert told.rows == (205 if name == "graded" else 200)  # of a ranking whole lists
    results = [each for report in reports(shop) for each in report.results if each.gate.startswith("forgetting")]
    assert [result.verdict for result in results[:2]] == ["passed", "passed"]


def test_a_class_that_the_champion_does_not_know_is_learned_anew() -> None:
    shop = road("graded", with_a_new_class, 16)
    first, before, after = candidates(shop)
    assert [made.depth for made in (first, before, after)] == ["full", "incremental", "full"]
    said = "trained anew, for it cannot go on from the champion: version 2 does not know lost, a class of the new rows"
    assert after.notes[0] == said
    assert "lost" in shop.fitted("3").report.classes


def alike(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Late in the road every row is as relevant as every other."""
    found = searched(frame, period)
    return found.assign(relevance=1.0) if period.key >= "2024-01-04" else found


def test_new_rows_that_are_all_as_relevant_teach_no_order() -> None:
    shop = road("ranked", alike)
    second = candidates(shop)[1]
    assert second.depth == "full"
    assert "new rows to learn from have one relevance only" in second.notes[0]
