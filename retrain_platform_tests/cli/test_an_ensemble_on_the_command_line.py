"""A spec with rolling features and a model for each segment, checked and played by commands."""

from __future__ import annotations

from pathlib import Path

from retrain_platform_tests.cli.commands import LAST, SPEC, retrain

LEARNER = SPEC[SPEC.index("  training:") : SPEC.index("  validation:")]
ENSEMBLE = """\
  features:
    rolling:
      - {of: [bad], by: [shop], over: [36h, 3d], stats: [mean, count]}
      - {of: [x], over: [2d], stats: [mean], known_after: 0h}
  training:
    kind: ensemble
    by: shop
    min_rows: 100
    holdout: 1d
    early_stop_on: 1d
    member: {kind: lightgbm, rounds: 10, params: {num_leaves: 7, min_data_in_leaf: 20}}
    members: {north: {kind: sklearn, estimator: sklearn.linear_model.LogisticRegression}}
    anomaly: {of: bad_mean_3d_by_shop}
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "defs.yaml").write_text(text.replace("name: tiny", f"name: {name}"), encoding="utf-8")
    return str(folder / name / "defs.yaml")


def test_it_is_checked_and_lives_until_its_first_model_answers(project: Path) -> None:
    path = written(project, "many", SPEC.replace(LEARNER, ENSEMBLE))
    assert retrain("check", path).exit_code == 0
    done = retrain("run", path, "--until", LAST)
    assert done.exit_code == 0, done.output
    assert "registered as version 1" in done.output


def test_what_a_source_or_scikit_learn_lacks_is_told(project: Path) -> None:
    wrong = ENSEMBLE.replace("by: [shop]", "by: [town]").replace("by: shop", "by: stores")
    wrong = wrong.replace("LogisticRegression", "LogisticRegresion").replace(
        "of: bad_mean_3d_by_shop", "of: bad_mean_3d"
    )
    said = retrain("check", written(project, "wrong", SPEC.replace(LEARNER, wrong))).output
    plain = " ".join(said.split())
    assert "features.rolling[0].by[0] == 'town', must be a column of the source" in plain
    assert "training.by == 'stores', must be a feature" in plain
    assert "training.anomaly.of == 'bad_mean_3d', must be a feature" in plain
    assert "training.members.north.estimator" in plain
    assert "did you mean LogisticRegression?" in plain
