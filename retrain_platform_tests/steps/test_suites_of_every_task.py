"""The measured suites of a label of several classes and of a ranking: the same questions, other arithmetic."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.dataset.period import Period
from retrain_platform.steps.answers import Answers
from retrain_platform.steps.validation.complying import comply
from retrain_platform.steps.validation.scene import Asked, Scene, ask, evenly_whole
from retrain_platform.steps.validation.scoring_extra import score_extra
from retrain_platform.steps.validation.showing import shown
from retrain_platform.steps.validation.smoking import smoke
from retrain_platform.steps.validation.stressing import stress
from retrain_platform.steps.workshop import CleanAnswer, Workshop
from retrain_platform.validation import ExtraSet, Integration, Robustness
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.judge import judge
from retrain_platform.validation.suites import Suites
from retrain_platform_tests.steps.suite_shops import in_this_process, reports, walked
from retrain_platform_tests.steps.task_suite_shops import (
    GRADED,
    RANKED,
    elsewhere,
    graded_shop,
    ranked_shop,
)
from retrain_platform_tests.steps.tiny import START, attributes
from retrain_platform_tests.steps.tiny_tasks import graded, searched, with_a_new_class
from retrain_platform_tests.validation.exams import known

ASKED = {"graded": GRADED, "ranked": RANKED}


def beside(shop: Workshop) -> ValidationReport:
    return next(report for report in reports(shop) if report.measurements.basis == "holdout")


@pytest.mark.parametrize("name", ["graded", "ranked"])
def test_every_suite_judges_the_first_model_and_the_next_beside_it(name: str, roads: dict[str, Workshop]) -> None:
    first, last = reports(roads[name])[0], beside(roads[name])
    assert (first.verdict, first.measurements.basis) == ("passed", "alone")
    assert {gate["kind"] for gate in ASKED[name]} == {result.gate.split()[0] for result in last.results}
    assert all(result.question and result.sentence for result in last.results)
    assert {result.verdict for result in last.results} == {"passed"}
    suites = last.measurements.suites
    assert suites.integration is not None
    assert suites.integration.apart == 0
    assert suites.cost is not None
    assert suites.cost.row_times is not None
    assert suites.compliance is not None
    assert 0.8 < suites.compliance.tells["x"] < 0.99
    found = list(suites.robustness.values())
    assert len(found) == 3
    for each in found:
        assert each.before == pytest.approx(last.measurements.candidate[each.metric])
        assert each.apart is not None
        assert each.champion is not None


def test_models_that_know_different_classes_are_disturbed_side_by_side(roads: dict[str, Workshop]) -> None:
    shop = roads["graded"]
    assert [shop.fitted(made.version).report.classes for made in shop.registry.versions(shop.model)] == [
        ("awful", "bad", "fine"),
        ("awful", "bad", "fine", "lost"),
    ]
    made = beside(shop).measurements
    loss = made.candidate["log_loss"]
    assert loss is not None
    assert loss > 36 * 0.09  # the class that the exam's model never saw costs a certain miss


def test_the_spot_check_of_classes_goes_from_the_least_sure_call_to_the_surest(roads: dict[str, Workshop]) -> None:
    shown = beside(roads["graded"]).measurements.suites.shown
    calls = [str(row.candidate).split() for row in shown]
    assert len(calls) == 4
    assert all(name in ("awful", "bad", "fine") for name, _ in calls)
    chances = [float(chance) for _, chance in calls]
    assert chances == sorted(chances)
    assert chances[0] < 0.6
    assert chances[-1] > 0.9
    assert all(row.label in ("awful", "bad", "fine", "lost") for row in shown)
    assert all(str(row.champion).split()[0] in ("awful", "bad", "fine") for row in shown)


def test_the_spot_check_of_a_ranking_shows_the_first_rows_of_lists(scenes: dict[str, Scene]) -> None:
    scene = scenes["ranked"]
    seen = shown(scene, 4)
    scores = pd.Series(scene.mine.scores).groupby(scene.rows["search"].astype(str))
    first = str(scene.rows["search"].iloc[0])
    best = sorted(scores.get_group(first), reverse=True)[:3]
    assert [row.candidate for row in seen[:3]] == pytest.approx(best)
    assert all(row.id.endswith(f", search {first}") for row in seen[:3])
    assert seen[3].candidate == pytest.approx(scores.get_group(seen[3].id.partition("search ")[2]).max())
    assert all(row.label in (0, 1, 2) for row in seen)


def test_a_spot_check_of_no_answers_shows_none_and_of_no_numbers_says_so(scenes: dict[str, Scene]) -> None:
    scene = scenes["graded"]
    nothing = Asked(Answers(np.empty(0)), "ValueError: gone")
    assert shown(_with_mine(scene, nothing), 3) == ()
    strange = Answers(np.full((len(scene.rows), 3), np.nan), ("awful", "bad", "fine"))
    assert shown(_with_mine(scene, Asked(strange)), 1)[0].candidate == "no class: a chance is no number"


def _with_mine(scene: Scene, mine: Asked) -> Scene:
    found = replace(scene)
    found.__dict__["mine"] = mine
    return found


def test_the_worst_features_of_a_ranking_are_found_on_whole_lists(scenes: dict[str, Scene]) -> None:
    scene = scenes["ranked"]
    rows = evenly_whole(scene.shop.spec, scene.rows, 105)
    assert rows["search"].astype(str).value_counts().tolist() == [10] * 10
    pd.testing.assert_frame_equal(evenly_whole(scene.shop.spec, scene.rows, 10_000), scene.rows)
    assert len(evenly_whole(scene.shop.spec, scene.rows, 3)) == 10
    gate = Robustness(noise=3, missing=0, shuffled=0, out_of_range=0)
    (found,) = stress(scene, gate).values()
    assert [case.id for case in found.features] == ["x"]


def test_a_category_that_is_the_same_throughout_its_list_cannot_be_exchanged(scenes: dict[str, Scene]) -> None:
    scene = scenes["ranked"]
    alike = scene.rows.assign(shop=scene.rows.groupby(scene.rows["search"].astype(str))["shop"].transform("first"))
    gate = Robustness(noise=0, missing=0, out_of_range=0)
    found = stress(replace(scene, rows=alike), gate)
    (result,) = judge([gate], known().model_copy(update={"suites": Suites(robustness=found)}), START).results
    assert (result.verdict, result.blocking) == ("cannot tell", False)
    assert "not one cell is changed by it" in result.sentence


def test_a_text_that_only_the_class_in_the_middle_has_is_a_leak(scenes: dict[str, Scene]) -> None:
    """Its mean place is that of the others, too: 0 and 2 around 1."""
    scene = scenes["graded"]
    hint = np.where(scene.rows["_label"] == "bad", "yes", "no")
    spoiled = replace(scene, rows=scene.rows.assign(shop=hint))
    assert comply(spoiled).tells["shop"] == 1.0
    assert comply(scene).tells["shop"] < 0.7


def test_a_class_of_three_rows_is_no_leak(scenes: dict[str, Scene]) -> None:
    scene = scenes["graded"]
    labels, x = scene.rows["_label"].to_numpy(dtype=object, copy=True), scene.rows["x"].to_numpy(copy=True)
    labels[:3], x[:3] = "lost", 99.0
    assert comply(replace(scene, rows=scene.rows.assign(_label=labels, x=x))).tells["x"] < 0.99


def test_a_leak_of_a_ranking_is_one_within_the_lists(scenes: dict[str, Scene]) -> None:
    scene = scenes["ranked"]
    level = pd.Series(scene.rows["search"]).str.extract(r"(\d+)$")[0].astype(float) * 100
    assert comply(replace(scene, rows=scene.rows.assign(x=level + scene.rows["_label"]))).tells["x"] == 1.0
    few = comply(replace(scene, rows=scene.rows.assign(_label=1.0)))
    assert few.tells == {}
    assert few.why == "lists with rows of different relevance == 0, must be >= 5 to see a leak"


def answered(scene: Scene, how: Any) -> str:
    def ask_cleanly(package: Path, requests: Path, seconds: float) -> CleanAnswer:
        return CleanAnswer(**(in_this_process(package, requests, seconds)._asdict() | how))

    gate = Integration(requests=2)
    found = smoke(replace(scene, shop=replace(scene.shop, ask_cleanly=ask_cleanly)), gate)
    report = judge([gate], known().model_copy(update={"suites": Suites(integration=found)}), START)
    return f"{report.verdict}: {report.sentence}"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"scores": [[0.5, 0.5], [0.1, 0.2, 0.7]]}, "answers that are no numbers of shape (2, 3)"),
        ({"scores": [["much", 0, 0]] * 2}, "answers that are no numbers of shape (2, 3)"),
        ({"scores": [0.5, 0.5]}, "answers of shape (2,), must be (2, 3)"),
        ({"scores": [[float("nan"), 0, 1]] * 2}, "2 of 6 answers are not finite"),
        ({"scores": [[0.0, 0.0, 0.0]] * 2}, "request 1 (apart by"),
        (
            {"classes": ("bad", "awful", "fine")},
            "chances of the classes bad, awful, fine, must be of awful, bad, fine",
        ),
    ],
)
def test_a_package_that_answers_of_several_classes_otherwise_elsewhere_fails(
    how: dict[str, Any], told: str, scenes: dict[str, Scene]
) -> None:
    said = answered(scenes["graded"], how)
    assert said.startswith("failed")
    assert told in said


def measured_on(scene: Scene, tables: Path, table: pd.DataFrame, metric: str) -> Any:
    table.to_parquet(tables / "set.parquet")
    gate = ExtraSet(name="far", path="set.parquet", metric=metric, at_least=0.1)
    return score_extra(replace(scene, shop=replace(scene.shop, suite_table=partial(read_suite_table, tables))), gate)


def test_an_extra_set_counts_a_class_that_the_model_does_not_know_as_missed(
    scenes: dict[str, Scene], tmp_path: Path
) -> None:
    scene, table = scenes["graded"], elsewhere(with_a_new_class)
    found = measured_on(scene, tmp_path, table, "accuracy")
    answers = ask(scene.candidate, table).answers
    called = np.array(answers.classes)[answers.scores.argmax(axis=1)]
    assert (found.rows, found.why) == (300, "")
    assert found.value == pytest.approx(accuracy_score(table["grade"], called))
    assert found.value <= 0.9


def test_an_extra_set_of_lists_leaves_rows_without_one_out(scenes: dict[str, Scene], tmp_path: Path) -> None:
    table = elsewhere(searched)
    whole = measured_on(scenes["ranked"], tmp_path, table, "ndcg@10")
    lost = table["search"].isin(table["search"].unique()[:5])
    fewer = measured_on(scenes["ranked"], tmp_path, table.assign(search=table["search"].mask(lost)), "ndcg@10")
    assert (whole.rows, fewer.rows) == (300, 250)
    assert fewer.value == pytest.approx(measured_on(scenes["ranked"], tmp_path, table[~lost], "ndcg@10").value)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("graded", lambda table: table.drop(columns="grade"), "has no column grade, the label"),
        ("graded", lambda table: table.assign(grade=None), "has no labelled row"),
        ("graded", lambda table: table.drop(columns="x"), "columns x are missing"),
        ("ranked", lambda table: table.drop(columns="search"), "has no column search, the lists"),
        ("ranked", lambda table: table.assign(search=None), "has no labelled row"),
        ("ranked", lambda table: table.assign(relevance="high"), "has label == 'high', must be a number"),
        ("ranked", lambda table: table.assign(relevance=-1.0), "label == -1.0, must be >= 0"),
        ("ranked", lambda table: table.assign(relevance=0.0), "cannot be computed on 300 rows"),
    ],
)
def test_an_extra_set_that_cannot_be_measured_is_told(
    name: str, change: Any, told: str, scenes: dict[str, Scene], tmp_path: Path
) -> None:
    table = elsewhere(graded if name == "graded" else searched)
    metric = "accuracy" if name == "graded" else "ndcg@10"
    found = measured_on(scenes[name], tmp_path, change(table), metric)
    assert (found.value, told in found.why) == (None, True), found.why


def sparse(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One day has a class that no other has."""
    return with_a_new_class(frame, period) if period.key == "2024-01-09" else graded(frame, period)


@pytest.mark.parametrize("name", ["graded", "ranked"])
def test_another_recipe_is_fitted_to_past_cuts(name: str, tmp_path: Path) -> None:
    metric = "accuracy" if name == "graded" else "ndcg@10"
    gate = {"kind": "backtest", "metric": metric, "periods": 2, "not_worse_by": 0.5}
    make = partial(graded_shop, change=sparse) if name == "graded" else ranked_shop
    first = walked(make(tmp_path, [ASKED[name][0]], 6))
    recipe = {**attributes()["training"], "holdout": "3d", "params": {"num_leaves": 3, "min_data_in_leaf": 60}}
    second = make(tmp_path, [ASKED[name][0], gate], 16, training=recipe)
    shop = walked(replace(first, spec=second.spec, reader=second.reader, teach=second.teach))
    past = [report.measurements.backtest for report in reports(shop) if report.measurements.backtest]
    compared = [each for found in past for each in found.comparisons.values()]
    assert compared
    for each in compared:
        assert each[metric].difference == pytest.approx((each[metric].candidate or 0) - (each[metric].champion or 0))
    told = [result for report in reports(shop) for result in report.results if result.gate == f"backtest {metric}"]
    assert any("against the champion's recipe" in result.sentence for result in told)
