"""What a task cannot give is told when the spec is read, with what there is instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from retrain_platform.spec import ModelSpec, SpecErrors, spec_from
from retrain_platform_tests.steps.tiny import attributes
from retrain_platform_tests.steps.tiny_tasks import classes_spec, ranking_spec

LABELS = {
    "multiclass": {"column": "grade", "delay": "12h"},
    "ranking": {"column": "relevance", "delay": "12h", "query": "search"},
}
GATES = {"gates": [{"kind": "floor", "metric": "log_loss", "at_most": 3}]}
LISTS = {"gates": [{"kind": "floor", "metric": "ndcg@10", "at_least": 0.1}]}


def told(task: str, **changed: Any) -> dict[str, str]:
    """Field to what is said of it."""
    given = {
        "task": task,
        "label": LABELS.get(task, {"column": "bad", "delay": "12h"}),
        "validation": LISTS if task == "ranking" else GATES,
        **changed,
    }
    with pytest.raises(SpecErrors) as caught:
        spec_from(attributes(**given))
    return {problem.field: problem.cure for problem in caught.value.problems}


def test_every_task_has_metrics_of_its_own() -> None:
    assert classes_spec(monitoring={}, validation=GATES).metrics == ("log_loss", "macro_f1")
    assert ranking_spec().metrics == ("ndcg@10", "mrr")
    assert "search" in ranking_spec().not_features


@pytest.mark.parametrize("task", ["multiclass", "ranking"])
@pytest.mark.parametrize("kind", ["calibration", "concept_drift", "error_stream", "estimate"])
def test_policies_on_errors_are_refused_where_an_error_is_no_number(task: str, kind: str) -> None:
    policies = {
        "calibration": {"kind": "calibration", "slope_over": 0.3},
        "concept_drift": {"kind": "concept_drift", "features": ["shop"], "over": 0.1},
        "error_stream": {"kind": "error_stream", "false_alarm_every": "100d"},
        "estimate": {"kind": "estimate", "metric": "log_loss" if task == "multiclass" else "mrr", "falls_by": 0.05},
    }
    policy = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "5d"}, policies[kind]]}
    found = told(task, policy=policy)
    assert list(found) == ["policy.policies[1].kind"]
    assert "it reads label - score, one number a row" in found["policy.policies[1].kind"]


@pytest.mark.parametrize("task", ["multiclass", "ranking"])
def test_gates_that_ask_of_one_score_a_row_are_refused(task: str) -> None:
    tests = [{"feature": "x", "add": 1, "score": "must_not_fall"}]
    gates = [{"kind": "behaviour", "tests": tests}, {"kind": "calibration", "bias_at_most": 0.1}]
    found = told(task, validation={"gates": gates})
    assert set(found) == {"validation.gates[0].kind", "validation.gates[1].kind"}
    assert f"must be left out where task is {task}: " in found["validation.gates[0].kind"]


@pytest.mark.parametrize("make", [classes_spec, ranking_spec])
def test_suites_that_ask_of_metrics_and_packages_are_every_task_s(make: Callable[..., ModelSpec]) -> None:
    metric = make().primary
    limit = {"at_most": 3} if metric == "log_loss" else {"at_least": 0.1}
    kinds = ("robustness", "compliance", "integration", "cost")
    suites = [*({"kind": kind} for kind in kinds), {"kind": "backtest", "metric": metric}]
    suites += [{"kind": "golden", "path": "golden.csv"}, {"kind": "forgetting", "metric": metric, "not_worse_by": 0.1}]
    suites += [{"kind": "extra_set", "name": "far", "path": "far.csv", "metric": metric, **limit}]
    spec = make(validation={"gates": suites, "spot_check": 5})
    assert [gate.kind for gate in spec.validation.gates] == [*kinds, "backtest", "golden", "forgetting", "extra_set"]


FAIR = {"kind": "fairness", "by": "shop", "at_most": 0.2}


@pytest.mark.parametrize(
    ("task", "gate", "field", "cure"),
    [
        ("ranking", {"measure": "error_rate"}, "kind", "must not be asked for task ranking: a score that orders"),
        ("multiclass", {"measure": "selection_rate"}, "of_class", "must name the class that selection_rate is of"),
        ("multiclass", {"measure": "mae"}, "measure", "must be one of selection_rate, tpr, fpr, error_rate"),
        ("multiclass", {"measure": "error_rate", "called_from": 0.4}, "called_from", "is called the likeliest class"),
        ("regression", {"measure": "mae", "of_class": "a"}, "of_class", "it has no named classes"),
    ],
)
def test_groups_are_held_beside_each_other_by_what_the_task_has(
    task: str, gate: dict[str, Any], field: str, cure: str
) -> None:
    floor = {"multiclass": GATES, "ranking": LISTS}.get(task, {"gates": []})["gates"]
    found = told(task, validation={"gates": [*floor, {**FAIR, **gate}]})
    assert cure in found.get(f"validation.gates[{len(floor)}].{field}", ""), found


def test_a_fair_share_of_a_class_is_asked_by_its_name() -> None:
    gates = [{**FAIR, "measure": "error_rate"}, {**FAIR, "measure": "selection_rate", "of_class": "awful"}]
    (whole, awful) = classes_spec(validation={"gates": gates}).validation.gates
    assert "error_rate of the groups of shop" in whole.describe()
    assert "selection_rate of awful of the groups of shop" in awful.describe()


def test_a_ranking_names_its_lists_and_nobody_else_does() -> None:
    assert "must name the column of the lists" in told("ranking", label={"column": "relevance"})["label.query"]
    said = told("multiclass", label={"column": "grade", "query": "search"})
    assert "must be left out where task is multiclass" in said["label.query"]
    same = told("ranking", label={"column": "relevance", "query": "relevance"})
    assert any("must be another column than the label's own" in cure for cure in same.values())


def test_metrics_and_parameters_of_another_task_are_told() -> None:
    training = attributes()["training"]
    params = {**training, "params": {"scale_pos_weight": 3}, "stop_metric": "auc"}
    found = told(
        "multiclass", validation={"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.6}]}, training=params
    )
    assert set(found) == {"validation.gates[0].metric", "training.stop_metric", "training.params.scale_pos_weight"}
    assert "log_loss" in found["validation.gates[0].metric"]
    assert "macro_f1" in found["validation.gates[0].metric"]
