"""The page of a replay: what stands in it, that it needs nothing else, and what its plots draw."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from retrain_platform.policy import FloorPolicy, SchedulePolicy, StalenessPolicy
from retrain_platform.replay.course_plot import course_plot
from retrain_platform.replay.frontier_plot import frontier_plot
from retrain_platform.replay.page import page
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.rules import Margin, Rules
from retrain_platform.replay.walked import Named
from retrain_platform.replay.wording import BECAME
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting

COSTS = (0.01, 0.1, 0.5)
SVG = "{http://www.w3.org/2000/svg}"


def replayed(made: Any = None, **more: Any) -> ReplayReport:
    ours = [
        Named("staleness", StalenessPolicy(metric="accuracy")),
        Named("floor <b>", FloorPolicy(metric="accuracy", at_least=0.4, confirmed=False)),
    ]
    return replay("data/a <table>.csv", setting(made or drawn(4, count=18)), ours, COSTS, "batch", **more)


@pytest.fixture(scope="module")
def report() -> ReplayReport:
    return replayed()


def titles(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}title")]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_it_needs_nothing_else_and_runs_nothing(report: ReplayReport) -> None:
    tags = Tags()
    tags.feed(page(report))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags.found}
    assert all("href" not in given and "src" not in given for _, given in tags.found)
    assert not re.findall(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page(report))


def test_it_has_a_sheet_for_each_cost_of_which_one_is_seen(report: ReplayReport) -> None:
    tags = Tags()
    tags.feed(page(report))
    buttons = [given for tag, given in tags.found if tag == "input"]
    assert [given["id"] for given in buttons] == ["cost0", "cost1", "cost2"]
    assert ["checked" in given for given in buttons] == [False, True, False]
    sheets = [given["class"] for tag, given in tags.found if tag == "section"]
    assert sheets == ["sheet of0", "sheet of1", "sheet of2"]
    for place in range(3):
        assert f"#cost{place}:checked~.sheet.of{place}" in page(report)


def test_it_says_what_the_report_says_and_nobodys_name_is_markup(report: ReplayReport) -> None:
    made = page(report)
    assert "Which policy would have paid on a &lt;table&gt;.csv?" in made
    assert "<table>.csv" not in made
    assert "floor <b>" not in made
    for each in report.recommended:
        assert f"gave accuracy {each.metric:.3f} with" in made
    for cost in COSTS:
        for each in report.shown(cost):
            assert f"<td class=n>{each.total:.3f}" in made
    assert "kind: " in made
    [best] = [each for each in report.at(0.1) if each.best_in_hindsight]
    [ours] = [each for each in report.at(0.1) if each.name == "staleness"]
    assert f"how many retrains fewer than {best.name}" in made
    assert f"<td class=n>{ours.retrains}<td class=n>{best.retrains - ours.retrains:+d}<td" in made


def test_every_retrain_is_a_mark_with_its_reason(report: ReplayReport) -> None:
    for cost in COSTS:
        told = titles(course_plot(report, cost))
        for each in report.shown(cost):
            if each.kind == "policy":
                for one in each.decisions:
                    assert f"after {one.period}: {one.reason}" in told
        best = next(each for each in report.at(cost) if each.kind == "oracle")
        assert sum(f"after {one.period}" in told for one in best.decisions) == best.retrains


def test_a_retrain_of_which_no_model_came_says_so() -> None:
    made = replayed(matrix(GivenPast(by_age(), 18, untrainable=[4])))
    told = titles(course_plot(made, 0.01))
    assert any(each.startswith("after 2024-01-05") and each.endswith("no model came of it") for each in told)
    assert "(no model came of it)" in page(made)


def test_what_became_of_a_release_and_what_practice_costs_are_told() -> None:
    rules = Rules(takes=1, shares=(0.5,), gate=Margin(worse_by=0.05), bake=1, watch=Margin(worse_by=0.1))
    on = setting(drawn(5, count=24), delay=1)
    ours = [Named("often", SchedulePolicy(every="2d"))]
    made = replay("a table", on._replace(road=on.road._replace(rules=rules)), ours, COSTS, "day")
    [often] = [each for each in made.at(0.1) if each.name == "often"]
    outcomes = {one.outcome for one in often.decisions}
    assert len(outcomes - {"serves"}) > 1
    told = titles(course_plot(made, 0.1))
    for one in often.decisions:
        became = "" if one.outcome == "serves" else f"; {BECAME[one.outcome]}"
        assert f"after {one.period}: {one.reason}{became}" in told
    text = page(made)
    [late] = [each for each in made.effects if (each.policy, each.cost, each.effect) == ("often", 0.1, "labels")]
    assert f"<td class=n>{late.costs:+.3f}" in text


def test_the_frontier_tells_each_mark(report: ReplayReport) -> None:
    told = titles(frontier_plot(report))
    for line in report.frontier[:-1]:
        for point in line.points:
            assert any(each.startswith(f"{point.name}") and f"loss {point.loss:.3f}" in each for each in told)
    assert any(each.startswith("staleness at a cost of 0.5: ") for each in told)


def heights(svg: str, dash: str | None) -> list[list[tuple[float, float]]]:
    """The lines of a plot, as points."""
    paths = [each for each in ET.fromstring(svg).iter(f"{SVG}path") if each.get("stroke-dasharray") == dash]
    return [[tuple(map(float, part.split())) for part in re.split("[ML]", each.get("d", ""))[1:]] for each in paths]  # type: ignore[misc]


def test_no_mark_lies_under_the_edge_of_what_is_possible(report: ReplayReport) -> None:
    plot = frontier_plot(report)
    [edge] = [line for line in heights(plot, "5 3") if len(line) > 2]
    for mark in ET.fromstring(plot).iter(f"{SVG}circle"):
        x, y = float(mark.get("cx", 0)), float(mark.get("cy", 0))
        if y > 20:  # the key is above the plot
            assert y <= max(b for a, b in edge if a <= x + 0.1) + 0.2


def test_periods_that_are_not_judged_are_grey_and_break_no_page() -> None:
    gap = GivenPast(
        lambda first, last, period: float("nan") if period == 7 else 0.3, 14, rows=[*[100] * 5, 0, *[100] * 8]
    )
    made = replayed(matrix(gap))
    told = titles(course_plot(made, 0.1))
    keys = [each.key for each in made.periods]
    assert {f"{keys[place]} is not judged" for place in (0, 5, 7)} <= set(told)
    assert "nan" not in page(made)


@pytest.mark.parametrize("count", [3, 4])
def test_the_shortest_history_has_a_page(count: int) -> None:
    made = replayed(matrix(GivenPast(by_age(), count)), notes=["a note"])
    assert "A note." in page(made)
    assert "nan" not in page(made)
    assert "inf" not in page(made)
