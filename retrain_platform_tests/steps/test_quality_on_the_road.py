"""Concept, estimates, the control set and detectors from outside, on a road that is walked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.reports import PerformanceReport
from retrain_platform.policy.decide import decide
from retrain_platform.replay.walk import walk
from retrain_platform.steps.monitoring.ripening import perform
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import START, Places, Rows, rows, tiny_spec

DAYS, TURN = 58, 42
POLICIES: list[dict[str, Any]] = [
    {"kind": "schedule", "every": "100d"},
    {"kind": "concept_drift", "features": ["shop"], "over": 0.1, "dwell": "2d", "action": "watch"},
    {"kind": "calibration", "slope_over": 0.3, "dwell": "2d", "action": "watch"},
    {"kind": "error_stream", "false_alarm_every": "100d", "action": "watch"},
    {"kind": "error_stream", "detector": "adwin", "action": "watch"},
    {"kind": "estimate", "metric": "auc", "falls_by": 0.05},
    {"kind": "performance", "metric": "auc", "falls_by": 0.05, "dwell": "2d", "segments": ["shop"], "action": "watch"},
]
SPEC = tiny_spec(policy={"kind": "any_of", "policies": POLICIES}, label={"column": "bad", "delay": "30h"})
CONTROL = rows(SPEC.period.at(0), 80)


def turned(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """From day `TURN` on the shop means the opposite, and all else is as it was."""
    if (period.start - START).days < TURN:
        return frame
    north, x = (frame["shop"] == "north").to_numpy(), frame["x"].to_numpy()
    noise = np.random.default_rng((period.start - START).days + 1000).normal(size=len(frame))
    return frame.assign(bad=(x + 1.5 * ~north - 0.5 * north + noise > 0.3).astype(float))


def says_twelve(detector: str, settings: Mapping[str, float], deviates: np.ndarray) -> list[int]:
    return [12] if len(deviates) > 12 else []


@pytest.fixture(scope="module")
def shop() -> Workshop:
    made = replace(Places().shop(SPEC, Rows(DAYS, turned)), control=lambda: CONTROL, detect=says_twelve)
    for _ in walk(made):
        pass
    return made


def reports(shop: Workshop) -> dict[str, PerformanceReport]:
    return shop.values.all(shop.model, "performance_report", PerformanceReport)


def findings(shop: Workshop, day: int) -> dict[str, Any]:
    known = history(shop, SPEC.period.at(day))
    own = decide(SPEC.policy, known).finding.parts[0]
    return {f"{part.trigger} {place}": part for place, part in enumerate(own.parts)}


class TestConcept:
    def test_each_ripe_day_of_the_champion_has_its_errors_and_a_week_is_compared_with_three(
        self, shop: Workshop
    ) -> None:
        told = [each for report in reports(shop).values() for each in report.concept]
        assert [len(each.days) for each in told] == [1] * len(told)
        assert len({each.period for each in told}) == len(told)
        compared = [each for each in told if not each.why]
        assert compared
        assert {(len(each.newest), len(each.proven)) for each in compared} == {(7, 21)}

    def test_a_relation_that_turned_is_found_and_not_before(self, shop: Workshop) -> None:
        before, after = findings(shop, TURN), findings(shop, DAYS - 1)
        assert before["concept_drift 1"].verdict == "quiet"
        assert after["concept_drift 1"].verdict == "fired"
        assert "the label's relation to shop" in after["concept_drift 1"].sentence

    def test_the_loss_rose_and_the_sum_saw_it(self, shop: Workshop) -> None:
        assert findings(shop, TURN)["error_stream 3"].verdict == "quiet"
        assert findings(shop, DAYS - 1)["error_stream 3"].verdict == "fired"

    def test_a_detector_from_outside_is_asked_and_its_day_named(self, shop: Workshop) -> None:
        known = history(shop, SPEC.period.at(DAYS - 1))
        days = [day.day for each in known.concept for day in each.days]
        assert known.detected[0].alarms == (days[12],)
        assert findings(shop, DAYS - 1)["error_stream 4"].verdict == "quiet"

    def test_a_segment_is_judged_by_itself(self, shop: Workshop) -> None:
        found = findings(shop, DAYS - 1)["performance 6"]
        assert [part.trigger for part in found.parts] == ["performance shop = north", "performance shop = south"]


class TestEstimates:
    def test_are_made_once_a_day_before_its_labels_and_checked_when_they_come(self, shop: Workshop) -> None:
        made = [each for report in reports(shop).values() for each in report.estimated]
        valued = [each for each in made if each.metrics["auc"].value is not None]
        assert len({each.period for each in valued}) == len(valued) > 20
        checked = {each.period: each for report in reports(shop).values() for each in report.checked}
        for each in valued:
            if each.period in checked:
                assert checked[each.period].metrics["auc"].estimated == each.metrics["auc"].value
                assert checked[each.period].as_of > each.as_of

    def test_are_never_among_what_was_measured(self, shop: Workshop) -> None:
        for report in reports(shop).values():
            waiting = {each.period for each in report.measured if not each.ripe}
            assert {each.period for each in report.estimated} <= waiting

    def test_a_changed_concept_proves_them_biased_and_switches_them_off_for_good(self, shop: Workshop) -> None:
        newest = reports(shop)[SPEC.period.at(DAYS - 1).key].estimated
        assert len(newest) == 1
        assert newest[0].metrics["log_loss"].value is None
        assert "what came true was higher than estimated" in newest[0].metrics["log_loss"].why


class TestControl:
    def test_the_same_version_answers_the_same(self, shop: Workshop) -> None:
        answers = [report.control for report in reports(shop).values() if report.control is not None]
        assert len(answers) > 30
        assert {(each.rows, each.changed, each.why) for each in answers} == {(80, 0, "")}
        assert answers[-1].metrics["auc"] is not None
        assert not [entry for entry in shop.entries() if entry.body.get("kind") == "control"]

    def test_its_first_answers_are_those_of_where_it_was_trained(self, shop: Workshop) -> None:
        trained = next(entry.body["period"] for entry in shop.entries() if entry.kind == "retrained")
        answers = [report.control for report in reports(shop).values() if report.control is not None]
        assert answers[0].first_asked == trained

    def test_a_model_that_answers_otherwise_is_an_incident(self) -> None:
        places = Places()
        spec = tiny_spec()
        first = replace(places.shop(spec, Rows(6)), control=lambda: CONTROL)
        for _ in walk(first):
            pass
        later = replace(places.shop(spec, Rows(8)), control=lambda: CONTROL)
        version = later.state().champion
        assert version is not None
        later.loaded[version] = Crooked(later.fitted(version))
        for _ in walk(later):
            pass
        said = [entry for entry in later.entries() if entry.body.get("kind") == "control"]
        assert said
        assert f"version {version} no longer answers as it did: 80 of 80 scores" in said[0].why

    @pytest.mark.parametrize("control", ["another", "narrow"])
    def test_another_table_or_one_that_cannot_be_scored_is_told(self, control: str) -> None:
        places = Places()
        for _ in walk(replace(places.shop(tiny_spec(), Rows(6)), control=lambda: CONTROL)):
            pass
        table = CONTROL.head(50) if control == "another" else CONTROL[["shop"]]
        later = replace(places.shop(tiny_spec(), Rows(7)), control=lambda: table)
        for _ in walk(later):
            pass
        answer = reports(later)[max(reports(later))].control
        assert answer is not None
        expected = "the control set is not the one of" if control == "another" else "could not be asked: "
        assert answer.why.startswith(expected)
        assert any(entry.body.get("kind") == "control" for entry in later.entries())


class Crooked:
    """A model that says a little more than it should."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.report = inner, inner.report

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        return np.clip(self._inner.score(frame) + 1e-6, 0, 1)


def test_measuring_a_period_again_gives_the_same_report(shop: Workshop) -> None:
    for day in (20, 35, DAYS - 1):
        period = SPEC.period.at(day)
        before = reports(shop)[period.key]
        assert perform(shop, period) == before
