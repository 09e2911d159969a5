"""Groups beside each other and beside the champion's: fairlearn's values, our intervals, three outcomes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from pydantic import ValidationError

from retrain_platform.validation import Fairness
from retrain_platform.validation.base import GateResult, Measurements
from retrain_platform.validation.disparity import OF_NUMBERS, OF_RATES, Ask, Scored, disparities
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, known

DAYS, A_DAY = 28, 300


def treated(a: float = 0.0, *, before: float = 0.0, seed: int = 0, small: int = 0) -> tuple[Scored, np.ndarray]:
    """Scores in which group `a` is favoured by so much, the champion's by `before`; a third group of `small` rows."""
    random = np.random.default_rng(seed)
    count = DAYS * A_DAY
    group = random.choice(np.array(["a", "b"], dtype=object), count)
    group[random.permutation(count)[:small]] = "c"
    truth = random.normal(size=count)
    labels = (truth + random.normal(0, 0.5, count) > 0).astype(float)

    def scores(favour: float) -> np.ndarray:
        return 1 / (1 + np.exp(-(truth + favour * (group == "a") + random.normal(0, 0.5, count))))

    return Scored(labels, scores(a), scores(before), np.repeat(np.arange(DAYS), A_DAY)), group


def seen(rows: Scored, group: np.ndarray, ask: Ask, **options: Any) -> Measurements:
    return known(disparities=disparities(rows, {"group": group}, [ask], 50), **options)


def asked(gate: Fairness, rows: Scored, group: np.ndarray) -> list[GateResult]:
    return list(judge([gate], seen(rows, group, gate.ask), AS_OF).results)


def test_the_largest_difference_is_fairlearns() -> None:
    rows, group = treated(0.4)
    called = (rows.candidate >= 0.5).astype(int)
    expected = demographic_parity_difference(rows.labels.astype(int), called, sensitive_features=group.astype(str))
    [result] = asked(Fairness(by="group", measure="selection_rate"), rows, group)
    assert result.value == pytest.approx(expected)
    odds = max(asked(Fairness(by="group", measure=measure), rows, group)[0].value or 0 for measure in ("tpr", "fpr"))
    assert odds == pytest.approx(
        equalized_odds_difference(rows.labels.astype(int), called, sensitive_features=group.astype(str))
    )


@pytest.mark.parametrize("measure", [*OF_RATES, *OF_NUMBERS])
def test_every_measure_agrees_with_its_own_sums_by_day(measure: Any) -> None:
    """The values are fairlearn's, the errors ours: both are of the same ratios."""
    rows, group = treated(0.3)
    found = disparities(rows, {"group": group}, [Ask(by="group", measure=measure)], 50)[f"group {measure}"]
    for name in found.told:
        mine = rows._replace(
            **{part: getattr(rows, part)[group == name] for part in ("labels", "candidate", "champion", "days")}
        )
        called = mine.candidate >= 0.5
        by_hand = {
            "selection_rate": called.mean(),
            "tpr": called[mine.labels == 1].mean(),
            "fpr": called[mine.labels == 0].mean(),
            "error_rate": (called != (mine.labels == 1)).mean(),
            "rmse": ((mine.labels - mine.candidate) ** 2).mean() ** 0.5,
            "mae": np.abs(mine.labels - mine.candidate).mean(),
        }
        assert found.groups[name].candidate == pytest.approx(by_hand[measure])


def test_a_day_that_only_groups_too_small_to_tell_have_changes_nothing() -> None:
    rows, group = treated(0.4)
    beside = 40
    more = Scored(
        np.append(rows.labels, np.ones(beside)),
        np.append(rows.candidate, np.full(beside, 0.9)),
        np.append(rows.champion, np.full(beside, 0.9)),
        np.append(rows.days, np.full(beside, DAYS)),
    )
    ask = Ask(by="group", measure="selection_rate")
    (alone,) = disparities(rows, {"group": group}, [ask], 50).values()
    (told,) = disparities(more, {"group": np.append(group, np.full(beside, "c"))}, [ask], 50).values()
    assert told.groups["c"].why == "40 rows, must be >= 50"
    assert (told.days, told.covariance, told.gain) == (alone.days, alone.covariance, alone.gain)
    rows, group = treated(small=40)
    one_day = rows._replace(days=np.where(group == "c", 1, 0))
    (cannot,) = disparities(one_day, {"group": group}, [ask], 50).values()
    assert "on 1 days, must be 2 of 2" in cannot.why


