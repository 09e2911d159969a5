"""Floors, the champion, catastrophes: verdicts, limits, and how often they err."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import t as student

from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation import AgainstChampion, Catastrophic, Floor
from retrain_platform.validation.base import WorstRow
from retrain_platform_tests.validation.exams import DAYS, comparison, known, measured, rows


def reach(error: float, look: int = 1) -> float:
    """The half width that a gate of confidence .95 must have."""
    return float(student.ppf((1 + look_confidence(0.95, look)) / 2, DAYS - 1)) * error


def resolved(error: float, look: int = 1) -> float:
    """The margin that it can decide: there an equal model passes nine times in ten."""
    return reach(error, look) + float(student.ppf(0.9, DAYS - 1)) * error


@pytest.mark.parametrize(("value", "verdict"), [(0.61, "passed"), (0.60, "passed"), (0.599, "failed")])
def test_a_floor_holds_at_its_limit(value: float, verdict: str) -> None:
    result = Floor(metric="auc", at_least=0.60).judge(known(candidate={"auc": value}))[0]
    assert (result.verdict, result.value, result.limit) == (verdict, value, 0.60)
    assert "must be at least 0.6" in result.sentence


@pytest.mark.parametrize(("value", "verdict"), [(0.0, "passed"), (25.0, "passed"), (25.1, "failed")])
def test_a_ceiling_holds_at_its_limit(value: float, verdict: str) -> None:
    assert Floor(metric="rmse", at_most=25).judge(known(candidate={"rmse": value}))[0].verdict == verdict


@pytest.mark.parametrize("limits", [{}, {"at_most": 0.6}, {"at_least": 0.6, "at_most": 0.7}])
def test_a_floor_has_one_limit_on_the_side_that_hurts(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="must be at_least alone"):
        Floor(metric="auc", **limits)


@pytest.mark.parametrize(
    ("difference", "error", "verdict"),
    [
        (0.0, 0.002, "passed"),
        (-0.012, 0.002, "failed"),
        (-0.012, 0.010, "cannot tell"),
        (-0.008, 0.002, "cannot tell"),
        (0.010, 0.020, "cannot tell"),
        (0.010, 0.0, "passed"),
    ],
)
def test_against_the_champion_by_point_and_interval(difference: float, error: float, verdict: str) -> None:
    gate = AgainstChampion(metric="auc", not_worse_by=0.01)
    result = gate.judge(known({"auc": comparison(difference, error)}))[0]
    assert (result.verdict, result.value, result.limit) == (verdict, difference, -0.01)
    assert result.resolves == pytest.approx(resolved(error))
    assert (result.low, result.high) == (
        pytest.approx(difference - reach(error)),
        pytest.approx(difference + reach(error)),
    )
    assert f"resolves {result.resolves:.4f}" in result.sentence
    assert "20000 rows, 14 days" in result.sentence


def test_the_verdict_turns_where_the_interval_touches_the_margin() -> None:
    gate = AgainstChampion(metric="auc", not_worse_by=0.01)
    edge = reach(0.002) - 0.01
    verdicts = [gate.judge(known({"auc": comparison(edge + step, 0.002)}))[0].verdict for step in (1e-9, -1e-9)]
    assert verdicts == ["passed", "cannot tell"]


def test_the_gate_takes_its_own_confidence_whatever_was_measured() -> None:
    gate = AgainstChampion(metric="auc", not_worse_by=0.01)
    for confidence in (0.8, 0.99):
        seen = comparison(0.0, 0.002, confidence=confidence, low=-1.0, high=1.0)
        assert gate.judge(known({"auc": seen}))[0].resolves == pytest.approx(resolved(0.002))


def test_the_nth_look_at_a_holdout_is_stricter() -> None:
    gate = AgainstChampion(metric="auc", not_worse_by=0.01)
    answers = [gate.judge(known({"auc": comparison(-0.001, 0.0025)}, looks=look))[0] for look in (1, 3)]
    assert [answer.verdict for answer in answers] == ["passed", "cannot tell"]
    assert answers[1].resolves == pytest.approx(resolved(0.0025, look=3))


@pytest.mark.parametrize(
    ("difference", "verdict"), [(2.0, "passed"), (1.0, "cannot tell"), (0.5, "failed"), (-2.0, "failed")]
)
def test_better_by_a_share_of_the_champions_error(difference: float, verdict: str) -> None:
    gate = AgainstChampion(metric="rmse", better_by=0.05, relative=True)
    seen = comparison(difference, 0.1, metric="rmse", candidate=20.0 - difference, champion=20.0)
    result = gate.judge(known({"rmse": seen}))[0]
    assert (result.verdict, result.limit) == (verdict, pytest.approx(1.0))


@pytest.mark.parametrize(("margins", "given"), [({}, "none"), ({"not_worse_by": 0.01, "better_by": 0.01}, "both")])
def test_against_the_champion_asks_one_thing(margins: dict[str, float], given: str) -> None:
    with pytest.raises(ValidationError, match=f"margin == {given}, must be one of not_worse_by, better_by"):
        AgainstChampion(metric="auc", **margins)


@pytest.mark.parametrize(
    ("metric", "difference", "champion", "verdict"),
    [
        ("auc", -0.049, 0.7, "passed"),
        ("auc", -0.051, 0.7, "failed"),
        ("rmse", -3.9, 20.0, "passed"),
        ("rmse", -4.1, 20.0, "failed"),
        ("log_loss", -0.12, 0.5, "failed"),
    ],
)
def test_no_metric_falls_off_a_cliff(metric: str, difference: float, champion: float, verdict: str) -> None:
    seen = known({metric: comparison(difference, 0.5, metric=metric, champion=champion)})
    assert [(r.gate, r.verdict) for r in Catastrophic().judge(seen)] == [(f"catastrophic {metric}", verdict)]


def test_a_catastrophe_in_any_metric_shows_and_in_an_unnamed_one_does_not() -> None:
    seen = known({"auc": comparison(0.01), "log_loss": comparison(-0.3, metric="log_loss")})
    assert [result.verdict for result in Catastrophic().judge(seen)] == ["passed", "failed"]
    assert [result.verdict for result in Catastrophic(metrics=("auc",)).judge(seen)] == ["passed"]


def test_a_failure_lists_the_rows_that_caused_it_and_a_pass_does_not() -> None:
    row = WorstRow(id="UA 12", label=1, candidate=0.1, champion=0.9)
    for difference, rows_shown in ((-0.06, (row,)), (0.0, ())):
        seen = known({"auc": comparison(difference)}, worst_rows={"all": (row,)})
        for gate in (AgainstChampion(metric="auc", not_worse_by=0.01), Catastrophic()):
            assert gate.judge(seen)[0].rows == rows_shown


def verdicts(*, candidate: float, margin: float, exams: int = 150) -> dict[str, float]:
    """How often each verdict falls over many exams of one pair of models."""
    gate = AgainstChampion(metric="auc", not_worse_by=margin)
    found = [
        gate.judge(measured(rows(seed, candidate=candidate), segments={}, metrics=["auc"]))[0].verdict
        for seed in range(exams)
    ]
    return {verdict: found.count(verdict) / exams for verdict in ("passed", "failed", "cannot tell")}


def test_an_equal_candidate_is_practically_never_failed_and_passes_a_margin_it_can_resolve() -> None:
    found = verdicts(candidate=1.0, margin=0.06)
    assert found["passed"] >= 0.9
    assert found["failed"] <= 0.025
    assert verdicts(candidate=1.0, margin=0.0)["failed"] <= 0.05


def test_a_candidate_worse_by_just_the_margin_passes_no_more_often_than_stated() -> None:
    sizes = [measured(rows(seed, candidate=0.6), segments={}).comparisons["auc"].difference for seed in range(150)]
    fall = -float(np.mean([size for size in sizes if size is not None]))
    assert fall > 0.02
    assert verdicts(candidate=0.6, margin=fall)["passed"] <= 0.05
