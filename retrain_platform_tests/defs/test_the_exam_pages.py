"""The exam's report as people see it: the forest of gates, the curves, what each model leans on."""

import re

import pytest

from retrain_platform.defs.exam_curves import both, leaning
from retrain_platform.defs.forest import Line, forest
from retrain_platform.defs.validation_pages import card_html, gates_plot, page, pictures, segments_plot
from retrain_platform.drawing import BLUE, GREEN, ORANGE, RED
from retrain_platform.validation import AgainstChampion, Floor, Segments
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure, measure
from retrain_platform_tests.defs.test_the_plots import _SVG, colours, drawn, words
from retrain_platform_tests.validation.exams import AS_OF, comparison, known, measured, rows

ARRAYS = rows(3, candidate=1.1)


def report(*gates: Floor | AgainstChampion | Segments) -> ValidationReport:
    given = {"candidate": {"hour": 0.7, "wind": 0.3}, "champion": {"hour": 1.0}}
    return judge(gates, measured(ARRAYS).model_copy(update={"importance": given}), AS_OF)


WHOLE = report(
    Floor(metric="auc", at_least=0.6), AgainstChampion(metric="auc", not_worse_by=0.9), Segments(metric="auc")
)


def test_the_page_has_every_plot_and_every_table_behind_it() -> None:
    shown = page(WHOLE)
    assert set(pictures(WHOLE)) == {"interval against limit", "segments by interval", "curves", "importance shift"}
    assert {"verdict", "in words", "gates", "questions", "against the champion", "segments", "worst rows"} <= set(shown)
    assert "auc must be at least 0.6" in shown["questions"].value
    assert "| candidate | 140 |" in shown["calibration"].value


def test_what_was_not_measured_has_no_plot_and_says_so() -> None:
    nothing = judge([Floor(metric="auc", at_least=0.6)], cannot_measure("d1", "the champion saw all"), AS_OF)
    assert set(pictures(nothing)) == {"interval against limit"}
    assert "nothing was measured" in page(nothing)["against the champion"].value
    assert "cannot tell" in words(gates_plot(nothing))


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [(-3.4e-05, -0.05, "0.0000, limit -0.05"), (3e-9, 1e-12, "3e-09, limit 1e-12"), (68064.0, 5.0, "68.1k, limit 5")],
)
def test_a_gates_numbers_are_those_of_its_sentence(value: float, limit: float, told: str) -> None:
    result = WHOLE.results[0].model_copy(update={"value": value, "limit": limit})
    assert told in words(gates_plot(WHOLE.model_copy(update={"results": (result,)})))


def mark(shown: object, which: int) -> float:
    """How far across the picture a line's mark lies; the key's own marks come last."""
    return float(list(drawn(shown).iter(f"{_SVG}circle"))[which].get("cx") or 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        (Floor(metric="auc", at_least=0.6), True),
        (Floor(metric="auc", at_least=0.99), False),
        (Floor(metric="log_loss", at_most=9.0), True),
        (Floor(metric="log_loss", at_most=0.01), False),
    ],
)
def test_the_good_side_of_a_limit_is_on_the_right(gate: Floor, passes: bool) -> None:
    found = report(gate)
    shown = gates_plot(found)
    (said,) = (each for each in words(shown) if each == "the gate's own limit")
    middle = next(float(e.get("x") or 0) for e in drawn(shown).iter(f"{_SVG}text") if e.text == said)
    assert found.verdict == ("passed" if passes else "failed")
    assert (mark(shown, 0) > middle) == passes
    assert colours(shown, "circle")[0] == (GREEN if passes else RED)


def test_what_only_is_shown_is_hollow_and_what_has_no_number_has_no_mark() -> None:
    shown = gates_plot(report(Floor(metric="auc", at_least=0.99, required=False)))
    assert colours(shown, "circle")[0] == "#ffffff"
    assert "shown only" in words(shown)
    blank = forest([Line("a", None, None, None, None, GREEN, "not measured")], title="t", key={}, limit="limit")
    assert colours(blank, "circle") == []
    assert "not measured" in words(blank)


def test_lines_of_one_scale_can_be_compared_and_more_than_fit_are_counted() -> None:
    lines = [Line(f"line {at}", at / 10, None, None, 0.0, GREEN, "", scale="one") for at in range(1, 46)]
    shown = forest(lines, title="t", key={}, limit="limit")
    middle = next(float(e.get("x") or 0) for e in drawn(shown).iter(f"{_SVG}text") if e.text == "limit")
    assert (mark(shown, 3) - middle) / (mark(shown, 1) - middle) == pytest.approx(2, rel=0.02)
    assert "and 5 more, in the table" in words(shown)


def test_segments_are_coloured_by_what_their_interval_shows() -> None:
    segments = {
        "a=1": {"auc": comparison(0.1, low=0.05, high=0.15)},
        "a=2": {"auc": comparison(-0.1, low=-0.15, high=-0.05)},
        "a=3": {"auc": comparison(None)},
    }
    shown = segments_plot(known({"auc": comparison(0.0)}, segments=segments))
    assert shown is not None
    assert colours(shown, "circle")[:2] == [RED, GREEN]  # those that lost most first
    assert "a=3" not in words(shown)
    assert segments_plot(known({"auc": comparison(0.0)})) is None


def test_roc_and_calibration_of_both_models_are_drawn() -> None:
    shown = both(WHOLE.measurements.curves)
    assert shown is not None
    lines = [each for each in drawn(shown).iter(f"{_SVG}path") if each.get("stroke") in (BLUE, ORANGE)]
    assert len(lines) == 4
    assert {"ROC and calibration", "mean score, 140 rows a mark", "candidate", "champion"} <= set(words(shown))
    assert both({}) is None


def test_a_number_shows_its_residuals_instead() -> None:
    arrays = rows(1)
    taken = measure(
        "d1",
        arrays.labels,
        arrays.candidate,
        arrays.champion,
        arrays.days,
        basis="holdout",
        start=AS_OF,
        end=AS_OF,
        metrics=["rmse"],
    )
    shown = both(taken.curves)
    assert shown is not None
    assert {"Residuals and calibration", "label minus prediction"} <= set(words(shown))
    assert sum("98% of rows" in each for each in words(shown)) == 2


def test_a_shift_of_importance_is_told_in_points() -> None:
    assert {"70.0% (-30.0%)", "30.0% (+30.0%)"} <= set(words(leaning([("hour", 0.7, 1.0), ("wind", 0.3, 0.0)])))
    assert words(leaning([("hour", 1.0, None)]))[-1] == "candidate"


def test_the_cards_page_needs_nothing_beside_itself() -> None:
    html = card_html("# A card", title="a card", report=WHOLE)
    assert html.count("data:image/svg+xml;base64,") == 4
    assert re.findall(r"(?:src|href)=\"(?!data:)", html) == []
