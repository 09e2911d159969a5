"""A user's own function as a policy: judged by the suite of the family, and never a stack trace."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.policy import PythonPolicy, decide
from retrain_platform.policy.base import Action
from retrain_platform.policy.conformance import made_up, unmet
from retrain_platform_tests.policy.policy_examples import ALL

OWN = "retrain_platform_tests.policy.own_policies"


def own(name: str) -> PythonPolicy:
    return PythonPolicy(call=f"{OWN}:{name}")


SOUND = [each for each in ALL if each != own("breaks")]


@pytest.mark.parametrize("policy", SOUND, ids=lambda each: each.describe()[:60])
def test_every_policy_keeps_what_a_users_own_is_asked_for(policy: Any) -> None:
    assert unmet(policy) == []


def test_a_sound_function_decides() -> None:
    decided = decide(own("many_rows"), made_up()[2])
    assert decided.action is Action.RETRAIN
    assert decided.reason == "retrain: 9000 new ripe rows, limit 5000"
    assert unmet(own("many_rows")) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("breaks", "raised KeyError: 'no such week"),
        ("bare", "returned bool, must return a Finding"),
        ("nowhere", "must name a function of"),
    ],
)
def test_one_that_breaks_cannot_tell_and_its_error_is_named(name: str, said: str) -> None:
    decision = decide(own(name), made_up()[2])
    assert decision.action is Action.NONE
    assert decision.finding.verdict in ("quiet", "cannot tell")
    parts = [part for part in decision.finding.parts if part.trigger == "python"] or [decision.finding]
    assert parts[0].verdict == "cannot tell"
    assert said in parts[0].sentence
    assert "\n" not in parts[0].sentence
    (first, *_) = unmet(own(name))
    assert first.startswith("must answer with a Finding: of history 1, ")


def test_what_a_function_does_not_keep_is_told_in_sentences() -> None:
    assert any("must say the same of the same history" in said for said in unmet(own("moody")))
    told = unmet(own("eager"))
    assert "must not fire on an empty history: nothing is known there" in told
    assert any(said.startswith("must give its reason in one line") for said in told)
    assert any(said.startswith("must ask to watch or investigate where it is holding") for said in told)
    assert own("eager").decide(made_up()[2]).action is Action.WATCH
