"""The measured drift time, and the cadence that is recommended by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from retrain_platform.drawing import WIDTH
from retrain_platform.policy import Policy, SchedulePolicy
from retrain_platform.replay.cadence import cadences
from retrain_platform.replay.drift_plot import AGES, drift_plot
from retrain_platform.replay.drift_time import MEASURABLE, DriftTime, cadence_of, drift_time
from retrain_platform.replay.matrix import Matrix
from retrain_platform.replay.page import page
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import Cadence
from retrain_platform.replay.road import Road
from retrain_platform.replay.rules import Rules
from retrain_platform_tests.replay.pasts import ALL, DAY, GivenPast, Strategy, matrix, setting

BASE = 0.3


def opening(slope: float, noise: float, seed: int = 1, count: int = 45) -> Matrix:
    """Models that fall behind a fresh one by `slope` each period; their own worth and what they meet is drawn."""
    rng = np.random.default_rng(seed)
    model, met, week = rng.normal(0, noise / 3, count), rng.normal(0, noise, (count, count)), rng.normal(0, 0.05, count)

    def loss(first: int, last: int, period: int) -> float:
        return float(BASE + slope * (period - last - 1) + model[last] + met[last, period] + week[period])

    return matrix(GivenPast(loss, count))


def of(made: Matrix, **more: Any) -> Cadence:
    [found] = cadences(setting(made)._replace(road=Road(made, **more)), 0.1, "week")
    return found


@pytest.mark.parametrize(("slope", "age"), [(0.0015, 4), (0.0021, 3), (0.0059, 2), (0.0061, 1)])
def test_without_noise_it_is_the_first_age_at_which_the_gap_is_measurable(slope: float, age: int) -> None:
    made = matrix(GivenPast(lambda first, last, period: BASE + slope * (period - last - 1), 30))
    found = drift_time(Road(made))
    assert found.measurable == pytest.approx(MEASURABLE * BASE)
    assert (found.periods, found.low, found.high) == (age, age, age)
    assert [each.gap for each in found.behind] == pytest.approx([slope * each.age for each in found.behind])
    # Of 29 scored periods each age more leaves one fewer; 8 are needed for an interval.
    assert [each.cuts for each in found.behind] == list(range(28, 7, -1))


@pytest.mark.parametrize(("slope", "age"), [(0.001, 6), (0.003, 2)])
def test_a_gap_that_opens_is_found_near_its_age_and_within_its_bounds(slope: float, age: int) -> None:
    held = []
    for seed in range(12):
        found = drift_time(Road(opening(slope, 0.01, seed)))
        assert found.periods is not None
        assert found.low is not None
        assert found.low <= found.periods
        held.append(found.low <= age and (found.high is None or age <= found.high))
        assert abs(found.periods - age) <= max(1, age)
    assert sum(held) >= 11


def test_where_no_model_falls_behind_hardly_any_history_finds_a_time() -> None:
    found = [drift_time(Road(opening(0.0, noise, seed))).periods for noise in (0.003, 0.01) for seed in range(20)]
    assert sum(each is not None for each in found) <= 3


def test_one_age_alone_is_no_drift_time() -> None:
    made = matrix(GivenPast(lambda first, last, period: BASE + 0.02 * (period - last == 5), 30))
    found = drift_time(Road(made))
    assert found.behind[3].gap > found.measurable
    assert found.periods is None


def test_more_of_the_same_history_does_not_shorten_it() -> None:
    """It is a size, not a significance: any drift would be told after one period of a history that is long enough."""
    short, long = (drift_time(Road(opening(0.0017, 0.002, count=count))) for count in (30, 120))
    assert (short.periods, long.periods) == (4, 4)


def test_it_is_of_models_that_the_road_could_have_had() -> None:
    made = opening(0.0035, 0.0)
    late = drift_time(Road(made, start=5, delay=2))
    assert late.behind[0].cuts == 45 - (5 + 2) - 1
    assert late.behind[0].gap == pytest.approx(0.0035)
    assert late.periods == 2


def test_later_periods_have_no_say_in_what_is_measured_until_a_period() -> None:
    losses = opening(0.002, 0.01).loss[0]
    after = np.where(np.arange(45)[None, :] >= 30, 1 - losses, losses)
    other = matrix(GivenPast(lambda first, last, period: float(after[last, period]), 45))
    assert drift_time(Road(opening(0.002, 0.01)), 30) == drift_time(Road(other), 30)


def test_a_period_that_is_not_judged_counts_for_nobody() -> None:
    made = matrix(GivenPast(lambda f, last, p: float("nan") if p == 9 else BASE + 0.004 * (p - last - 1), 25))
    found = drift_time(Road(made))
    assert (found.periods, found.behind[0].cuts) == (2, 22)
    # Also where one model alone cannot be judged there: nobody else may gain or lose by it.
    only = matrix(GivenPast(lambda f, last, p: float("nan") if (last, p) == (7, 9) else BASE, 25))
    assert [each.cuts for each in drift_time(Road(only)).behind[:3]] == [22, 21, 20]


def told(periods: int | None) -> DriftTime:
    return DriftTime(measurable=0.01, periods=periods, low=1, high=None, behind=())


@pytest.mark.parametrize(("periods", "cadence"), [(1, 2), (4, 5), (10, 11), (11, 13), (30, 33)])
def test_the_cadence_is_a_little_longer(periods: int, cadence: int) -> None:
    assert cadence_of(Road(opening(0, 0)), told(periods)) == cadence
    assert cadence_of(Road(opening(0, 0)), told(None)) is None


@pytest.mark.parametrize("delay", [0, 1, 3, 7])
@pytest.mark.parametrize("rules", [Rules(), Rules(takes=2), Rules(shares=(0.0, 0.5), bake=1)])
def test_it_is_never_under_the_label_delay_nor_under_a_release(delay: int, rules: Rules) -> None:
    road = Road(opening(0, 0), delay=delay, rules=rules)
    found = cadence_of(road, told(1))
    assert found is not None
    assert found >= max(2, delay)
    # A retrain every so many periods never waits for the one before it.
    ats = [each.at for each in road.every(found, 0.1).retrains]
    assert set(np.diff(ats)) <= {found}
    assert ats[0] == road.first + found


def test_it_is_said_in_one_sentence_with_its_line_of_a_spec() -> None:
    found = of(opening(0.0035, 0.0))
    assert found.cadence == 3
    assert found.policy == {"kind": "schedule", "every": "3d"}
    assert found.sentence.startswith(
        "a model loses 2% more than a fresh one once it is 2 weeks older (2 to 2, 42 cuts): by that alone retrain "
        "every 3 weeks; told by the first half alone, every 3 weeks, it came at a cost of 0.1 to "
    )
    parsed = TypeAdapter(Policy).validate_python(yaml.safe_load(yaml.safe_dump(found.policy)))
    assert parsed == SchedulePolicy(every=3 * timedelta(days=1))


def test_what_the_first_half_tells_is_tried_on_the_second() -> None:
    """The gap opens three times as fast later on: the first half's cadence is too long there, and told as it came."""

    def loss(first: int, last: int, period: int) -> float:
        return BASE + (0.002 if period <= 22 else 0.006) * (period - last - 1)

    made = matrix(GivenPast(loss, 45))
    found, road = of(made), Road(made)
    assert found.tried is not None
    assert found.tried.cadence == cadence_of(road, drift_time(road, road.middle)) == 4
    way = road.every(4, 0.1)
    later = [each for each in way.retrains if each.at >= road.middle]
    assert found.tried.total == pytest.approx(np.nansum(way.losses[road.middle :]) + 0.1 * len(later))
    assert found.tried.best_fixed_total <= found.tried.total < found.tried.never_total
    assert found.cadence == 3


