from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.training import LEARNERS, Ensemble, LearnerSpec, LightGBM, Sklearn
from retrain_platform.training.challenger import cheap

ADAPTER: TypeAdapter[LearnerSpec] = TypeAdapter(LearnerSpec)
RIDGE = {"kind": "sklearn", "estimator": "sklearn.linear_model.Ridge"}
TREES = {"kind": "lightgbm", "params": {"num_leaves": 7}}


def refused(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(fields)
    return str(caught.value)


def test_every_member_is_read_by_its_kind_and_written_back() -> None:
    read = [
        ADAPTER.validate_python({"kind": "lightgbm", "window": "26w", "params": {"num_leaves": 63, "lambda_l2": 0.5}}),
        ADAPTER.validate_python({**RIDGE, "params": {"alpha": 2.0}}),
        ADAPTER.validate_python({"kind": "python", "call": "my_pkg.train:fit", "params": {"depth": 3}}),
        ADAPTER.validate_python({"kind": "ensemble", "by": "carrier", "member": RIDGE, "members": {"UA": TREES}}),
    ]
    assert [type(spec) for spec in read] == list(LEARNERS)
    for spec in read:
        assert ADAPTER.validate_json(spec.model_dump_json()) == spec
        assert ADAPTER.validate_json(spec.model_dump_json()).fingerprint() == spec.fingerprint()


def test_a_whole_number_stays_one() -> None:
    spec = LightGBM(params={"num_leaves": 63, "extra_trees": True, "learning_rate": 0.1})
    assert [type(value) for value in spec.params.values()] == [int, bool, float]


def test_every_parameter_that_does_not_belong_is_told_at_once() -> None:
    params = {"seed": 3, "n_estimators": 40, "eta": 0.1, "num_leafs": 4, "num_threads": 2, "metric": "auc", "zzz": 1}
    said = refused(kind="lightgbm", params=params)
    for sentence in (
        "seed == 3 is set by training.seed",
        "n_estimators == 40 is set by training.rounds",
        "eta == 0.1 must be written learning_rate",
        "num_leafs == 4 is no parameter known here: did you mean num_leaves?",
        "num_threads == 2 is the machine's business, and changes no tree: set OMP_NUM_THREADS",
        "metric == 'auc' follows from task",
        "zzz == 1 is no parameter known here",
    ):
        assert sentence in said


def test_a_window_leaves_something_to_learn_from() -> None:
    assert "window == 3w, must be longer than what it keeps for the exam and for early stopping, 3w" in refused(
        kind="lightgbm", window="3w"
    )
    assert LightGBM.model_validate({"window": "4w"}).early_stop_on.days == 7
    assert Sklearn.model_validate({**RIDGE, "window": "3w"}).holdout.days == 14


def test_a_pipeline_is_one_estimator_or_several_steps() -> None:
    step = {"estimator": "sklearn.preprocessing.SplineTransformer", "params": {"n_knots": 4}}
    both = Sklearn.model_validate({"steps": [step, {"estimator": "sklearn.linear_model.Ridge"}]})
    assert [one.estimator.rpartition(".")[2] for one in both.pipeline] == ["SplineTransformer", "Ridge"]
    assert Sklearn.model_validate({**RIDGE, "params": {"alpha": 3}}).pipeline[0].params == {"alpha": 3}
    assert "must be one or the other" in refused(kind="sklearn")
    assert "must be one or the other" in refused(**RIDGE, steps=[step])
    assert "must be given step by step" in refused(kind="sklearn", steps=[step], params={"alpha": 1})


@pytest.mark.parametrize("name", ["os.system", "Ridge", "sklearn.Ridge", "sklearn.linear_model.Ridge()", "sklearn..x"])
def test_only_classes_of_scikit_learn_are_named(name: str) -> None:
    assert "must be a class of scikit-learn" in refused(kind="sklearn", estimator=name)


def test_what_another_field_says_is_not_said_twice() -> None:
    assert "random_state == 1 is set by training.seed" in refused(**RIDGE, params={"random_state": 1})
    step = {"estimator": "sklearn.linear_model.Ridge", "params": {"n_jobs": 4}}
    assert "n_jobs == 4 is the machine's business" in refused(kind="sklearn", steps=[step])
    assert "early_stop_on == 1w, must be left out: this learner has no rounds" in refused(**RIDGE, early_stop_on="1w")


def test_what_is_said_of_the_rows_is_said_of_the_ensemble_and_not_of_its_members() -> None:
    said = refused(
        kind="ensemble",
        by="carrier",
        member={**TREES, "holdout": "3w", "half_life": "90d"},
        members={"UA": {**RIDGE, "refit": False}},
    )
    assert "member.holdout == 3w, must be said of the ensemble, training.holdout" in said
    assert "member.half_life == 90d, must be said of the ensemble" in said
    assert "members.UA.refit == given, must be said of the ensemble, training.refit" in said
    search = {"space": {"num_leaves": {"low": 3, "high": 9}}}
    assert "must be left out: an ensemble takes its members' recipes" in refused(
        kind="ensemble", by="carrier", member={**TREES, "search": search}
    )
    assert "search and incremental must be left out" in refused(
        kind="ensemble", by="carrier", member=TREES, search=search
    )
    assert "early_stop_on == 1w, must be left out: no member has rounds" in refused(
        kind="ensemble", by="carrier", member=RIDGE, early_stop_on="1w"
    )


def test_a_cheap_ensemble_has_cheap_members_and_no_limit_to_find() -> None:
    spec = ADAPTER.validate_python(
        {"kind": "ensemble", "by": "carrier", "member": TREES, "members": {"UA": RIDGE}, "anomaly": {"of": "lately"}}
    )
    few = cheap(spec, trees=5, leaves=4)
    assert isinstance(few, Ensemble)
    assert isinstance(few.member, LightGBM)
    assert (few.member.rounds, few.member.params["num_leaves"], few.anomaly) == (5, 4, None)
    assert few.members == spec.members
