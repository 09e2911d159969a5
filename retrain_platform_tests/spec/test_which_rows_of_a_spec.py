"""What a spec says of the rows that are learned from: refused with an explanation, held against the columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.spec import read_spec
from retrain_platform.spec.columns import misfits
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.semantic_version import recipe_fingerprint
from retrain_platform_tests.spec.good_spec import ENV, GOOD, problems_of

TRAINING = "training: {kind: lightgbm, params: {num_leaves: 31}}"
SKLEARN = "kind: sklearn, estimator: sklearn.linear_model.Ridge"


def with_training(fields: str, learner: str = "kind: lightgbm") -> tuple[str, str]:
    return TRAINING, f"training: {{{learner}, {fields}}}"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ("window: soon", "training.window", "since_last_training"),
        ("window: 0h", "training.window", "must be longer than"),
        ("window: 5w, early_stop_on: 2w", "training.window", "write window: 6w"),
        ("window: 4w, split: {shares: [0.6, 0.2, 0.2]}", "", ""),
        ("history: 0.2", "training.history", "must stand beside a shorter window"),
        ("window: 26w, history: 1.5", "training.history", "less than 1"),
        ("half_life: 0d", "training.half_life", "must be longer than 0h"),
        ("half_live: 90d", "training.half_live", "half_life"),
        ("balance: weighs", "training.balance", "did you mean weights?"),
        ("split: {shares: [0.7, 0.2, 0.2]}", "training.split.shares", "must sum to 1: they sum to 1.1"),
        ("split: {shares: [0.8, 0.2, 0]}", "training.split.shares", "a holdout (the last)"),
        ("split: {shares: [0.8, 0.2]}", "training.split.shares[2]", "must be given"),
        ("split: {share: [0.8, 0.1, 0.1]}", "training.split.share", "did you mean shares?"),
        ("split: {by: random}", "training.split.by", "must stand beside shares"),
        ("split: {shares: [0.7, 0.1, 0.2], by: random}, refit: false", "training.split", "iid: true"),
        (
            "split: {shares: [0.7, 0.1, 0.2], by: random}, iid: true",
            "training",
            "refit == True, must be false where split.by",
        ),
        (
            "split: {shares: [0.7, 0.1, 0.2], by: random, embargo: 1d}, iid: true, refit: false",
            "training.split.embargo",
            "there is no cut",
        ),
        ("holdout: 3w, split: {shares: [0.7, 0.1, 0.2]}", "training.holdout", "where split.shares part the rows"),
        ("rows: {outlier: {}}", "training.rows.outlier", "did you mean outliers?"),
        ("rows: {outliers: {methot: iqr}}", "training.rows.outliers.methot", "did you mean method?"),
        ("rows: {outliers: {method: quantiles}}", "training.rows.outliers", "beyond == 3, must be a share below 0.5"),
        ("rows: {duplicates: {on: []}}", "training.rows.duplicates.on", "must be all or at least one column"),
        ("balance: weights, params: {scale_pos_weight: 4}", "training.params.scale_pos_weight", "must be left out"),
    ],
)
def test_rows_that_will_not_do_are_told_by_their_field(tmp_path: Path, fields: str, field: str, said: str) -> None:
    if not field:
        file = tmp_path / "defs.yaml"
        file.write_text(GOOD.replace(*with_training(fields)), encoding="utf-8")
        read_spec(file, ENV)
        return
    found = {problem.field: problem for problem in problems_of(tmp_path, with_training(fields))}
    assert field in found, found
    assert said in found[field].cure
    assert found[field].line


def test_a_window_that_a_policy_may_choose_reaches_as_far_as_the_recipe_s_must(tmp_path: Path) -> None:
    schedule = "{kind: schedule, every: 4w}"
    ours = "{kind: staleness, metric: auc, windows: [2w, 26w, all]}"
    [problem] = problems_of(tmp_path, (schedule, ours))
    assert problem.field == "policy.policies[0].windows[0]"
    assert "must reach over the labels' wait of" in problem.cure
    least = problem.cure.rpartition("write ")[2]
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD.replace(schedule, ours.replace("2w", least)), encoding="utf-8")
    read_spec(file, ENV)


def test_what_needs_classes_or_rounds_is_told(tmp_path: Path) -> None:
    regression = (("task: binary", "task: regression"), ("metric: auc, falls_by: 0.05", "metric: rmse, falls_by: 0.05"))
    gate = ("{kind: floor, metric: auc, at_least: 0.6}", "{kind: floor, metric: rmse, at_most: 6}")
    found = {
        problem.field: problem.cure
        for problem in problems_of(
            tmp_path,
            *regression,
            gate,
            with_training("balance: weights, iid: true, refit: false, split: {shares: [0.7, 0, 0.3], by: stratified}"),
        )
    }
    assert "there are no classes to balance" in found["training.balance"]
    assert "there are no classes to draw by" in found["training.split.by"]
    (problem,) = problems_of(tmp_path, with_training("split: {shares: [0.7, 0.15, 0.15]}", SKLEARN))
    assert (problem.field, "write shares: [0.85, 0, 0.15]" in problem.cure) == ("training.split", True)


def test_columns_of_cleaning_are_held_against_the_source(tmp_path: Path) -> None:
    cleaning = "rows: {duplicates: {on: [who, whom]}, outliers: {features: [x*, country, z*]}}"
    file = tmp_path / "defs.yaml"
    file.write_text(GOOD.replace(*with_training(cleaning)), encoding="utf-8")
    found = misfits(read_spec(file, ENV), ["at", "who", "left", "country", "x1"])
    assert [wrong[:2] for wrong in found] == [
        ("training.rows.duplicates.on[1]", "'whom'"),
        ("training.rows.outliers.features[2]", "'z*'"),
    ]


def test_a_setting_that_came_later_changes_no_recipe_that_does_not_use_it() -> None:
    """The fingerprint is on registered versions: what they had no word for must not make them other recipes."""
    first = ("window", "holdout", "early_stop_on", "refit", "most_categories", "seed", "kind", "params", "rounds")
    first += ("early_stopping_rounds", "stop_metric")
    assert recipe_fingerprint(LightGBM(), ["x"], "y", "binary") == _as_it_was(LightGBM(), first)
    for fields in ({"half_life": "9d"}, {"balance": "weights"}, {"rows": {"duplicates": {}}}, {"iid": True}):
        assert recipe_fingerprint(LightGBM.model_validate(fields), ["x"], "y", "binary") != _as_it_was(
            LightGBM(), first
        )


def _as_it_was(spec: LightGBM, fields: tuple[str, ...]) -> str:
    from retrain_platform.dataset.record import fingerprint

    training = {name: value for name, value in spec.model_dump(mode="json").items() if name in fields}
    return fingerprint({"training": training, "features": ["x"], "label": "y", "task": "binary"})
