"""All models of a code location: one asset ranks them, and a budget lets the best of them be retrained first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from retrain_platform.adapters import clock
from retrain_platform.definitions import defs as location
from retrain_platform.defs import fleet, sensors
from retrain_platform.defs.failures import record_failure
from retrain_platform.defs.graph import build_model_defs
from retrain_platform.defs.names import named
from retrain_platform.defs.resource import Platform
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.policy import decide
from retrain_platform.policy.history import Champion, History
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.defs.places import file_spec, lines, write_rows

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelSpec]:
    rows = write_rows(tmp_path_factory.mktemp("rows"), 2)
    return {name: file_spec(rows, name=name) for name in NAMES}


@pytest.fixture
def platform(tmp_path: Path, specs: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Three models that have all decided to retrain: gamma would gain most, beta was asked for."""
    monkeypatch.setattr(fleet, "_MODELS", dict(specs))
    monkeypatch.delenv("RETRAIN_FLEET_BUDGET", raising=False)
    place = Platform(home=str(tmp_path), retrains_at_once=1)
    for name, gain, answers in (("alpha", 0.01, []), ("beta", None, ["request:1"]), ("gamma", 0.03, [])):
        decided(place, specs[name], gain, answers)
    return place


def decided(platform: Platform, spec: ModelSpec, gain: float | None, answers: list[str]) -> None:
    """A recorded decision of the first day, with its expected gain where it was measured."""
    period = spec.period.at(0)
    made = decide(spec.policy, _history(spec, gain))
    body = {"decision_id": made.id, "period": period.key, "action": "retrain", "retrains": True}
    more = {"urgent": False, "answers": answers, "overrides": []}
    platform.values().put(spec.name, "retrain_decision", period.key, made.id, made)
    ledger = platform.ledger()
    ledger.append(spec.name, "decided", f"decided:{made.id}", period.end, body={**body, **more})
    ledger.append(spec.name, "watched", f"watched:{period.key}", period.end, body=body)


def _history(spec: ModelSpec, gain: float | None) -> History:
    period = spec.period.at(0)
    champion = Champion(
        version="1", decision_id="d", trained_as_of=period.start, training_rows=1, seen_until=period.start,
        released_as_of=period.start,
    )  # fmt: skip
    known: dict[str, Any] = {} if gain is None else {"gaps": (_reading(spec, gain),)}
    return History(
        model=spec.name, as_of=period.end, period=period, period_length=spec.period.length(),
        label_delay=spec.label.delay, champion=champion, **known,
    )  # fmt: skip


def _reading(spec: ModelSpec, gain: float) -> GapReading:
    period = spec.period.at(0)
    return GapReading(period=period.key, as_of=period.end, version="1", metric="auc", judged=("x",), value=gain,
                      stale={"until": period.start, "rows": 9, "value": 0.7})  # fmt: skip


def tick(platform: Platform, spec: ModelSpec, instance: dg.DagsterInstance | None = None) -> str:
    """The run that the model's sensor asks for, or why it asks for none."""
    defs = build_model_defs(spec)
    context = dg.build_sensor_context(
        instance=instance or dg.DagsterInstance.ephemeral(),
        resources={"retrain": platform},
        repository_def=defs.get_repository_def(),
    )
    answer = defs.resolve_sensor_def(f"{spec.name}_decided_retrains").evaluate_tick(context)
    return str(answer.run_requests[0].job_name if answer.run_requests else answer.skip_message)


def test_the_best_goes_first_the_other_says_why_it_waits_and_a_request_always_goes(
    platform: Platform, specs: dict[str, ModelSpec]
) -> None:
    assert tick(platform, specs["gamma"]) == "gamma_retrain"
    assert tick(platform, specs["beta"]) == "beta_retrain"
    assert tick(platform, specs["alpha"]).endswith("waits for the fleet's budget of 1 retrain at once: gamma first")