def test_labels_and_releases_that_take_longer_are_named() -> None:
    found = of(opening(0.009, 0.0), delay=6)
    assert (found.drift.periods, found.cadence) == (1, 6)
    assert "retrain every 6 weeks, for labels and a release take so long" in found.sentence


def test_where_retraining_is_hardly_worth_buying_no_cadence_is_recommended() -> None:
    """A fresh model is better for a while, and that is all that there is to gain."""
    made = matrix(GivenPast(lambda first, last, period: BASE + 0.01 * (period - last > 2), 45))
    found = of(made)
    assert (found.drift.periods, found.cadence, found.policy) == (2, None, None)
    assert found.sentence == (
        "a model loses 2% more than a fresh one once it is 2 weeks older (2 to 2, 42 cuts), but retraining is hardly "
        "worth buying here: no cadence is recommended"
    )


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            opening(0.0, 0.0),
            "a model loses no 2% more than a fresh one even when it is 36 weeks older: drift asks for no",
        ),
        (
            opening(0.0, 0.02),
            "at what age a model loses 2% more than a fresh one cannot be told from chance, up to 36 weeks",
        ),
        (opening(0.01, 0.0, count=8), "how long a model lasts cannot be measured: too few weeks are judged for it"),
    ],
)
def test_where_none_is_measured_nothing_is_recommended(made: Matrix, sentence: str) -> None:
    found = of(made)
    assert (found.cadence, found.policy, found.tried) == (None, None, None)
    assert found.sentence.startswith(sentence)


