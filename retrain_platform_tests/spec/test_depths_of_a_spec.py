"""A depth that a policy asks for, and a model that goes on learning, must have something behind them."""

from pathlib import Path

import pytest

from retrain_platform.spec import spec_from
from retrain_platform_tests.spec.good_spec import problems_of
from retrain_platform_tests.steps.tiny import attributes

SPACE = "search: {space: {num_leaves: {low: 7, high: 63}}}"
TRAINING = "training: {kind: lightgbm, params: {num_leaves: 31}}"
SCHEDULE = "{kind: schedule, every: 4w}"


@pytest.mark.parametrize(
    ("depth", "cure"), [("light", "give training.search"), ("incremental", "training.incremental")]
)
def test_a_depth_that_the_recipe_cannot_go_to_is_refused(tmp_path: Path, depth: str, cure: str) -> None:
    (found,) = problems_of(tmp_path, (SCHEDULE, f"{{kind: schedule, every: 4w, depth: {depth}}}"))
    assert (found.field, found.value) == ("policy.policies[0].depth", f"'{depth}'")
    assert cure in found.cure


def test_what_goes_on_learning_is_guarded_against_forgetting(tmp_path: Path) -> None:
    (found,) = problems_of(tmp_path, (TRAINING, "training: {kind: lightgbm, incremental: {rounds: 10}}"))
    assert found.field == "training.incremental"
    assert "{kind: forgetting, metric: ..., not_worse_by: ...}" in found.cure


def test_balanced_classes_do_not_go_on(tmp_path: Path) -> None:
    both = problems_of(tmp_path, (TRAINING, "training: {kind: lightgbm, balance: weights, incremental: {rounds: 10}}"))
    assert {one.field for one in both} == {"training.balance", "training.incremental"}


def test_the_metric_of_a_search_is_one_that_is_measured(tmp_path: Path) -> None:
    (found,) = problems_of(
        tmp_path,
        (TRAINING, "training: {kind: lightgbm, search: {metric: rmse, space: {num_leaves: {low: 7, high: 9}}}}"),
    )
    assert found.field == "training.search.metric"
    assert "must be one of" in found.cure


def test_a_misspelt_field_of_a_search_is_told_with_its_line(tmp_path: Path) -> None:
    misspelt = SPACE.replace("space", "trails: 9, space")
    (found,) = problems_of(tmp_path, (TRAINING, f"training: {{kind: lightgbm, {misspelt}}}"))
    assert found.field == "training.search.trails"
    assert "did you mean trials?" in found.cure


def test_a_sound_spec_of_both_is_taken() -> None:
    gates = [{"kind": "forgetting", "metric": "auc", "not_worse_by": 0.02}]
    training = {
        **attributes()["training"],
        "incremental": {"rounds": 10},
        "search": {"space": {"num_leaves": {"low": 7, "high": 63}}},
        "time_limit": "30m",
    }
    depths = [
        {"kind": "schedule", "every": f"{n}d", "depth": d} for n, d in ((2, "incremental"), (4, "light"), (9, "full"))
    ]
    spec = spec_from(
        attributes(training=training, validation={"gates": gates}, policy={"kind": "any_of", "policies": depths})
    )
    assert "retrain (depth light) every 4d, counted from the last light or full training" in spec.policy.describe()