def test_the_covariance_is_that_of_the_groups_days() -> None:
    rows, group = treated()
    found = disparities(rows, {"group": group}, [Ask(by="group", measure="selection_rate")], 50)
    matrix = np.array(found["group selection_rate"].covariance)
    called = (rows.candidate >= 0.5).astype(float)
    values = np.array([called[group == name].mean() for name in ("a", "b")])
    apart = np.zeros((DAYS, 2))
    for day in range(DAYS):
        for place, name in enumerate(("a", "b")):
            rest = (rows.days != day) & (group == name)
            apart[day, place] = called[rest].mean() - values[place]
    assert matrix == pytest.approx((DAYS - 1) / DAYS * apart.T @ apart)


@pytest.mark.parametrize(
    ("favour", "verdict"), [(0.0, "passed"), (0.18, "cannot tell"), (1.0, "failed")], ids=["fair", "near", "unfair"]
)
@pytest.mark.parametrize("compare", ["difference", "ratio"])
def test_groups_apart_fail_groups_together_pass(favour: float, verdict: str, compare: Any) -> None:
    rows, group = treated(favour)
    limit = 0.1 if compare == "difference" else 0.2
    [result] = asked(Fairness(by="group", measure="selection_rate", at_most=limit, compare=compare), rows, group)
    if favour != 0.18:
        assert result.verdict == verdict
    assert result.limit == limit
    assert result.low is not None
    assert result.value is not None
    assert result.low <= result.value
    assert "a 0." in result.sentence
    assert "b 0." in result.sentence


def test_a_share_is_one_less_smaller_over_larger() -> None:
    rows, group = treated(0.5)
    [result] = asked(Fairness(by="group", measure="selection_rate", compare="ratio"), rows, group)
    rates = [(rows.candidate >= 0.5)[group == name].mean() for name in ("b", "a")]
    assert result.value == pytest.approx(1 - rates[0] / rates[1])


@pytest.mark.parametrize(
    ("now", "before", "verdict"), [(0.4, 0.4, "passed"), (0.0, 0.6, "passed"), (0.9, 0.0, "failed")]
)
def test_not_worse_than_the_champions(now: float, before: float, verdict: str) -> None:
    rows, group = treated(now, before=before)
    gate = Fairness(by="group", measure="selection_rate", at_most=None, not_worse_by=0.06)
    [result] = asked(gate, rows, group)
    assert (result.gate, result.verdict) == ("fairness group selection_rate against_champion", verdict)


def test_small_groups_are_shown_and_hold_nobody() -> None:
    rows, group = treated(small=20)
    gate = Fairness(by="group", measure="selection_rate")
    whole, small = asked(gate, rows, group)
    assert (whole.verdict, small.verdict, small.blocking) == ("passed", "cannot tell", False)
    assert small.sentence == "c: 20 rows, must be >= 50"
    [alone] = asked(gate, rows, np.full(len(group), "all", dtype=object))
    assert (alone.verdict, alone.blocking) == ("cannot tell", True)
    assert "1 groups of at least 50 rows" in alone.sentence


def test_a_group_without_anybody_chosen_has_no_ratio() -> None:
    rows, group = treated()
    never = rows._replace(candidate=np.where(group == "a", 0.1, rows.candidate))
    [result] = asked(Fairness(by="group", measure="selection_rate", compare="ratio"), never, group)
    assert result.verdict == "cannot tell"
    [apart] = asked(Fairness(by="group", measure="selection_rate"), never, group)
    assert apart.verdict == "failed"


def test_without_fairlearn_it_cannot_tell_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fairlearn.metrics", None)
    [result] = asked(Fairness(by="group", measure="tpr"), *treated())
    assert result.verdict == "cannot tell"
    assert "pip install 'retrain_platform[fairness]'" in result.sentence


def test_a_column_that_is_not_there_is_named() -> None:
    rows, group = treated()
    measured = known(disparities=disparities(rows, {"group": group}, [Ask(by="age", measure="tpr")], 50))
    [result] = judge([Fairness(by="age", measure="tpr")], measured, AS_OF).results
    assert "no column age in the rows of the exam" in result.sentence


def test_it_must_ask_something() -> None:
    with pytest.raises(ValidationError, match="limit == none, must be one at least of at_most, not_worse_by"):
        Fairness(by="group", measure="tpr", at_most=None)


