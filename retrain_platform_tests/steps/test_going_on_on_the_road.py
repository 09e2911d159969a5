"""Retrains that go on from the champion: what they see, what guards them, and when they are trained anew."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retrain_platform.replay.walk import walk
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import START, Places, Rows, attributes, decision, outcome, tiny_spec

GATES = [
    {"kind": "floor", "metric": "auc", "at_least": 0.2},
    {"kind": "forgetting", "metric": "auc", "not_worse_by": 0.03, "rows": 2000},
]
DEEP = {"kind": "schedule", "every": "4d", "depth": "incremental"}


def walked(
    days: int = 12, *, places: Places | None = None, change: Any = lambda frame, period: frame, **training: Any
) -> Workshop:
    asked = {**attributes()["training"], "incremental": {"rounds": 6}, **training}
    spec = tiny_spec(training=asked, policy=DEEP, validation={"gates": GATES})
    shop = (places or Places()).shop(spec, Rows(days, change))
    list(walk(shop))
    return shop


def ended(shop: Workshop) -> list[dict[str, Any]]:
    return [entry.body for entry in shop.entries() if entry.kind == "retrained"]


def candidates(shop: Workshop) -> list[Candidate]:
    return list(shop.values.all("tiny", "candidate_model", Candidate).values())


def results(shop: Workshop, gate: str) -> list[Any]:
    reports = shop.values.all("tiny", "validation_report", ValidationReport).values()
    return [result for report in reports for result in report.results if result.gate == gate]


def test_it_goes_on_by_new_rows_alone_and_raises_the_patch() -> None:
    shop = walked()
    first, second = candidates(shop)
    assert (first.depth, second.depth) == ("full", "incremental")
    assert second.continued_from == "1"
    assert second.report.taken_over == shop.fitted("1").report.rounds
    assert second.continued_since is not None
    assert second.seen_until > second.continued_since
    assert [body["semantic_version"] for body in ended(shop)] == ["1.0.0", "1.0.1"]
    assert [body["depth"] for body in ended(shop)] == ["full", "incremental"]
    assert shop.registry.versions("tiny")[1].tags["continued_from"] == "1"
    assert second.notes[0].startswith("goes on from version 1 by 600 rows since 2024-01-04 00:00")
    assert "stay unknown until the next full retrain" in second.notes[0]
    # The refit, too, stands on the champion: the trees of version 1 and as many more as the exam's fit had.
    assert shop.fitted("2").report.rounds == second.report.rounds
    assert shop.fitted("2").report.taken_over == second.report.taken_over
    assert decision(shop, "2024-01-08").reason.startswith("retrain (incremental): last training")


def test_what_it_still_knows_is_measured_on_rows_before_the_new_ones() -> None:
    shop = walked()
    told = results(shop, "forgetting auc")
    assert [result.verdict for result in told] == ["passed", "passed"]
    assert told[0].sentence == "auc: no champion to compare with"
    assert "rows of 3 days that the version before learned from, must not fall by more than 0.03" in told[1].sentence


def turned(frame: pd.DataFrame, period: Any) -> pd.DataFrame:
    """From the fourth day on the world is the contrary of what it was."""
    return frame.assign(bad=1 - frame["bad"]) if (period.start - START).days >= 3 else frame


def test_one_that_forgets_is_turned_away_and_the_next_is_full() -> None:
    shop = walked(16, change=turned, incremental={"rounds": 300, "learning_rate": 0.5})
    bodies = ended(shop)
    place = next(n for n, body in enumerate(bodies) if body["depth"] == "incremental")
    failed = next(result for result in results(shop, "forgetting auc") if result.verdict == "failed")
    assert failed.value < -0.03
    assert bodies[place]["version"] is None
    assert bodies[place + 1]["depth"] == "full"
    last = decision(shop, bodies[place + 1]["period"])
    assert "retrain (full, for the last incremental one, of 2024-01-" in last.reason
    assert "was turned away" in last.reason


def test_where_it_cannot_go_on_it_is_trained_anew_and_says_why() -> None:
    too_few = candidates(walked(incremental={"rounds": 6, "min_rows": 5000}))[1]
    assert (too_few.depth, too_few.continued_from) == ("full", "")
    assert "cannot go on from the champion: 600 rows to learn from since 2024-01-04" in too_few.notes[0]
    at_most = candidates(walked(incremental={"rounds": 6, "max_rounds": 7}))[1]
    assert "trees, must be < 7" in at_most.notes[0]
    places = Places()
    walked(7, places=places)
    other = candidates(walked(12, places=places, seed=9))[1]
    assert "the recipe or its features are others than those of version 1" in other.notes[0]


def test_walking_in_two_halves_is_walking_at_once() -> None:
    places = Places()
    walked(8, places=places)
    assert outcome(walked(12, places=places)) == outcome(walked(12))


def test_an_online_estimator_goes_on_by_partial_fit() -> None:
    recipe = {
        "kind": "sklearn",
        "estimator": "sklearn.linear_model.SGDClassifier",
        "params": {"loss": "log_loss"},
        "holdout": "1d",
        "incremental": {"passes": 1},
    }
    spec = tiny_spec(training=recipe, policy=DEEP, validation={"gates": GATES})
    shop = Places().shop(spec, Rows(12))
    list(walk(shop))
    assert [candidate.depth for candidate in candidates(shop)] == ["full", "incremental"]
    assert ended(shop)[1]["semantic_version"] == "1.0.1"
