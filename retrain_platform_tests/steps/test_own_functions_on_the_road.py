"""A road on which the user's own code breaks: its error is on record, and nothing is promoted by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.checks import GateReport
from retrain_platform.policy.history import DATA_REFUSED
from retrain_platform.replay.walk import walk
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import PluginFailed
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, tiny_spec

TESTS = "retrain_platform_tests"
LEARNER = {"kind": "python", "call": f"{TESTS}.training.own_learners:fit", "holdout": "1d"}
UNTIL = "2024-01-06"


def walked(shop: Workshop, until: str | None = UNTIL) -> Workshop:
    for _ in walk(shop, until):
        pass
    return shop


def own(**changed: Any) -> Workshop:
    spec = tiny_spec(**{"training": LEARNER, "segments": [], **changed})
    return Places().shop(spec, Rows(12))


def test_a_model_of_the_users_own_answers_and_is_the_same_after_another_walk() -> None:
    one, other = walked(own()), walked(own())
    assert one.state().champion == "1"
    made = [version.tags["fingerprint"] for version in one.registry.versions("tiny")]
    assert made
    assert made == [version.tags["fingerprint"] for version in other.registry.versions("tiny")]


def test_a_function_that_fits_nothing_ends_the_step_in_its_own_words() -> None:
    shop = own(training={**LEARNER, "call": f"{TESTS}.training.own_learners:breaks"})
    with pytest.raises(
        PluginFailed, match=r"^training.call: .*own_learners:breaks raised MemoryError: no room for 600"
    ):
        walked(shop)
    assert shop.registry.versions("tiny") == []
    assert shop.state().champion is None


def test_a_champion_that_breaks_later_scores_nobody_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = walked(own())
    from retrain_platform_tests.training.own_learners import Line

    def breaks(self: Line, frame: pd.DataFrame) -> np.ndarray:
        raise OSError("the feature store is gone")

    monkeypatch.setattr(Line, "score", breaks)
    walked(shop, "2024-01-07")
    scored = shop.values.newest("tiny", "predictions", "2024-01-07", Scored)
    assert scored is not None
    assert scored.versions == {}
    assert "Line raised OSError: the feature store is gone" in scored.problems[0]


def test_a_gate_that_breaks_lets_no_first_model_pass() -> None:
    gates = [{"kind": "python", "call": f"{TESTS}.validation.own_gates:breaks"}]
    shop = walked(own(validation={"gates": gates}))
    assert shop.registry.versions("tiny") == []
    (report, *_) = shop.values.all("tiny", "validation_report", ValidationReport).values()
    assert report.verdict == "failed"
    assert "raised ZeroDivisionError: float division by zero" in report.sentence


def test_a_check_that_breaks_lets_nothing_be_learned() -> None:
    checks = {**attributes()["checks"], "own": [{"kind": "python", "call": f"{TESTS}.dataset.own_checks:breaks"}]}
    shop = walked(own(checks=checks))
    assert shop.registry.versions("tiny") == []
    (report, *_) = shop.values.all("tiny", "gate", GateReport).values()
    assert [result.verdict for result in report.results] == ["passed", "could not run"]
    ended = [entry for entry in shop.entries() if entry.kind == "retrained"]
    assert {entry.body["verdict"] for entry in ended} == {DATA_REFUSED}
    assert "raised LookupError: no such table" in ended[0].why


def test_a_policy_that_breaks_retrains_nobody_beyond_the_first() -> None:
    policy = {"kind": "python", "call": f"{TESTS}.policy.own_policies:breaks"}
    shop = walked(own(policy=policy), "2024-01-10")
    assert len(shop.registry.versions("tiny")) == 1
    assert replace(shop).state().champion == "1"
