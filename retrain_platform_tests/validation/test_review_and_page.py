"""What a reviewer reads, and the card as a page of its own."""

import pytest

from retrain_platform.validation import AgainstChampion, Floor, Segments
from retrain_platform.validation.base import Cause, WorstRow
from retrain_platform.validation.card_page import card_page
from retrain_platform.validation.judge import judge
from retrain_platform.validation.review import Made, ReviewFacts, changes, review
from retrain_platform.validation.suites import Case
from retrain_platform.validation.tables import importance_rows, importance_table, markdown_table, segments_table
from retrain_platform_tests.validation.exams import AS_OF, comparison, known

BEFORE = Made(
    version="2",
    learner="lightgbm",
    features=("carrier", "hour"),
    parameters={"num_leaves": 31, "seed": 7},
    rows=1000,
    periods=("2013-01-01", "2013-03-01"),
    versions={"encoder": "1"},
    code="aaa",
)
SAME = BEFORE.model_copy(update={"version": "3", "rows": 1500, "periods": ("2013-01-01", "2013-04-01")})


def test_the_same_recipe_on_other_rows_is_said_to_be_the_same() -> None:
    assert changes(SAME, BEFORE) == [
        "the same recipe as version 2: features, parameters and code",
        "rows learned from: 1,500 of 2013-01-01 to 2013-04-01, version 2 had 1,000 of 2013-01-01 to 2013-03-01",
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"features": ("carrier", "wind")}, ["features added: wind", "features gone: hour"]),
        ({"parameters": {"num_leaves": 63, "seed": 7}}, ["num_leaves: 31 -> 63"]),
        ({"parameters": {"seed": 7}}, ["num_leaves: 31 -> None"]),
        ({"learner": "sklearn", "parameters": {}}, ["learner: lightgbm -> sklearn"]),
        ({"versions": {"encoder": "2"}}, ["encoder of the rows: 1 -> 2"]),
        ({"code": "bbb"}, ["the code that prepares and fits: aaa -> bbb"]),
    ],
)
def test_everything_that_changed_is_told(changed: dict[str, object], told: list[str]) -> None:
    assert changes(SAME.model_copy(update=changed), BEFORE)[:-1] == told


def test_a_first_model_is_held_against_nothing() -> None:
    assert changes(SAME, None) == ["a first model: there is no champion to hold it against"]


def test_importance_names_what_either_model_leans_on_and_its_shift() -> None:
    seen = known({}, importance={"candidate": {"hour": 0.7, "wind": 0.3}, "champion": {"hour": 0.5, "month": 0.5}})
    assert importance_rows(seen) == [("hour", 0.7, 0.5), ("month", 0.0, 0.5), ("wind", 0.3, 0.0)]
    assert [name for name, _, _ in importance_rows(seen, most=1)] == ["hour"]
    assert "| month | 0.0% | 50.0% | -50.0% |" in importance_table(seen)
    alone = known({}, importance={"candidate": {"hour": 1.0}})
    assert importance_rows(alone) == [("hour", 1.0, None)]
    assert importance_table(known({})) == ""


def test_segments_stand_metric_by_metric_worst_first_and_untold_last() -> None:
    segments = {
        "origin=JFK": {"auc": comparison(0.01), "log_loss": comparison(-0.5)},
        "origin=HA": {"auc": comparison(None, why="cannot tell: 3 rows")},
        "origin=LGA": {"auc": comparison(-0.02)},
    }
    table = segments_table(known({"auc": comparison(0.0), "log_loss": comparison(0.0)}, segments=segments))
    order = [" ".join(line.split("|")[1:3]).split() for line in table.splitlines()[2:]]
    assert order == [["origin=LGA", "auc"], ["origin=JFK", "auc"], ["origin=JFK", "log_loss"], ["origin=HA", "auc"]]


