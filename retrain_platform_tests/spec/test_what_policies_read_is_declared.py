"""Policies on versions and measures: what they read must be declared in the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.spec import read_spec
from retrain_platform_tests.spec.good_spec import ENV, GOOD, problems_of

VOLUME = "      - {kind: volume, new_ripe_rows: 1000}\n"
LABEL = "  label: {column: left, delay: 2d}\n"


@pytest.mark.parametrize(
    ("policy", "field", "value", "said"),
    [
        ("{kind: versions, names: [encoder, labels]}", "policy.policies[2].names[1]", "'labels'", "there are encoder"),
        ("{kind: schema}", "policy.policies[2].kind", "'schema'", "must find versions.features declared"),
        ("{kind: measure, name: sales, below: 5}", "policy.policies[2].kind", "'measure'", "monitoring.measures"),
        (
            "{kind: any_of, screens: [{measure: a, above: 1}], policies: [{kind: requested}]}",
            "policy.policies[2].screens",
            "['a']",
            "monitoring.measures",
        ),
    ],
)
def test_what_is_not_declared_is_told_with_its_cure(
    tmp_path: Path, policy: str, field: str, value: str, said: str
) -> None:
    versions = LABEL + "  versions: {encoder: 2}\n"
    (problem,) = problems_of(tmp_path, (VOLUME, f"      - {policy}\n"), (LABEL, versions))
    assert (problem.field, problem.value) == (field, value)
    assert said in problem.cure


def test_all_versions_of_none_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, (VOLUME, "      - {kind: versions}\n"))
    assert (problem.field, problem.value) == ("policy.policies[2].names", "'all'")


def test_a_mistaken_version_is_told_once(tmp_path: Path) -> None:
    versions = LABEL + "  versions: {features: 1.10}\n"
    (problem,) = problems_of(tmp_path, (VOLUME, "      - {kind: schema}\n"), (LABEL, versions))
    assert problem.field == "versions.features"
    assert "must be in quotes" in str(problem)


def test_a_misspelt_field_of_a_table_of_measures_is_told_with_its_name(tmp_path: Path) -> None:
    measures = LABEL + "  monitoring: {measures: [{kind: files, path: a.csv, tme: at}]}\n"
    (problem,) = problems_of(tmp_path, (LABEL, measures))
    assert problem.field == "monitoring.measures[0].tme"
    assert "did you mean time?" in str(problem)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("exploration: 0.05", "must stand beside depends_on_prediction"),
        ("depends_on_prediction: shown, exploration: 1.5", "must be"),
        ("depends_on_prediction: shown, propensity: left", "must be another column"),
        ("depends_on_prediction: maybe", "blocked"),
    ],
)
def test_a_feedback_loop_that_cannot_be_meant_is_refused(tmp_path: Path, label: str, said: str) -> None:
    (problem,) = problems_of(tmp_path, ("delay: 2d}", f"delay: 2d, {label}}}"))
    assert problem.field.startswith("label")
    assert said in str(problem)


def test_all_of_it_declared_is_well(tmp_path: Path) -> None:
    text = GOOD.replace(VOLUME, "      - {kind: schema}\n      - {kind: versions}\n      - {kind: code_changed}\n")
    text = text.replace(LABEL, LABEL + "  versions: {features: 7, encoder: '3'}\n")
    (tmp_path / "defs.yaml").write_text(text, encoding="utf-8")
    assert read_spec(tmp_path / "defs.yaml", ENV).versions == {"features": "7", "encoder": "3"}