def test_each_strategy_has_its_own_and_all_are_in_the_report() -> None:
    def loss(first: int, last: int, period: int) -> float:
        return BASE + (0.0035 if first else 0.0021) * (period - last - 1)

    made = matrix(GivenPast(loss, 45), Strategy(name="newest 1", window=1), ALL)
    of_both: Setting = setting(made)
    report = replay("a table", of_both, [], (0.05, 0.1, 0.2), "week")
    assert [(each.strategy, each.cadence) for each in report.cadences] == [("newest 1", 3), ("all the past", 4)]
    assert report.cadences == cadences(of_both, 0.1, "week")
    assert "a model (newest 1) loses 2% more" in report.cadences[0].sentence
    shown = page(report)
    for each in report.cadences:
        assert f"{each.sentence[1:].partition(' (')[0]}" in shown
    assert "<pre>{kind: schedule, every: 3d}</pre>" in shown
    assert of_both.length == DAY


def marked(slope: float, count: int = 45, **more: Any) -> tuple[Cadence, ET.Element]:
    made = opening(slope, 0.002, count=count)
    report = replay("a table", setting(made)._replace(road=Road(made, **more)), [], (0.1,), "week")
    [found] = report.cadences
    return found, ET.fromstring(drift_plot(report, found))


def texts(plot: ET.Element, tag: str) -> list[str]:
    return [each.text or "" for each in plot.iter(f"{{http://www.w3.org/2000/svg}}{tag}")]


def test_the_plot_marks_the_drift_time_the_cadence_and_every_age_that_it_shows() -> None:
    found, plot = marked(0.0035)
    assert (found.drift.periods, found.cadence) == (2, 3)
    said = texts(plot, "text")
    assert f"drift time 2 ({found.drift.low} to {found.drift.high})" in said
    assert "retrain every 3 weeks" in said
    assert "2% of a fresh model's loss: measurable from here on" in said
    told = texts(plot, "title")
    assert len(told) == AGES < len(found.drift.behind)
    for one, text in zip(found.drift.behind, told, strict=False):
        assert f"{one.gap:+.4f} ({one.low:+.4f} to {one.high:+.4f}, 95%), {one.cuts} cuts" in text


def test_a_plot_without_a_drift_time_marks_none_and_one_without_ages_is_empty() -> None:
    found, plot = marked(0.0)
    assert found.drift.periods is None
    assert not [text for text in texts(plot, "text") if text.startswith(("drift time", "retrain "))]
    made = opening(0.01, 0.0, count=8)
    report = replay("a table", setting(made), [], (0.1,), "week")
    assert drift_plot(report, report.cadences[0]) == ""


def test_a_cadence_beyond_half_of_the_ages_is_drawn_within_the_sheet() -> None:
    """Labels that come late make the cadence longer than any age that a fresh model's successor is seen at."""
    found, plot = marked(0.009, count=32, delay=14)
    assert found.cadence == 14 > len(found.drift.behind)
    lines = [each.get("d", "") for each in plot.iter("{http://www.w3.org/2000/svg}path")]
    across = [float(number) for line in lines for number in re.findall(r"[ML]([\d.]+) ", line)]
    assert max(across) <= WIDTH
    assert "retrain every 14 weeks" in texts(plot, "text")
