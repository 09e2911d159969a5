"""Gates that ask for what the model has not: every mistake at once, with its line and its cure."""

from __future__ import annotations

from pathlib import Path

from retrain_platform_tests.spec.good_spec import line, problems_of

FLOOR = "      - {kind: floor, metric: auc, at_least: 0.6}\n"


def said(folder: Path, *gates: str) -> list[str]:
    """The mistakes of the good file with these gates, each on a line of its own after the floor."""
    lines = "".join(f"      - {gate}\n" for gate in gates)
    return [
        f"{problem.line - line(FLOOR) if problem.line else None}: {problem}"
        for problem in problems_of(folder, (FLOOR, FLOOR + lines))
    ]


def test_every_question_is_checked_like_a_gate(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "{kind: performance, metrics: [{metric: f1, not_worse_by: 0.1}, {metric: auc, at_least: 3}]}",
        "{kind: performance, metrics: [{metric: auc, not_wors_by: 0.1}]}",
    )
    assert any("1: " in each and "metrics[0].metric == 'f1', must be measured too" in each for each in found)
    assert any("1: " in each and "metrics[1].at_least == 3, must be 0 to 1" in each for each in found)
    assert any("2: " in each and "did you mean not_worse_by?" in each for each in found)


def test_groups_and_measures_must_be_the_models(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "{kind: fairness, by: orign, measure: rmse}",
        "{kind: fairness, by: origin, measure: tpr, at_most: 2}",
        "{kind: calibration}",
    )
    assert any(".by == 'orign', must be measured too: add it to segments" in each for each in found)
    assert any(".measure == 'rmse', must be one of selection_rate, tpr, fpr, error_rate" in each for each in found)
    assert any(".at_most == 2, must be less than 1" in each for each in found)
    assert any("limit == none, must be one at least of bias_at_most" in each for each in found)
