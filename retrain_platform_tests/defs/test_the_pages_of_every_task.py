"""The exam's pictures and tables of several classes and of a ranking."""

import pytest

from retrain_platform.defs.task_curves import curve_tables, drawn_curves, of_classes
from retrain_platform.defs.validation_pages import card_html, page, pictures
from retrain_platform.drawing import BLUE, GREEN, ORANGE
from retrain_platform.validation import Floor
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.conformance import ALONE, made_up
from retrain_platform.validation.curves import ModelCurves
from retrain_platform.validation.judge import judge
from retrain_platform_tests.defs.test_the_plots import _SVG, drawn, words
from retrain_platform_tests.validation.exams import AS_OF

GATES = {"multiclass": Floor(metric="log_loss", at_most=9), "ranking": Floor(metric="ndcg@10", at_least=0.1)}


def report(task: str, of: str = "a worse model") -> ValidationReport:
    return judge([GATES[task]], made_up(task)[of], AS_OF)  # type: ignore[arg-type]


@pytest.mark.parametrize(("task", "table"), [("multiclass", "calls"), ("ranking", "lists by size")])
def test_the_page_has_the_picture_and_the_table_behind_it(task: str, table: str) -> None:
    exam = report(task)
    shown = page(exam)
    assert "curves" in pictures(exam)
    assert "| candidate | " in shown[table].value
    assert "| champion | " in shown[table].value
    assert "calibration" not in shown
    assert "curves" in card_html("# A card", title="a card", report=exam)


def test_what_was_called_what_is_drawn_beside_the_curves_of_the_classes() -> None:
    exam = report("multiclass").measurements.curves
    shown = drawn_curves(exam)
    assert shown is not None
    lines = [each for each in drawn(shown).iter(f"{_SVG}path") if each.get("stroke") in (BLUE, ORANGE, GREEN)]
    assert [line.get("stroke-dasharray") for line in lines] == [None] * 3 + ["5 4"] * 3  # the champion's are dashed
    said = words(shown)
    row = exam["candidate"].confusion[0]
    assert f"{row[1]:,} ({row[1] / sum(row):.0%})" in said
    assert {"low", "usual", "high", "champion"} <= set(said)
    assert "rows of a class (down) that the candidate called (across)" in said


def test_a_first_model_and_one_that_gave_no_numbers_are_drawn_too() -> None:
    alone = drawn_curves(report("multiclass", ALONE).measurements.curves)
    assert "champion" not in words(alone)
    champion = report("multiclass").measurements.curves["champion"]
    assert "rows of a class (down) that the champion called (across)" in words(
        of_classes({"candidate": ModelCurves(), "champion": champion})
    )
    assert drawn_curves({"candidate": ModelCurves()}) is None
    assert curve_tables({"candidate": ModelCurves()}) == {}


def test_pooled_classes_have_calls_and_no_curve() -> None:
    seen = ModelCurves(
        classes=("a", "b", "other"),
        confusion=((1, 2, 3), (0, 0, 0), (1, 1, 1)),
        rocs=(((0.0, 0.0), (1.0, 1.0)), ()),
    )
    said = words(of_classes({"candidate": seen}))
    assert said.count("other") == 2  # beside the table of calls and under it, not in the key
    assert said.count("a") == 3
    assert "0 (0%)" in said


def test_lists_are_drawn_by_their_size() -> None:
    shown = drawn_curves(report("ranking").measurements.curves)
    assert {"ndcg@10 by the size of the lists", "10 rows, 132 lists", "candidate", "champion"} <= set(words(shown))
