"""A search within a retrain: what it sees, how it ends, and that a killed one ends as one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.replay.walk import walk
from retrain_platform.steps.training.searching import search
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.training.search import SearchFailed, SearchReport, TunerMissing
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, rows, tiny_spec

SPACE = {"num_leaves": {"low": 3, "high": 31}, "learning_rate": {"low": 0.02, "high": 0.3, "log": True}}
TRIALS = 7
FULL = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "5d"}]}


def training(**asked: Any) -> dict[str, Any]:
    recipe = {**attributes()["training"], "rounds": 5}
    return {**recipe, "search": {"trials": TRIALS, "folds": 2, "space": SPACE, **asked}}


def shop_of(
    places: Places, days: int = 8, *, policy: dict[str, Any] | None = None, retry_after: float = 0.1, **asked: Any
) -> Workshop:
    spec = tiny_spec(training=training(**asked), policy=policy or FULL, operation={"retry_after": retry_after})
    return replace(places.shop(spec, Rows(days)), tuner=OptunaTuner())


def frame(days: int = 4) -> pd.DataFrame:
    """Rows to learn from, as the snapshot hands them on."""
    spec = tiny_spec()
    whole = pd.concat([rows(spec.period.at(day)) for day in range(days)], ignore_index=True)
    return whole.rename(columns={"at": "_event_time", "who": "_entity", "bad": "_label"})


def searched(shop: Workshop, told: list[str] | None = None, *, depth: Any = "full", id: str = "d1") -> SearchReport:
    decision: Any = SimpleNamespace(id=id, as_of=START + timedelta(days=5), depth=depth)
    period = shop.spec.period.at(4)
    lines = [] if told is None else told
    found = search(shop, period, decision, frame(), ["x", "shop"], depth=depth, limits=None, tell=lines.append)
    assert found is not None
    return found


def reports(shop: Workshop) -> list[SearchReport]:
    return list(shop.values.all(shop.model, "search", SearchReport).values())


class Killed(BaseException):
    """The process is gone: no step can catch it."""


class Failing:
    """Teaches as the tiny model's learner does, and raises `error` at the fits `at`."""

    def __init__(self, error: BaseException, at: range | list[int]) -> None:
        self.error, self.at, self.fits = error, at, 0

    def __call__(self, recipe: Any) -> Any:
        taught = learner(recipe, "binary")
        plain = taught.fit

        def fit(*given: Any, **more: Any) -> Any:
            self.fits += 1
            if self.fits - 1 in self.at:
                raise self.error
            return plain(*given, **more)

        taught.fit = fit
        return taught


@pytest.fixture(scope="module")
def unbroken() -> SearchReport:
    return searched(shop_of(Places(), prune=False))


def test_the_best_of_all_trials_is_taken_and_repeatable(unbroken: SearchReport) -> None:
    assert (len(unbroken.trials), unbroken.ended) == (TRIALS, "trials")
    best = unbroken.best
    assert best is not None
    assert best.value == max(trial.value for trial in unbroken.trials if trial.value is not None)
    assert unbroken.trials[0].params["num_leaves"] == 7  # what the recipe itself says
    assert searched(shop_of(Places(), prune=False)) == unbroken
    assert set(unbroken.importance) == set(SPACE)


