"""A user's own function as a gate: judged by the suite of the family, and never a stack trace or a silent pass."""

from __future__ import annotations

import pytest

from retrain_platform.validation import PythonGate
from retrain_platform.validation.conformance import ALONE, made_up, unmet
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF


def own(name: str) -> PythonGate:
    return PythonGate(call=f"retrain_platform_tests.validation.own_gates:{name}")


def test_a_sound_function_judges() -> None:
    exams = made_up()
    verdicts = {name: judge([own("not_much_worse")], exam, AS_OF).verdict for name, exam in exams.items()}
    assert verdicts == {
        "an equal model": "passed",
        "a worse model": "failed",
        ALONE: "passed",
        "not measured": "cannot judge",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("breaks", "raised ZeroDivisionError: float division by zero"),
        ("bare", "returned bool, must return a GateResult or several"),
        ("nothing", "returned nothing, must return a GateResult or several"),
        ("nowhere", "must name a function of"),
    ],
)
def test_one_that_breaks_passes_nobody_and_its_error_is_named(name: str, said: str) -> None:
    exams = made_up()
    first, later = judge([own(name)], exams[ALONE], AS_OF), judge([own(name)], exams["an equal model"], AS_OF)
    assert (first.verdict, later.verdict) == ("failed", "cannot judge")
    assert said in first.sentence
    assert said in later.sentence
    assert any(told.startswith("must answer with a GateResult or several") for told in unmet(own(name)))


def test_what_a_function_does_not_keep_is_told_in_sentences() -> None:
    told = unmet(own("blind"))
    assert "must be 'cannot tell' of what was not measured: it is 'passed'" in told
    assert "must give its reason: of an equal model, sentence == ''" in told
    assert unmet(own("not_much_worse")) == []
    assert "must be 'cannot tell' of what was not measured: it is 'passed'" in unmet(
        own("blind"), made_up("regression")
    )
