"""Proposals: the same trials give the same one, whoever asks and however often it was killed before."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.training.search import Found, Search, SearchReport, Trial

TUNER = OptunaTuner()
SEARCH = Search.model_validate(
    {
        "space": {
            "leaves": {"low": 2, "high": 200, "log": True},
            "rate": {"low": 0.01, "high": 1.0, "log": True},
            "noise": {"low": 0.0, "high": 1.0},
            "kind": {"choices": ["a", "b", 3]},
        },
        "trials": 40,
    }
)


def begun(**more: Any) -> SearchReport:
    told: dict[str, Any] = {"decision_id": "d", "as_of": datetime(2024, 1, 1, tzinfo=UTC), "space": "s", "budget": 40}
    return SearchReport(**told, metric="rmse", greater_is_better=False, **more)


def loss(params: Found) -> float:
    """Least at rate 0.1; `noise` changes nothing."""
    return float((np.log10(float(params["rate"])) + 1) ** 2 + 0.1 * (params["kind"] == "b"))


def tried(report: SearchReport, count: int, *, first: Found | None = None) -> SearchReport:
    for _ in range(count):
        params = TUNER.propose(report, SEARCH, first=first or {}, seed=7).params
        value = loss(params)
        trial = Trial(number=len(report.trials), params=params, state="complete", scores=(value,), value=value)
        report = report.model_copy(update={"trials": (*report.trials, trial)})
    return report


@pytest.fixture(scope="module")
def whole() -> SearchReport:
    return tried(begun(), 30)


def test_a_search_taken_up_again_tries_what_it_would_have_tried(whole: SearchReport) -> None:
    half = begun(trials=whole.trials[:13])
    read_back = SearchReport.model_validate_json(half.model_dump_json())
    assert tried(read_back, 3).trials == whole.trials[:16]


def test_every_proposal_lies_in_the_space_and_no_two_starts_are_alike(whole: SearchReport) -> None:
    for trial in whole.trials:
        assert all(SEARCH.space[name].holds(value) for name, value in trial.params.items())
        assert list(trial.params) == list(SEARCH.space)
    assert len({trial.params["rate"] for trial in whole.trials}) > 25


def test_the_first_trial_is_what_the_recipe_says() -> None:
    params = TUNER.propose(begun(), SEARCH, first={"rate": 0.5, "kind": 3}, seed=7).params
    assert (params["rate"], params["kind"]) == (0.5, 3)
    later = tried(begun(), 2, first={"rate": 0.5})
    assert [trial.params["rate"] == 0.5 for trial in later.trials] == [True, False]


def test_it_finds_what_is_best_and_says_what_matters(whole: SearchReport) -> None:
    best = whole.best
    assert best is not None
    assert best.value is not None
    assert best.value < 0.02
    weights = TUNER.importance(whole, SEARCH, seed=7)
    assert set(weights) == set(SEARCH.space)
    assert max(weights, key=lambda name: weights[name]) == "rate"
    assert weights["noise"] < 0.1
    assert weights == TUNER.importance(whole, SEARCH, seed=7)
    assert TUNER.importance(begun(trials=whole.trials[:3]), SEARCH, seed=7) == {}


def test_a_trial_worse_than_the_median_is_hopeless_unless_pruning_is_off() -> None:
    params: Found = {"leaves": 3, "rate": 0.1, "noise": 0.5, "kind": "a"}
    trials = tuple(
        Trial(number=n, params=params, state="complete", scores=(s, s), value=s)
        for n, s in enumerate((1.0, 1.1, 1.2, 1.3, 1.4, 1.5))
    )
    at_hand = begun(trials=trials)
    assert TUNER.propose(at_hand, SEARCH, first={}, seed=1).hopeless([2.0])
    assert not TUNER.propose(at_hand, SEARCH, first={}, seed=1).hopeless([0.9])
    whole = SEARCH.model_copy(update={"prune": False})
    assert not TUNER.propose(at_hand, whole, first={}, seed=1).hopeless([2.0])
    assert not TUNER.propose(begun(trials=trials[:3]), SEARCH, first={}, seed=1).hopeless([2.0])


def test_failed_and_pruned_trials_are_known_to_it_too() -> None:
    params: Found = {"leaves": 3, "rate": 0.1, "noise": 0.5, "kind": "a"}
    failed = Trial(number=0, params=params, state="failed", why="no")
    pruned = Trial(number=1, params=params, state="pruned", scores=(3.0,))
    assert TUNER.propose(begun(trials=(failed, pruned)), SEARCH, first={"rate": 0.5}, seed=1).params["rate"] != 0.5