def test_equal_groups_pass_and_those_apart_by_twice_the_limit_fail_at_its_size() -> None:
    """True selection rates of the groups .5 and .5, or .5 and .7; exams that say they can resolve .1."""
    gate, count = Fairness(by="group", measure="selection_rate", at_most=0.1), 80 * DAYS
    verdicts: dict[float, list[str]] = {}
    for seed in range(16):
        random = np.random.default_rng(seed)
        group = random.choice(np.array(["a", "b"], dtype=object), count)
        for apart in (0.0, 0.2):
            called = (random.random(count) < 0.5 + apart * (group == "a")).astype(float)
            rows = Scored(np.ones(count), called, None, np.repeat(np.arange(DAYS), 80))
            measured = seen(rows, group, gate.ask, basis="alone")
            result = judge([gate], measured, AS_OF).results[0]
            if result.resolves is not None and result.resolves <= 0.1:
                verdicts.setdefault(apart, []).append(result.verdict)
    assert min(map(len, verdicts.values())) > 8
    assert verdicts[0.0].count("passed") >= 0.9 * len(verdicts[0.0])
    assert verdicts[0.2].count("failed") >= 0.95 * len(verdicts[0.2])


CLASSES = ("low", "usual", "high")


def graded(favour: float = 0.0) -> tuple[Scored, np.ndarray, np.ndarray, np.ndarray]:
    """Three grades, of which group `a` is given the lowest less often; the names of the truth and of the calls."""
    rows, group = treated()
    logit = np.log(rows.candidate / (1 - rows.candidate))
    labels = np.digitize(logit, (-1.0, 1.0)).astype(float)

    def chances(moved: float) -> np.ndarray:
        apart = np.exp(-np.abs((logit + moved * (group == "a"))[:, None] - np.array([-2.0, 0.0, 2.0])))
        shares: np.ndarray = apart / apart.sum(axis=1, keepdims=True)
        return shares

    scored = Scored(labels, chances(favour), chances(0.0), rows.days)
    names = np.array(CLASSES)
    return scored, group, names[labels.astype(int)], names[scored.candidate.argmax(axis=1)]


@pytest.mark.parametrize("measure", ["selection_rate", "tpr", "fpr", "error_rate"])
def test_of_several_classes_a_rate_is_that_of_the_named_one_against_the_rest(measure: Any) -> None:
    scored, group, truth, called = graded(0.7)
    ask = Ask(by="group", measure=measure, of_class="low")
    of_two = Scored((truth == "low").astype(float), (called == "low").astype(float), None, scored.days)
    (alike,) = disparities(of_two, {"group": group}, [ask.model_copy(update={"of_class": None})], 50).values()
    (found,) = disparities(scored, {"group": group}, [ask], 50, CLASSES).values()
    assert [each.candidate for each in found.groups.values()] == [each.candidate for each in alike.groups.values()]
    assert found.covariance == alike.covariance
    assert found.gain is not None
    assert found.ask.name == f"group {measure} of low"


def test_the_error_rate_of_all_classes_is_the_share_of_wrong_calls() -> None:
    scored, group, truth, called = graded(0.7)
    (found,) = disparities(scored, {"group": group}, [Ask(by="group", measure="error_rate")], 50, CLASSES).values()
    for name in ("a", "b"):
        assert found.groups[name].candidate == pytest.approx((truth != called)[group == name].mean())
    gate = Fairness(by="group", measure="error_rate", at_most=0.05)
    assert judge([gate], known(disparities={gate.ask.name: found}), AS_OF).verdict == "failed"
    same, *_ = graded()
    (fair,) = disparities(same, {"group": group}, [gate.ask], 50, CLASSES).values()
    assert judge([gate], known(disparities={gate.ask.name: fair}), AS_OF).verdict == "passed"


def test_a_class_that_nobody_knows_cannot_be_told() -> None:
    scored, group, *_ = graded()
    gate = Fairness.model_validate({"by": "group", "measure": "tpr", "of_class": 7})
    found = disparities(scored, {"group": group}, [gate.ask], 50, CLASSES)
    (result,) = judge([gate], known(disparities=found), AS_OF).results
    assert result.verdict == "cannot tell"
    assert "tpr of 7 by group: no row has class 7 and no model knows it: there are low, usual, high" in result.sentence
