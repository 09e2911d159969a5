"""Detectors of drift, walked as policies are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from retrain_platform.adapters.error_detectors import NAMES, error_detectors
from retrain_platform.replay.alarms import LIMITS, TUNED, alarmed, tuned
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import Matrix
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.report import replay
from retrain_platform.replay.rules import Beside, Margin, Rules, Ruling
from retrain_platform.replay.walked import detected
from retrain_platform.stats.loss_alarms import Cusum, Detector
from retrain_platform_tests.replay.pasts import GivenPast, drawn, matrix, setting

DETECTORS = (Detector("sum", lambda: Cusum(8.0)), *error_detectors())


def shifting(seed: int = 3, at: int = 12, count: int = 24, worse: float = 0.6) -> Setting:
    """A model that was trained before the period `at` is worse from then on, until one has learned of it."""
    noise = np.random.default_rng(seed).normal(0, 0.01, (count, count))

    def loss(first: int, last: int, period: int) -> float:
        return 0.2 + (worse if last < at <= period else 0.0) + float(noise[last, period])

    return setting(matrix(GivenPast(loss, count, rows=(400,) * count)))


def later_changed(made: Matrix, place: int) -> Matrix:
    losses = made.loss.copy()
    losses[:, :, place + 1 :] = 1 - losses[:, :, place + 1 :]
    return replace(made, loss=losses)


def test_every_detector_of_river_is_there() -> None:
    assert {each.name for each in error_detectors()} == set(NAMES)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.name)
def test_a_sudden_rise_is_met_by_a_retrain_soon_and_a_reason_is_given(detector: Detector) -> None:
    walked = alarmed(detector, shifting())
    after = [each.at for each in walked.way.retrains if each.at >= 12]
    assert after
    assert after[0] <= 15
    assert all(said.reason for said in walked.said if said.action.retrains)
    assert not any(said.reason for said in walked.said if not said.action.retrains)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda each: each.name)
def test_what_comes_later_changes_no_alarm(detector: Detector) -> None:
    made = drawn(7)
    whole = alarmed(detector, setting(made)).said
    for place in (3, 6, 9):
        other = alarmed(detector, setting(later_changed(made, place))).said
        known = sum(period <= place for period in setting(made).road.decisions)
        assert other[:known] == whole[:known]


def test_labels_that_come_late_are_seen_late() -> None:
    on = shifting()
    early, late = (alarmed(DETECTORS[0], on._replace(road=on.road._replace(delay=delay))) for delay in (0, 2))
    first = [min(each.at for each in found.way.retrains if each.at >= 12) for found in (early, late)]
    assert first[1] == first[0] + 2


def test_no_alarm_is_raised_by_the_model_before() -> None:
    found = alarmed(DETECTORS[0], shifting())
    retrains = [each.at for each in found.way.retrains if each.at >= 12]
    assert len(retrains) <= 2, "the new model's losses are as low as before: nothing is left to alarm about"


def test_the_sum_is_tuned_on_the_first_half_alone() -> None:
    on = shifting()
    middle = on.road.middle
    ways = [each.way for each in tuned(on, (0.0, 0.1, 5.0))]
    other = on._replace(road=on.road._replace(matrix=later_changed(on.road.matrix, middle - 1)))
    for mine, theirs in zip(ways, tuned(other, (0.0, 0.1, 5.0)), strict=True):
        early = [[each.at for each in way.retrains if each.at < middle] for way in (mine, theirs.way)]
        assert early[0] == early[1]


def test_the_tuned_sum_is_the_cheapest_of_its_limits_where_both_halves_are_judged_as_one() -> None:
    on = shifting(at=6)
    (way,) = [each.way for each in tuned(on, (0.1,))]
    middle = on.road.middle

    def early(limit: float) -> float:
        found = alarmed(Detector("one", lambda: Cusum(limit)), on).way
        return float(np.nansum(found.losses[:middle])) + 0.1 * sum(each.at < middle for each in found.retrains)

    chosen = float(np.nansum(way.losses[:middle])) + 0.1 * sum(each.at < middle for each in way.retrains)
    assert chosen == pytest.approx(min(early(limit) for limit in LIMITS))


def test_single_errors_are_watched_only_where_a_loss_counts_them() -> None:
    on = shifting()._replace(detectors=error_detectors())
    told = [{each.name for each in at} for at in detected(on, (0.1,), lambda _: None)]
    assert told == [{TUNED, *NAMES}]
    other = on._replace(loss=Loss("auc", True))
    assert [{each.name for each in at} for at in detected(other, (0.1,), lambda _: None)] == [{TUNED}]


def test_a_report_shows_them_and_recommends_none() -> None:
    report = replay("t", shifting()._replace(detectors=error_detectors()), (), (0.0, 0.1), "day")
    kinds = {each.name: each.kind for each in report.policies}
    assert {name for name, kind in kinds.items() if kind == "detector"} == {TUNED, *NAMES}
    assert {each.name for each in report.frontier if each.kind == "detector"} == {TUNED, *NAMES}
    assert all(kinds[each.name] in ("never", "fixed", "policy") for each in report.recommended)


def test_a_period_of_many_rows_is_shown_by_a_sample_with_its_share_of_errors() -> None:
    (ddm,) = (each for each in error_detectors() if each.name == "DDM")
    watch = ddm.watch()
    watch.begin()
    said = [watch.alarms(loss, 5_000_000) for loss in (0.1, 0.1, 0.6)]
    assert said[:2] == ["", ""]
    assert said[2].endswith("of 1000 rows, of which 600 were wrong")


def test_an_alarm_waits_while_a_release_is_open_and_stays_with_its_champion() -> None:
    on = shifting()
    slow = on._replace(road=on.road._replace(rules=Rules(takes=1, shares=(0.0, 0.5))))
    walked = alarmed(Detector("sum", lambda: Cusum(0.5)), slow)
    assert set(walked.way.outcomes) <= {"serves", "on its way"}
    refused = slow._replace(road=slow.road._replace(rules=Rules(takes=2, gate=Refuses())))
    tried = [each.at for each in alarmed(Detector("sum", lambda: Cusum(0.5)), refused).way.retrains if each.at >= 12]
    assert len(tried) > 1
    assert all(later - before >= 2 for before, later in pairwise(tried)), "no two trainings beside each other"


class Refuses(Margin):
    """A gate that nothing passes."""

    worse_by: float = 0.0

    def ruling(self, beside: Beside) -> Ruling:
        return Ruling("worse", "it is not wanted")
