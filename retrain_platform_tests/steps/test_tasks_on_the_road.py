"""A label of several classes, and one that ranks: retrained, examined, released and measured, by hand checked."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, log_loss, ndcg_score

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.reports import DriftReport, PerformanceReport, PeriodPerformance
from retrain_platform.replay.compare import lived
from retrain_platform.replay.walk import walk
from retrain_platform.steps.known import labelled
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import rows
from retrain_platform_tests.steps.tiny_tasks import NEW_FROM, classes_shop, ranking_shop, searched, with_a_new_class
from retrain_platform_tests.steps.tiny_tasks import graded as graded_rows

UNTIL = "2024-01-12"
KNOWN = ("awful", "bad", "fine")
MEASURED: dict[str, Any] = {
    "min_segment": 5,
    "score_periods": 2,
    "metrics": ["log_loss", "macro_f1", "accuracy"],
    "challenger": {"every": "2d", "judge_on": "1d"},
    "control": {"path": "control.parquet"},
}


def walked(shop: Workshop, until: str = UNTIL) -> Workshop:
    for _ in walk(shop, until):
        pass
    return shop


def asked_beside(shop: Workshop) -> Workshop:
    """The same with a control set: the first rows of its first day."""
    period = shop.spec.period.at(0)
    table = (graded_rows if shop.spec.task == "multiclass" else searched)(rows(period, 60), period)
    return replace(shop, control=lambda: table)


@pytest.fixture(scope="module")
def graded() -> Workshop:
    return walked(asked_beside(classes_shop(14, with_a_new_class, monitoring=MEASURED)))


@pytest.fixture(scope="module")
def ranked() -> Workshop:
    return walked(asked_beside(ranking_shop(14, monitoring={**MEASURED, "metrics": ["ndcg@10", "mrr"]})))


def reading(shop: Workshop, key: str, role: str = "champion") -> PeriodPerformance:
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
    found = [each for report in reports for each in report.measured if each.ripe]
    return next(each for each in found if (each.period, each.role) == (key, role))


def rows_of(shop: Workshop, key: str) -> pd.DataFrame:
    return labelled(shop, key, shop.spec.period.period(UNTIL).end)


def chances(frame: pd.DataFrame, role: str = "champion") -> np.ndarray:
    return np.stack(frame[f"{role}_scores"].to_list())


def exams(shop: Workshop) -> list[ValidationReport]:
    return list(shop.values.all(shop.model, "validation_report", ValidationReport).values())


def test_of_several_classes_a_period_has_the_metrics_that_scikit_learn_gives(graded: Workshop) -> None:
    key = "2024-01-06"
    frame, found = rows_of(graded, key), reading(graded, key).metrics
    truth, scores = frame["_label"].to_numpy(), chances(frame)
    called = np.array(KNOWN)[scores.argmax(axis=1)]
    assert found["log_loss"].value == pytest.approx(log_loss(truth, scores, labels=list(KNOWN)))
    assert found["macro_f1"].value == pytest.approx(f1_score(truth, called, average="macro"))
    assert found["accuracy"].value == pytest.approx((called == truth).mean())
    assert found["accuracy"].value > 0.6
    assert {name: each["accuracy"].rows for name, each in reading(graded, key).segments["shop"].items()} == {
        name: int((frame["shop"] == name).sum()) for name in ("north", "south")
    }


def test_predictions_hold_one_number_the_class_and_all_chances(graded: Workshop) -> None:
    frame = graded.lake.read(graded.predictions, ["2024-01-06"])
    scores = chances(frame)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_array_equal(frame["champion"], scores.max(axis=1))
    assert frame["champion_class"].tolist() == [KNOWN[place] for place in scores.argmax(axis=1)]
    scored = graded.values.newest(graded.model, "predictions", "2024-01-06", Scored)
    assert scored is not None
    assert scored.classes == {"champion": KNOWN}


def test_a_class_that_training_never_saw_is_a_miss_and_the_next_model_knows_it(graded: Workshop) -> None:
    frame = rows_of(graded, NEW_FROM)
    new = (frame["_label"] == "lost").to_numpy()
    assert new.sum() == 30
    called = np.array(KNOWN)[chances(frame).argmax(axis=1)]
    accuracy = reading(graded, NEW_FROM).metrics["accuracy"].value
    assert accuracy == pytest.approx((called == frame["_label"]).sum() / len(frame))
    loss = reading(graded, NEW_FROM).metrics["log_loss"].value
    # 1 in 10 rows had no chance: scikit-learn's clip makes it cost -log(2.2e-16) == 36 each.
    assert loss is not None
    assert loss > 36 * new.mean()
    newest = graded.registry.versions(graded.model)[-1].version
    assert graded.fitted(newest).report.classes == ("awful", "bad", "fine", "lost")


def test_models_that_know_different_classes_are_compared_over_all_of_them(graded: Workshop) -> None:
    newest = graded.registry.versions(graded.model)[-1].version
    both = [report for report in exams(graded) if report.measurements.comparisons]
    (taken,) = [report.measurements for report in both]
    made = next(iter(reversed(graded.values.all(graded.model, "training_dataset", DatasetSnapshot).values())))
    assert made.parts["train"].classes.keys() == {"awful", "bad", "fine"}
    assert made.parts["holdout"].classes["lost"] == 30
    comparison = taken.comparisons["accuracy"]
    assert comparison.difference == pytest.approx((comparison.candidate or 0) - (comparison.champion or 0))
    assert {row.label for row in taken.worst_rows["all"]} <= {*KNOWN, "lost"}
    assert all(row.candidate < row.champion for row in taken.worst_rows["all"])
    shadow = reading(graded, "2024-01-10", "shadow")
    assert shadow.version == newest
    assert (shadow.metrics["accuracy"].value or 0) > 0.5


def test_the_drift_of_predictions_is_that_of_the_class_and_of_its_chance(graded: Workshop) -> None:
    reports = graded.values.all(graded.model, "drift_report", DriftReport)
    told = [each.predictions for each in reports.values() if each.predictions and each.predictions.drift]
    assert told
    for each in told:
        assert each.drift is not None
        assert each.classes is not None
        assert (each.drift.kind, each.classes.kind) == ("numeric", "category")
        assert each.classes.new_categories == ()


def test_what_needs_numbers_for_errors_is_not_there_for_the_new_tasks(graded: Workshop, ranked: Workshop) -> None:
    for shop in (graded, ranked):
        reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
        assert not any(each.concept or each.estimated or each.checked for each in reports)


def test_the_control_set_is_answered_and_measured(graded: Workshop, ranked: Workshop) -> None:
    for shop, metric in ((graded, "accuracy"), (ranked, "ndcg@10")):
        reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
        answers = [each.control for each in reports if each.control is not None]
        assert answers
        for each in answers:
            assert (each.rows, each.changed, each.why) == (60, 0, "")
            assert 0.5 < (each.metrics[metric] or 0) <= 1


def test_the_gap_to_a_fresh_challenger_is_read_for_both(graded: Workshop, ranked: Workshop) -> None:
    for shop, metric in ((graded, "log_loss"), (ranked, "ndcg@10")):
        found = list(shop.values.all(shop.model, "challenger_gap", GapReading).values())
        told = [each for each in found if each.value is not None]
        assert told
        for each in told:
            assert each.metric == metric
            assert each.stale is not None
            assert each.fresh is not None
            assert each.stale.value is not None
            assert each.fresh.value is not None
            sign = -1 if metric == "log_loss" else 1
            assert each.value == pytest.approx(sign * (each.fresh.value - each.stale.value))
            assert each.champion is not None


def by_hand(frame: pd.DataFrame, scores: pd.Series[float]) -> float:
    """The mean NDCG@10 of the searches with a relevant row, each by scikit-learn."""
    parts = [part for _, part in frame.assign(_score=scores).groupby("search") if part["relevance"].max() > 0]
    return float(np.mean([ndcg_score([part["relevance"]], [part["_score"]], k=10) for part in parts]))


def test_a_ranking_has_the_metric_that_scikit_learn_gives(ranked: Workshop) -> None:
    frame = rows_of(ranked, "2024-01-06")
    found = reading(ranked, "2024-01-06")
    assert found.metrics["ndcg@10"].value == pytest.approx(by_hand(frame, frame["champion"]))
    random = pd.Series(np.random.default_rng(1).random(len(frame)), index=frame.index)
    assert by_hand(frame, frame["champion"]) > by_hand(frame, random) + 0.1


def test_a_list_is_answered_whole_by_one_model(ranked: Workshop) -> None:
    canaries = [
        key
        for key, scored in ranked.values.all(ranked.model, "predictions", Scored).items()
        if "canary" in scored.used and "champion" in scored.used
    ]
    for key in canaries:
        frame = rows_of(ranked, key)
        assert frame.groupby("search")["used"].nunique().max() == 1
    assert set(lived(ranked, ranked.spec.period.period(UNTIL).end))


def test_the_worst_of_a_ranking_are_queries(ranked: Workshop) -> None:
    taken = next(report.measurements for report in exams(ranked) if report.measurements.comparisons)
    assert all(row.id.startswith("query of 2024-01-") for row in taken.worst_rows["all"])
    assert all(row.candidate < row.champion <= 1 for row in taken.worst_rows["all"])


def test_a_row_without_its_query_is_not_learned_from() -> None:
    shop = ranking_shop(3, lambda frame, period: searched(frame, period).assign(search=_gappy))
    walked(shop, "2024-01-02")
    frame = rows_of(shop, "2024-01-01")
    assert len(frame) == 150
    assert frame["search"].notna().all()


def _gappy(frame: pd.DataFrame) -> pd.Series[str]:
    return frame["search"].where(np.arange(len(frame)) % 2 == 0)


def test_the_same_walk_gives_the_same_models(graded: Workshop) -> None:
    again = walked(classes_shop(14, with_a_new_class), "2024-01-04")
    first = takewhile(lambda made: made.version != "2", graded.registry.versions(graded.model))
    assert [made.tags["fingerprint"] for made in first] == [
        made.tags["fingerprint"] for made in again.registry.versions(again.model)
    ]
