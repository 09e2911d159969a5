"""What a search may try, as specs write it, and what is told of one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrain_platform.training import LearnerSpec, LightGBM, Sklearn
from retrain_platform.training.budget import limit_text, parse_limit
from retrain_platform.training.search import Dimension, Search, SearchReport, Trial
from retrain_platform.training.semantic_version import recipe_fingerprint

ADAPTER: TypeAdapter[Any] = TypeAdapter(LearnerSpec)
LEAVES = {"num_leaves": {"low": 7, "high": 63, "log": True}}


def refused(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(fields)
    return str(caught.value)


def searching(space: dict[str, Any], **more: Any) -> LightGBM:
    made: LightGBM = ADAPTER.validate_python({"kind": "lightgbm", "search": {"space": space, **more}})
    return made


@pytest.mark.parametrize(
    ("dimension", "said"),
    [
        ({"low": 3}, "must have low and high, or choices"),
        ({}, "range == none, must have low and high, or choices"),
        ({"low": 3, "high": 3}, "low == 3, must be less than high == 3"),
        ({"low": 0.0, "high": 1.0, "log": True}, "must be more than 0 where log is true"),
        ({"choices": [1]}, "must be at least 2, each once"),
        ({"choices": [1, 2, 1]}, "must be at least 2, each once"),
        ({"choices": [1, 2], "low": 1}, "must stand alone"),
        ({"low": True, "high": 3}, "must be a number"),
    ],
)
def test_a_range_that_is_none_is_refused(dimension: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Dimension.model_validate(dimension)


def test_two_whole_numbers_are_a_range_of_whole_numbers() -> None:
    whole, fractions = Dimension(low=1, high=9), Dimension(low=1.0, high=9)
    assert (whole.whole, fractions.whole) == (True, False)
    assert (whole.holds(4), whole.holds(4.0), whole.holds(10), whole.holds(True)) == (True, False, False, False)
    assert (fractions.holds(4), fractions.holds(0.5)) == (True, False)
    named = Dimension(choices=("gbdt", 3, True))
    assert (named.holds("gbdt"), named.holds(True), named.holds(1)) == (True, True, False)


def test_names_and_kinds_of_lightgbm_are_checked_as_its_params_are() -> None:
    said = refused(
        kind="lightgbm",
        search={
            "space": {
                "num_leafs": {"low": 3, "high": 9},
                "eta": {"low": 0.1, "high": 0.2},
                "seed": {"low": 1, "high": 9},
                "learning_rate": {"low": 0, "high": 1},
                "max_depth": {"low": 0.5, "high": 3},
                "extra_trees": {"low": 0, "high": 1},
            }
        },
    )
    for part in (
        "search.space.num_leafs is no parameter known here: did you mean num_leaves?",
        "search.space.eta must be written learning_rate",
        "search.space.seed is set by training.seed",
        "search.space.learning_rate.low == 0, .high == 1, must be fractions, as in 0.0",
        "search.space.max_depth.low == 0.5, .high == 3, must be whole numbers",
        "search.space.extra_trees == a range, must be choices",
    ):
        assert part in said


def test_what_the_search_begins_with_lies_in_its_space() -> None:
    assert "params.num_leaves == 200, must be in search.space.num_leaves" in refused(
        kind="lightgbm", params={"num_leaves": 200}, search={"space": LEAVES}
    )
    recipe = ADAPTER.validate_python(
        {"kind": "lightgbm", "params": {"num_leaves": 31, "max_bin": 63}, "search": {"space": LEAVES}}
    )
    assert recipe.searched_params() == {"num_leaves": 31}
    found = recipe.with_params({"num_leaves": 15})
    assert found.params == {"num_leaves": 15, "max_bin": 63}
    assert found.search is None


def test_steps_of_a_pipeline_are_searched_by_their_names() -> None:
    ridge = {"estimator": "sklearn.linear_model.Ridge", "params": {"alpha": 2.0}}
    spline = {"estimator": "sklearn.preprocessing.SplineTransformer"}
    space = {"ridge.alpha": {"low": 0.1, "high": 10.0}, "splinetransformer.n_knots": {"low": 3, "high": 9}}
    recipe: Sklearn = ADAPTER.validate_python({"kind": "sklearn", "steps": [spline, ridge], "search": {"space": space}})
    assert recipe.searched_params() == {"ridge.alpha": 2.0}
    found = recipe.with_params({"ridge.alpha": 5.0, "splinetransformer.n_knots": 4})
    assert [step.params for step in found.pipeline] == [{"n_knots": 4}, {"alpha": 5.0}]
    alone: Sklearn = ADAPTER.validate_python(
        {"kind": "sklearn", **ridge, "search": {"space": {"alpha": {"low": 0.1, "high": 10.0}}}}
    )
    assert alone.with_params({"alpha": 5.0}).pipeline[0].params == {"alpha": 5.0}
    twice = Sklearn.model_validate({"steps": [spline, spline, ridge]})
    assert twice._step_names == ("splinetransformer-1", "splinetransformer-2", "ridge")


def test_a_parameter_of_no_step_is_refused() -> None:
    one = {"kind": "sklearn", "estimator": "sklearn.linear_model.Ridge"}
    assert "must be written NAME of the estimator's own" in refused(
        **one, search={"space": {"ridge.alpha": {"low": 0.1, "high": 1.0}}}
    )
    assert "is set by training.seed" in refused(**one, search={"space": {"random_state": {"low": 1, "high": 3}}})
    steps = {"kind": "sklearn", "steps": [{"estimator": "sklearn.linear_model.Ridge"}]}
    assert "must be written ridge.NAME" in refused(**steps, search={"space": {"alpha": {"low": 0.1, "high": 1.0}}})


def test_folds_at_random_need_rows_that_do_not_depend_on_time() -> None:
    assert "search.by == 'kfold', must be time, or stand beside iid: true" in refused(
        kind="lightgbm", search={"space": LEAVES, "by": "kfold"}
    )
    assert ADAPTER.validate_python({"kind": "lightgbm", "iid": True, "search": {"space": LEAVES, "by": "kfold"}})


def test_what_was_found_is_no_part_of_the_recipe() -> None:
    recipe = searching(LEAVES)
    asked = recipe_fingerprint(recipe, ["a"], "late", "binary")
    assert asked != recipe_fingerprint(recipe.with_params({"num_leaves": 9}), ["a"], "late", "binary")
    assert asked == recipe_fingerprint(searching(LEAVES), ["a"], "late", "binary")
    assert asked != recipe_fingerprint(searching(LEAVES, trials=31), ["a"], "late", "binary")


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**7))
def test_a_limit_of_time_is_written_and_read_back(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_limit(limit_text(span)) == span


@pytest.mark.parametrize("wrong", ["3w", "0m", "-1s", 30, "1.5h", timedelta(0)])
def test_another_form_of_limit_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number >= 1 and s, m or h"):
        parse_limit(wrong)


def report(*values: float | None, greater: bool = True, **more: Any) -> SearchReport:
    return SearchReport(
        decision_id="d",
        as_of=datetime(2024, 1, 1, tzinfo=UTC),
        space="s",
        metric="auc",
        greater_is_better=greater,
        budget=5,
        trials=tuple(
            Trial(number=n, params={"num_leaves": n}, state="failed" if v is None else "complete", value=v)
            for n, v in enumerate(values)
        ),
        **more,
    )


def test_the_best_is_the_first_of_the_best() -> None:
    told = report(0.6, None, 0.7, 0.7)
    assert told.best is not None
    assert told.best.number == 2
    assert (
        told.sentence
        == "auc 0.7000 in cross-validation with num_leaves=2: the best of 4 of 5 trials, 1 failed (trial 2)"
    )
    least = report(0.6, None, 0.7, greater=False).best
    assert least is not None
    assert least.number == 0
    assert report(None, None).best is None


def test_a_search_that_time_ended_is_said_not_to_be_repeatable() -> None:
    assert "the time limit ended it: not repeatable" in report(0.6, ended="time").sentence
    assert "the last best, found by the search of decision d0" in report(0.6, ended="reused", reused="d0").sentence
    assert Search.model_validate({"space": LEAVES, "time_limit": "10m"}).time_limit == timedelta(minutes=10)