def test_the_review_has_all_that_an_approval_needs() -> None:
    row = WorstRow(id="UA|12", label=1, candidate=0.1, champion=0.9)
    seen = known(
        {"auc": comparison(-0.2)},
        segments={"origin=JFK": {"auc": comparison(-0.3)}},
        worst_rows={"all": (row,)},
        importance={"candidate": {"hour": 1.0}, "champion": {"hour": 1.0}},
    )
    report = judge([Floor(metric="auc", at_least=0.4), AgainstChampion(metric="auc", not_worse_by=0.01)], seen, AS_OF)
    page = review(ReviewFacts(model="m", made=SAME, before=BEFORE, waits="it waits", answer=("yes", "no")), report)
    for told in ("# Review of m, version 3", "it waits.", "| hour | 100.0%", "origin=JFK", "UA\\|12", "- `yes`"):
        assert told in page
    failing = page.partition("## Gates that did not pass")[2].partition("##")[0]
    assert "against_champion auc" in failing
    assert "floor auc" not in failing


def test_of_a_first_model_the_rows_that_it_missed_by_most_are_shown_beside_no_champion() -> None:
    row = WorstRow(id="UA 12", label=1, candidate=0.1, champion=None)
    seen = known(basis="alone", worst_rows={"all": (row,)})
    report = judge([Floor(metric="auc", at_least=0.4)], seen.model_copy(update={"candidate": {"auc": 0.7}}), AS_OF)
    page = review(ReviewFacts(model="m", made=SAME, before=None, waits="", answer=()), report)
    assert "## Edge cases: the rows it missed by most\n" in page
    assert "| no gate failed | UA 12 | 1 | 0.1000 | none |" in page


def test_a_gates_question_is_kept_with_its_answer() -> None:
    (result, *_) = judge([Segments(metric="auc", not_worse_by=0.03)], known({"auc": comparison(0.0)}), AS_OF).results
    assert result.question == "auc must not be worse than the champion's by more than 0.03 in any segment"


def test_the_interval_that_was_judged_is_kept() -> None:
    seen = known({"auc": comparison(-0.2, 0.002)}, segments={"origin=JFK": {"auc": comparison(0.1, 0.01)}})
    report = judge([AgainstChampion(metric="auc", not_worse_by=0.01), Segments(metric="auc")], seen, AS_OF)
    for result in report.results:
        assert result.value is not None
        assert result.low is not None
        assert result.high is not None
        assert result.low < result.value < result.high
        assert (result.low + result.high) / 2 == pytest.approx(result.value)


class TestThePage:
    def test_a_table_and_its_verdicts_are_marked(self) -> None:
        text = f"# A card\n\n{markdown_table(('gate', 'verdict'), [('a', 'passed'), ('b', 'failed, shown only')])}\n"
        page = card_page(text, title="t")
        assert '<td class="passed">passed</td>' in page
        assert '<td class="failed">failed, shown only</td>' in page
        assert "<h1>A card</h1>" in page

    def test_html_of_a_reason_is_shown_not_obeyed(self) -> None:
        page = card_page("- because <script>alert(1)</script>", title="<b>")
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "<title>&lt;b&gt;</title>" in page

    def test_pictures_stand_in_the_page_itself(self) -> None:
        page = card_page("# x", title="t", pictures={"ROC": "data:image/svg+xml;base64,AAAA"})
        assert '<img alt="ROC" src="data:image/svg+xml;base64,AAAA">' in page
        with pytest.raises(ValueError, match="must begin with data:image/"):
            card_page("# x", title="t", pictures={"ROC": "elsewhere/roc.png"})
        assert "Plots" not in card_page("# x", title="t")


def test_why_it_did_not_pass_and_which_cases_broke_stand_before_the_reviewer() -> None:
    case = Case(id="JFK to LAX", said="scored 0.9, must be at most 0.5")
    report = judge([Floor(metric="auc", at_least=0.9)], known({"auc": comparison(0.0)}), AS_OF)
    broken = report.results[0].model_copy(update={"cases": (case,)})
    cause = Cause(kind="data", sentence="too few new rows")
    report = report.model_copy(update={"results": (broken,), "causes": (cause,)})
    page = review(ReviewFacts(model="m", made=SAME, before=BEFORE, waits=""), report)
    assert "- data: too few new rows" in page
    assert "| floor auc | JFK to LAX | scored 0.9, must be at most 0.5 |" in page
