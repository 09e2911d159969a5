"""Another system answers and keeps its predictions; the platform judges it, and replaces it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.reports import PerformanceReport
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.release.base import Stage
from retrain_platform.replay.walk import walk
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import Places, Rows, rows, tiny_spec

TABLE = {
    "kind": "python",
    "call": "elsewhere:answers",
    "time": "answered_at",
    "on": {"who": "customer", "at": "answered_at"},
    "score": "risk",
    "version": "by",
}
RELEASE = {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2}
Change = Callable[[pd.DataFrame, Period], pd.DataFrame]


def rule(period: Period) -> pd.DataFrame:
    """What the model from outside answered: a rule that knows `x` and not the shop."""
    frame = rows(period)
    risk = 1 / (1 + np.exp(-0.8 * frame["x"].to_numpy()))
    return pd.DataFrame({"answered_at": frame["at"], "customer": frame["who"], "risk": risk, "by": "old-rules"})


class Serving:
    """The team's own service: it serves the registry's champion, once there is one, and keeps what it answered."""

    def __init__(self, change: Change = lambda table, period: table) -> None:
        self.change, self.shop = change, None

    def __call__(self, period: Period) -> pd.DataFrame:
        table = rule(period)
        version = self.shop.registry.aliases(self.shop.model).get("champion")
        if version is not None:
            table["risk"], table["by"] = self.shop.fitted(version).score(rows(period)), int(version)
        return self.change(table, period)


def walked(days: int, change: Change = lambda table, period: table, **changed: Any) -> Workshop:
    serving = Serving(change)
    spec = tiny_spec(**{"predictions": TABLE, "release": RELEASE, **changed})
    shop = serving.shop = replace(Places().shop(spec, Rows(days)), recorded=serving)
    for _ in walk(shop):
        pass
    return shop


@pytest.fixture(scope="module")
def lived() -> Workshop:
    return walked(16)


def scored(shop: Workshop) -> dict[str, Scored]:
    return shop.values.all(shop.model, "predictions", Scored)


def test_the_model_from_outside_is_measured_from_the_first_period_on(lived: Workshop) -> None:
    first = next(iter(scored(lived).values()))
    assert (first.versions, first.used, first.problems) == ({"champion": "existing"}, {"champion": 300}, ())
    reports = lived.values.all(lived.model, "performance_report", PerformanceReport).values()
    told = [each for report in reports for each in report.measured if each.ripe and each.version == "existing"]
    assert all(0.65 < each.metrics["auc"].value < 0.95 for each in told if each.metrics["auc"].value is not None)
    assert len(told) > 4


def test_a_candidate_is_examined_beside_what_was_recorded(lived: Workshop) -> None:
    report = next(iter(lived.values.all(lived.model, "validation_report", ValidationReport).values()))
    measured = report.measurements
    assert (measured.basis, measured.rows) == ("holdout", 300)
    assert measured.scores["champion"].rows == 300
    auc = measured.comparisons["auc"]
    labels = rows(lived.spec.period.period(f"{measured.holdout_start:%Y-%m-%d}"))
    assert auc.champion == pytest.approx(roc_auc_score(labels["bad"], labels["x"]))


def test_it_takes_over_by_shadow_and_bake_and_serving_follows(lived: Workshop) -> None:
    moved = [(entry.kind, entry.body["version"]) for entry in lived.entries() if entry.body.get("version")]
    assert moved[0] == ("outside_promotion", "existing")
    assert [kind for kind, version in moved if version == "1" and kind != RETRAINED][:3] == [
        "opened",
        "promoted",
        "proven",
    ]
    ended = {release.version: release for release in lived.state().ended}
    assert ended["1"].stage is Stage.DONE
    assert ended["1"].previous == "existing"
    later = [each for each in scored(lived).values() if each.versions.get("champion") == "1"]
    assert later
    assert all(each.used["champion"] == 300 for each in later)
    assert not [problem for each in later for problem in each.problems]


def test_the_registry_is_never_given_an_alias_of_what_it_does_not_hold() -> None:
    shop = walked(3)
    assert shop.state().champion == "existing"
    assert shop.registry.aliases(shop.model) == {}


def test_what_is_due_before_there_are_periods_enough_for_a_first_training_waits() -> None:
    shop = walked(9, policy={"kind": "any_of", "policies": [{"kind": "schedule", "every": "2d"}]})
    decided = {entry.body["period"]: entry.body for entry in shop.entries() if entry.kind == "decided"}
    assert decided
    assert min(key for key, body in decided.items() if body["retrains"]) == "2024-01-04"
    waited = shop.values.newest(shop.model, "retrain_decision", "2024-01-03", RetrainDecision)
    assert waited is not None
    assert not waited.action.retrains
    assert "a first training takes 600 of 3" in waited.reason


def test_rows_without_a_prediction_are_told_and_not_measured() -> None:
    shop = walked(5, lambda table, period: table.iloc[: len(table) // 2])
    assert [each.used for each in scored(shop).values()] == [{"champion": 150}] * 5
    ingested = shop.values.all(shop.model, "events", Ingested).values()
    assert all("150 of 300 rows have no prediction in function elsewhere:answers" in each.notes for each in ingested)
    report = shop.values.all(shop.model, "performance_report", PerformanceReport)["2024-01-04"]
    assert {each.labelled for each in report.measured if each.ripe} == {150}


def test_a_period_without_any_prediction_is_told_and_the_road_goes_on() -> None:
    shop = walked(6, lambda table, period: table.iloc[:0] if period.key == "2024-01-03" else table)
    lost = scored(shop)["2024-01-03"]
    assert lost.versions == {}
    assert lost.problems == ("version existing (champion) has no recorded prediction of any of 300 rows",)
    assert "scoring" in [entry.body.get("kind") for entry in shop.entries() if entry.kind == "incident"]


def test_a_service_that_answers_otherwise_than_the_registered_version_is_told() -> None:
    def off(table: pd.DataFrame, period: Period) -> pd.DataFrame:
        served = table["by"] != "old-rules"
        return table.assign(risk=np.where(served, table["risk"] * 0.9, table["risk"]))

    told = [problem for each in scored(walked(14, off)).values() for problem in each.problems]
    assert told
    assert told[0].startswith("the answers that were served are not those of version 1: 300 of 300 rows differ")


def test_a_service_that_does_not_follow_the_alias_is_told() -> None:
    stale = walked(11, lambda table, period: rule(period))
    told = [each.problems for each in scored(stale).values() if each.problems]
    assert stale.state().champion == "1"
    assert told[0] == (
        "300 of 300 rows were answered by old-rules, which the release gives no part: "
        "what serves does not follow the registry's aliases",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table, period: table.assign(risk=table["risk"] * 100), "must be a chance between 0 and 1"),
        (lambda table, period: table.assign(risk="high"), "predictions.score: risk == 'high'"),
        (lambda table, period: table.drop(columns="customer"), "predictions names 'customer', must be a column of the"),
        (lambda table, period: table.assign(answered_at="soon"), "answered_at == 'soon', must be a time"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_field_value_and_cure(change: Change, said: str) -> None:
    with pytest.raises(BadEvents) as told:
        walked(1, change)
    assert said in str(told.value)
