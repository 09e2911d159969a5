"""What a newcomer writes, and the words that it is answered in."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform_tests.spec.good_spec import line, problems_of


@pytest.mark.parametrize(
    ("old", "new", "field", "value", "cure"),
    [
        ("name: churn", "name: 42", "name", "42", "must be a text: put it in quotes"),
        ("name: churn", "name:", "name", "", "must be a text: nothing is written here"),
        ("task: binary", "task:", "task", "", "must be 'binary', 'multiclass', 'regression' or 'ranking': nothing"),
        ("[country]", "country", "segments", "'country'", "must be a list, as in ['country']"),
        ("rows: 1000", "rows: 1k", "policy.policies[2].new_ripe_rows", "'1k'", "must be a whole number"),
        ("falls_by: 0.05", "falls_by: 5%", "policy.policies[1].falls_by", "'5%'", "must be a number"),
        ("falls_by: 0.05", "falls_by: -1", "policy.policies[1].falls_by", "-1", "must be greater than 0"),
        (
            "at_least: 0.6",
            "at_least: 1.6",
            "validation.gates[0].at_least",
            "1.6",
            "must be 0 to 1: auc is never outside",
        ),
        ("shadow: 1w", "approval: maybe", "release.approval", "'maybe'", "must be true or false"),
        ('"2024-01-01"', "2024-13-01", "period.start", "'2024-13-01'", "must be a date, as in 2024-01-31"),
        ("every: week", "every: 1 week", "period.every", "'1 week'", "did you mean week?"),
    ],
)
def test_a_value_of_another_type_is_told_in_plain_words(
    tmp_path: Path, old: str, new: str, field: str, value: str, cure: str
) -> None:
    (problem,) = problems_of(tmp_path, (old, new))

    assert (problem.field, problem.value, problem.line) == (field, value, line(old))
    assert cure in problem.cure


@pytest.mark.parametrize(
    ("old", "new", "field", "cure"),
    [
        ("\n  release:", "\nrelease:", "release", "move it under attributes"),
        ("type:", "tpye:", "tpye", "did you mean type?"),
        ("attributes:", "attribute:", "attribute", "did you mean attributes?"),
        ("type:", "colour: red\ntype:", "colour", "known are type, attributes"),
    ],
)
def test_a_field_beside_type_and_attributes_is_told(tmp_path: Path, old: str, new: str, field: str, cure: str) -> None:
    (problem,) = problems_of(tmp_path, (old, new))

    assert problem.field == field
    assert cure in problem.cure


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        ("  name:", "\tname:", "indent with spaces, not with a tab"),
        ("name: churn", "name:churn", "a ':' without a space after it"),
        ("name: churn", "name: 'churn", "a quote opens here and is never closed"),
        ("name: churn", "name: *churn", "put a text that begins with * in quotes"),
        ("name: churn", "name: @churn", "put a text that begins with @ in quotes"),
        ("  release:", "---\n  release:", "one file holds one model"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(tmp_path: Path, old: str, new: str, cure: str) -> None:
    (problem,) = problems_of(tmp_path, (old, new))

    assert (problem.field, problem.line - line(old.strip())) in (("the line", 0), ("the line", 1))
    assert cure in problem.cure
