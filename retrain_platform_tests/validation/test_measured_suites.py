"""What the gates of the measured suites say of what was measured."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.validation import Behaviour, Compliance, Cost, ExtraSet, Golden, Integration, Robustness
from retrain_platform.validation.base import GateResult, Measurements
from retrain_platform.validation.behaviour import BehaviourTest
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.suites import (
    Answered,
    Case,
    Costs,
    Disturbed,
    Estimate,
    Held,
    Pack,
    Suites,
)
from retrain_platform_tests.validation.exams import AS_OF, known, measured, rows
from retrain_platform_tests.validation.suite_exams import (
    BROKEN,
    EXTRA,
    GOLDEN,
    ONE,
    ROBUSTNESS,
    SOUND,
    SUITES,
    answered,
    costs,
    estimate,
    fallen,
    made_of,
    model_cost,
    on_set,
    with_measured,
)

NOISE = Robustness(missing=0, shuffled=0, out_of_range=0)


def said(gate: GateBase, basis: str = "holdout", **found: Any) -> list[GateResult]:
    """The gate's answers to these suites' measurements, in an exam of its own."""
    exam = known().model_copy(update={"suites": Suites(**found), "basis": basis})
    return list(judge([gate], exam, AS_OF).results)


def verdicts(gate: GateBase, **found: Any) -> list[str]:
    return [result.verdict for result in said(gate, **found)]


def disturbed(found: Disturbed, gate: Robustness = NOISE) -> dict[str, Disturbed]:
    return dict.fromkeys(gate.asked(), found)


def held(share: Estimate | None, **changed: Any) -> dict[str, Held]:
    return {"wind +10: the score must not fall": Held(share=share, broke=ONE, **changed)}


def wind(holds_for: float = 0.95) -> Behaviour:
    return Behaviour(tests=(BehaviourTest(feature="wind", add=10, score="must_not_fall", holds_for=holds_for),))


@pytest.mark.parametrize("gate", SUITES, ids=lambda gate: gate.kind)
def test_a_sound_candidate_passes_every_suite_and_a_broken_one_none(gate: GateBase) -> None:
    exam = measured(rows())
    sound, broken = (judge([gate], with_measured(exam, found), AS_OF) for found in (SOUND, BROKEN))
    assert {result.verdict for result in sound.results} == {"passed"}
    assert {result.verdict for result in broken.results} == {"failed"}
    assert (sound.verdict, broken.verdict) == ("passed", "failed")


@pytest.mark.parametrize("gate", SUITES, ids=lambda gate: gate.kind)
def test_a_failure_names_what_caused_it(gate: GateBase) -> None:
    exam: Measurements = with_measured(measured(rows()), BROKEN)
    results = judge([gate], exam, AS_OF).results
    assert all(result.question for result in results)
    if not isinstance(gate, Cost | ExtraSet):
        named = [case.id for result in results for case in result.cases]
        assert named
        assert all(case.id in result.sentence for result in results for case in result.cases[:1])


def test_a_fall_is_judged_by_its_interval() -> None:
    sure, worse = fallen(0.02), fallen(0.4)
    noisy, one_day = fallen(0.02, error=0.2), fallen(0.02, error=None)
    found = [verdicts(NOISE, robustness=disturbed(each)) for each in (sure, worse, noisy, one_day)]
    assert found == [["passed"], ["failed"], ["cannot tell"], ["cannot tell"]]


def test_rows_that_the_candidate_cannot_score_are_the_whole_fall() -> None:
    broken = Disturbed(metric="auc", problem="ValueError: Input contains NaN")
    (result,) = said(NOISE, robustness=disturbed(broken))
    assert (result.verdict, result.value) == ("failed", 1.0)
    assert "Input contains NaN" in result.sentence


def test_a_disturbance_of_features_that_are_not_there_blocks_nothing() -> None:
    (result,) = said(NOISE, robustness=disturbed(Disturbed(metric="auc", untouched=True)))
    assert (result.verdict, result.blocking) == ("cannot tell", False)


def test_the_fall_beside_the_champion_s() -> None:
    gate = NOISE.model_copy(update={"than_champion": 0.05})
    less = fallen(0.02).model_copy(update={"champion": 0.03, "apart": estimate(-0.01)})
    more = fallen(0.08).model_copy(update={"champion": 0.0, "apart": estimate(0.3)})
    unseen = fallen(0.02).model_copy(update={"why": "the champion saw rows of the exam"})
    assert verdicts(gate, robustness=disturbed(less, gate)) == ["passed", "passed"]
    assert verdicts(gate, robustness=disturbed(more, gate))[1] == "failed"
    assert "saw rows" in said(gate, robustness=disturbed(unseen, gate))[1].sentence
    assert "no champion" in said(gate, "alone", robustness=disturbed(less, gate))[1].sentence


def test_suites_share_the_exam_s_level() -> None:
    """The more questions, the surer each must be to fail a candidate."""
    alone = judge([NOISE], known().model_copy(update={"suites": SOUND}), AS_OF).measurements.family
    exam = judge([ROBUSTNESS, wind()], known().model_copy(update={"suites": SOUND}), AS_OF).measurements.family
    assert alone.questions == 1
    assert exam.questions == 2
    assert judge([Compliance(), Cost()], known().model_copy(update={"suites": SOUND}), AS_OF).verdict == "passed"


def test_a_behaviour_is_judged_by_its_share() -> None:
    never = estimate(1.0, error=1.5 / 1400)
    shares = (estimate(0.99, 0.003), estimate(0.5), estimate(0.94, 0.02), estimate(0.99, None), never)
    found = [verdicts(wind(), behaviour=held(share)) for share in shares]
    assert found == [["passed"], ["failed"], ["cannot tell"], ["cannot tell"], ["passed"]]


def test_every_row_is_asked_for_with_one() -> None:
    assert verdicts(wind(1), behaviour=held(estimate(1.0))) == ["passed"]
    assert verdicts(wind(1), behaviour=held(estimate(0.999, error=None))) == ["failed"]
    assert "N123" in said(wind(1), behaviour=held(estimate(0.999)))[0].sentence


def test_what_cannot_be_changed_is_told() -> None:
    (result,) = said(wind(), behaviour=held(None, why="wind is no feature of the candidate"))
    assert (result.verdict, "no feature" in result.sentence) == ("cannot tell", True)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"outcome": "unknown", "apart": None, "said": "not done after 3 s"}, ("cannot tell", "passed")),
        ({"outcome": "broke", "apart": None, "said": "ImportError: no such module"}, ("failed", "passed")),
        ({"apart": 1e-13}, ("passed", "passed")),
        ({"apart": 1e-9, "worst": ONE}, ("failed", "passed")),
        ({"found": "cd"}, ("passed", "failed")),
    ],
)
def test_the_package_s_answers_and_bytes(changed: dict[str, Any], told: tuple[str, str]) -> None:
    found: Answered = answered(**changed)
    assert tuple(verdicts(Integration(), integration=found)) == told


def test_bytes_that_nobody_kept_are_not_asked_about() -> None:
    assert verdicts(Integration(), integration=answered(kept="")) == ["passed"]


@pytest.mark.parametrize(
    ("times", "log_error", "told"),
    [(1.2, 0.05, "passed"), (3.0, 0.05, "failed"), (3.0, 0.5, "cannot tell"), (1.9, 0.2, "cannot tell")],
)
def test_noise_alone_never_fails_a_latency(times: float, log_error: float, told: str) -> None:
    assert verdicts(Cost(size_times=None), cost=costs(times, log_error)) == [told, told]


def test_costs_without_a_champion() -> None:
    alone = Costs(batch=1000, candidate=model_cost())
    (first,) = said(Cost(), "alone", cost=alone)
    (later,) = said(Cost(), cost=alone.model_copy(update={"problem": "its package is gone"}))
    assert (first.verdict, later.verdict) == ("passed", "cannot tell")
    assert "one row 1 ms" in first.sentence
    assert "its package is gone" in later.sentence


def test_memory_that_no_process_told_cannot_be_judged() -> None:
    unknown = costs(1.0).model_copy(update={"champion": model_cost().model_copy(update={"peak_bytes": None})})
    gate = Cost(latency_times=None, size_times=None, memory_times=2)
    assert verdicts(gate, cost=unknown) == ["cannot tell"]


def test_golden_cases() -> None:
    changed = Pack(path="golden.csv", cases=3, unasked=(Case(id="old", said="lacks x"),), digest="d")
    assert verdicts(GOLDEN, golden={GOLDEN.name: changed}) == ["cannot tell"]
    both = changed.model_copy(update={"broken": ONE})
    (result,) = said(GOLDEN, golden={GOLDEN.name: both})
    assert result.verdict == "failed"
    assert [case.id for case in result.cases] == ["N123", "old"]
    lenient = Golden(path="golden.csv", may_break=1)
    assert verdicts(lenient, golden={lenient.name: Pack(path="golden.csv", cases=3, broken=ONE)}) == ["passed"]
    gone = Pack(path="golden.csv", problem="no such file")
    assert verdicts(GOLDEN, golden={GOLDEN.name: gone}) == ["cannot tell"]


def test_compliance_rule_by_rule() -> None:
    gate = Compliance(forbidden=("gender", "*_ssn"), known_only_after=("arr_*",), declares=("contact",))
    found = {result.gate: result for result in said(gate, compliance=made_of("x", "my_ssn", tells={"x": 0.995}))}
    assert [case.id for case in found["compliance forbidden"].cases] == ["my_ssn"]
    assert found["compliance known_only_after"].verdict == "passed"
    assert [case.id for case in found["compliance leaks"].cases] == ["x"]
    assert "contact (is empty)" in found["compliance declared"].sentence
    few = made_of("x", tells={}, why="rows of a second class == 3, must be >= 50 to see a leak")
    assert {r.gate: r.verdict for r in said(gate, compliance=few)}["compliance leaks"] == "cannot tell"


def test_an_extra_set_passes_at_its_floor() -> None:
    found = [verdicts(EXTRA, extra={EXTRA.key: on_set(value, why="")}) for value in (0.85, 0.849, None)]
    assert found == [["passed"], ["failed"], ["cannot tell"]]
    error = ExtraSet(name="hard", path="hard.csv", metric="rmse", at_most=3)
    assert verdicts(error, extra={error.key: on_set(3.1).model_copy(update={"metric": "rmse"})}) == ["failed"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Robustness(noise=0, missing=0, shuffled=0, out_of_range=0), "must be over 0 in one of them"),
        (lambda: BehaviourTest(feature="x", score="must_not_fall"), "change of x == none, must be one of add, times"),
        (lambda: BehaviourTest(feature="x", add=1, times=2, score="must_not_fall"), "change of x == add and times"),
        (lambda: BehaviourTest(feature="x", add=1), "question on x == none, must be one of score, changes_at_most"),
        (lambda: Behaviour(tests=wind().tests * 2), "must be one"),
        (lambda: Golden(path="pack/*.csv"), "must be one file that ends in"),
        (lambda: ExtraSet(name="a", path="a.csv", metric="rmse", at_least=1), "must be at_most alone"),
        (lambda: Cost(latency_times=None, size_times=None), "must be given in one of them"),
    ],
)
def test_a_gate_that_asks_nothing_or_twice_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("*", r"\*")):
        make()