@pytest.mark.parametrize("fit", [0, 5, 9])
def test_killed_at_any_fit_it_goes_on_and_ends_as_it_would_have_ended(fit: int, unbroken: SearchReport) -> None:
    places = Places()
    shop = shop_of(places, prune=False)
    with pytest.raises(Killed):
        searched(replace(shop, teach=Failing(Killed(), [fit])))
    told: list[str] = []
    again = Failing(Killed(), [])
    assert searched(replace(shop_of(places, prune=False), teach=again), told) == unbroken
    assert again.fits == 2 * TRIALS - 2 * (fit // 2)
    assert ("goes on after trial" in "".join(told)) == (fit > 1)


CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from retrain_platform.adapters.file_values import FileValues
from retrain_platform_tests.steps.test_search_on_the_road import Failing, Places, searched, shop_of

class Gone(Failing):
    def __call__(self, recipe):
        self.fits += 1
        if self.fits == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return Failing.__call__(Failing(ValueError(), []), recipe)

searched(replace(shop_of(Places(), prune=False), values=FileValues(Path(sys.argv[1])), teach=Gone(ValueError(), [])))
"""


def test_a_process_killed_by_the_system_leaves_a_search_that_goes_on(tmp_path: Path, unbroken: SearchReport) -> None:
    ended = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], check=False, env=os.environ, timeout=240)
    assert ended.returncode == -signal.SIGKILL
    values = FileValues(tmp_path)
    (left,) = values.all("tiny", "search", SearchReport).values()
    assert left.trials == unbroken.trials[:3]
    assert searched(replace(shop_of(Places(), prune=False), values=values)) == unbroken


def test_a_changed_space_is_searched_anew() -> None:
    places = Places()
    with pytest.raises(Killed):
        searched(replace(shop_of(places), teach=Failing(Killed(), [5])))
    other = {"max_depth": {"low": 2, "high": 6}}
    assert set(searched(shop_of(places, space=other)).trials[0].params) == {"max_depth"}


def test_a_trial_that_fails_is_passed_over_and_said() -> None:
    found = searched(replace(shop_of(Places(), prune=False), teach=Failing(ValueError("no such luck"), [0, 3])))
    assert [trial.state for trial in found.trials[:3]] == ["failed", "complete", "failed"]
    assert found.trials[0].why == "ValueError: no such luck"
    assert found.best is not None
    assert "2 failed" in found.sentence


def test_hopeless_trials_are_given_up() -> None:
    found = searched(shop_of(Places(), trials=20, space={"learning_rate": {"low": 0.0001, "high": 0.5}}, folds=3))
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    assert all(trial.value is None and len(trial.scores) < len(found.folds) for trial in pruned)


def test_the_time_limit_ends_it_after_the_trial_in_progress_also_over_two_attempts() -> None:
    def shop(start: int) -> Workshop:
        seconds = iter(range(start, 10_000, 40))
        made = shop_of(places, time_limit="3m", prune=False)
        return replace(made, now=lambda: datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=next(seconds)))

    places = Places()
    with pytest.raises(Killed):
        searched(replace(shop(0), teach=Failing(Killed(), [5])))
    found = searched(shop(5000))
    assert (len(found.trials), found.ended, found.seconds) == (5, "time", 200)
    assert "not repeatable" in found.sentence


def test_progress_is_told() -> None:
    told: list[str] = []
    searched(shop_of(Places()), told)
    assert told[0].startswith(f"5 of {TRIALS} trials: auc 0.")


def test_a_search_of_every_kind_of_fold_and_metric() -> None:
    recipe = {**training(by="kfold", metric="log_loss", trials=2, folds=3), "iid": True}
    spec = tiny_spec(training=recipe)
    found = searched(replace(Places().shop(spec, Rows(6)), tuner=OptunaTuner()))
    assert (found.metric, found.greater_is_better, len(found.folds)) == ("log_loss", False, 3)
    assert [fold.valid for fold in found.folds] == [400, 400, 400]


def test_without_optuna_it_says_what_to_install() -> None:
    with pytest.raises(TunerMissing, match="must find a library"):
        searched(replace(shop_of(Places()), tuner=None))


def test_on_the_road_no_row_of_the_holdout_or_the_early_stop_is_searched_and_what_was_found_is_fitted() -> None:
    shop = shop_of(Places(), 7)
    list(walk(shop))
    (report,) = reports(shop)
    candidate = next(iter(shop.values.all("tiny", "candidate_model", Candidate).values()))
    assert report.best is not None
    assert candidate.found == report.best.params
    assert candidate.depth == "full"
    assert candidate.notes == (report.sentence,)
    searched_rows = report.folds[-1].train + report.folds[-1].valid
    assert searched_rows == candidate.training_rows
    tags = shop.registry.versions("tiny")[0].tags
    assert '"num_leaves"' in tags["found_params"]
    assert '"search":{' in tags["recipe_spec"]


def test_a_light_retrain_takes_the_last_best_and_a_full_one_searches_again() -> None:
    shop = shop_of(Places(), 10, policy={"kind": "schedule", "every": "2d", "depth": "light"})
    list(walk(shop))
    first, second = reports(shop)[:2]
    assert (first.ended, second.ended, second.reused) == ("trials", "reused", first.decision_id)
    assert first.best == second.best
    entries = [entry for entry in shop.entries() if entry.kind == "retrained"]
    assert [entry.body["depth"] for entry in entries[:2]] == ["full", "light"]
    assert "the last best" in searched(shop, depth="light", id="d9").sentence
    assert searched(shop, depth="full", id="d8").ended == "trials"


def test_a_search_in_which_every_trial_fails_ends_the_retrain_on_record_and_promotes_nothing() -> None:
    shop = replace(shop_of(Places(), 7), teach=Failing(ValueError("cannot learn"), range(10_000)))
    list(walk(shop))
    ended = next(entry for entry in shop.entries() if entry.kind == "retrained")
    assert (ended.body["verdict"], ended.body["version"]) == ("search failed", None)
    assert ended.why.startswith(f"the search for parameters failed: all {TRIALS} trials failed: trial 0 (num_leaves=7")
    assert "ValueError: cannot learn" in ended.why
    assert f"and {TRIALS - 3} more" in ended.why
    assert any(entry.kind == "incident" and entry.body["kind"] == "search" for entry in shop.entries())
    assert shop.registry.versions("tiny") == []
    with pytest.raises(SearchFailed, match="all 7 trials failed"):
        searched(shop)


def test_a_first_model_whose_search_fails_waits_for_new_rows_or_a_person() -> None:
    places = Places()
    yearly = {"kind": "schedule", "every": "52w"}
    failing = Failing(ValueError("cannot learn"), range(10_000))
    shop = replace(shop_of(places, 11, policy=yearly, retry_after=1.0, trials=2), teach=failing)
    list(walk(shop))
    first, again = (entry for entry in shop.entries() if entry.kind == "retrained")
    # Made of four days' rows, four more are waited for; each of the days between says so.
    assert (again.as_of - first.as_of).days == 4
    held = [entry.why for entry in shop.entries() if entry.kind == "watched" and "held back by the failed" in entry.why]
    assert len(held) == 3 + (START + timedelta(days=11) - again.as_of).days
    assert "no_champion waits for 1200 new ripe rows (300 so far; or a person asks)" in held[0]

    body = {"kind": "manual", "urgent": False}
    shop.ledger.append(
        "tiny", "requested", "requested:1", shop.entries()[-1].as_of, body=body, actor="ana", why="again"
    )
    (decided, retried) = list(walk(replace(shop_of(places, 11, policy=yearly, retry_after=1.0, trials=2))))
    assert (decided.kind, retried.kind) == ("decide", "retrain")
    assert shop.entries()[-1].body["version"] == "1"