def test_without_a_budget_all_go(platform: Platform, specs: dict[str, ModelSpec]) -> None:
    free = Platform(home=platform.home)
    assert [tick(free, spec) for spec in specs.values()] == [f"{name}_retrain" for name in NAMES]


def test_a_retrain_that_runs_keeps_its_place_until_it_has_ended(
    platform: Platform, specs: dict[str, ModelSpec]
) -> None:
    instance = dg.DagsterInstance.ephemeral()
    job = build_model_defs(specs["alpha"]).resolve_job_def("alpha_retrain")
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert tick(platform, specs["gamma"], instance).endswith("alpha first")
    ended = {"decision_id": platform.ledger().entries("alpha")[0].body["decision_id"], "version": None}
    period = specs["alpha"].period.at(0)
    body = {**ended, "period": period.key, "verdict": "failed", "training_rows": 1}
    platform.ledger().append("alpha", "retrained", "retrained:1", period.end, body=body)
    assert tick(platform, specs["gamma"], instance) == "gamma_retrain"


def test_a_retrain_that_failed_and_waits_to_be_asked_for_again_takes_no_place(
    platform: Platform, specs: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = platform.ledger().entries("gamma")[0].body["decision_id"]
    record_failure(platform.ledger(), named(specs["gamma"]), work, specs["gamma"].period.at(0).key, "run-1", "it broke")
    assert "attempt 2 of 3 is due at" in tick(platform, specs["gamma"])
    (gamma,) = fleet.standings(platform, [specs["gamma"]])
    assert gamma.again == lines(platform, specs["gamma"])[-2].at + timedelta(minutes=10)
    assert gamma.shown()["retrain"] == f"it failed, and begins again from {gamma.again:%Y-%m-%d %H:%M} UTC on"
    assert tick(platform, specs["alpha"]) == "alpha_retrain"
    monkeypatch.setattr(sensors, "now", lambda: clock.now() + timedelta(minutes=10))
    assert tick(platform, specs["alpha"]).endswith("gamma first")


def test_one_asset_ranks_them(platform: Platform, specs: dict[str, ModelSpec]) -> None:
    merged = dg.Definitions.merge(*(build_model_defs(spec) for spec in specs.values()))
    defs = fleet.with_fleet(merged)
    dg.Definitions.validate_loadable(defs)
    asset = fleet.decisions(list(specs.values()))
    result = dg.materialize([asset], resources={"retrain": platform})
    metadata = result.asset_materializations_for_node("fleet__decisions")[0].metadata
    ranking = metadata["ranking"].value
    assert metadata["retrains waiting"].value == 3
    assert ranking.index("| gamma") < ranking.index("| alpha") < ranking.index("| beta")
    assert "held back by the fleet's budget of 1 retrain at once: gamma first" in ranking


def test_it_is_ranked_again_when_a_model_has_decided_anew(platform: Platform, specs: dict[str, ModelSpec]) -> None:
    merged = fleet.with_fleet(dg.Definitions.merge(*(build_model_defs(spec) for spec in specs.values())))

    def key() -> str:
        context = dg.build_sensor_context(resources={"retrain": platform}, repository_def=merged.get_repository_def())
        (asked,) = merged.resolve_sensor_def("fleet_decisions").evaluate_tick(context).run_requests
        return str(asked.run_key)

    before = key()
    assert key() == before
    decided(platform, specs["alpha"], 0.09, [])
    assert key() != before


def test_a_code_location_has_its_fleet_of_its_own_models_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_MODELS", {})
    assert fleet.with_fleet(dg.Definitions()).resolve_all_asset_specs() == []
    (found,) = [spec for spec in location().resolve_all_asset_specs() if spec.key == fleet.KEY]
    shipped = {"arrival_minutes", "flight_delay", "health_predictor", "score_predictor"}
    assert {dep.asset_key.path[0] for dep in found.deps} == shipped


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_budget_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRAIN_FLEET_BUDGET", text)
    with pytest.raises(ValueError, match=r"RETRAIN_FLEET_BUDGET == .*, must be a whole number >= 1"):
        Platform().settings()
