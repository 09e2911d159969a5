"""The fleet of a code location: one asset that ranks all models' recorded decisions, and the budget over them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from retrain_platform.dataset.record import fingerprint
from retrain_platform.defs.plots import table
from retrain_platform.defs.resource import PLATFORM, Platform
from retrain_platform.policy.fleet import Standing, held, ranked
from retrain_platform.spec.model import ModelSpec

KEY = dg.AssetKey(["fleet", "decisions"])
_MODELS: dict[str, ModelSpec] = {}
"""The models that this process has loaded: Dagster hands a component no list of the others."""


def join(spec: ModelSpec) -> None:
    """Count a model among those of the code location."""
    _MODELS[spec.name] = spec


def with_fleet(found: dg.Definitions) -> dg.Definitions:
    """The definitions of a folder of models, with the fleet's asset, job and sensor where there is a model."""
    keys = {spec.key for spec in found.resolve_all_asset_specs()}
    models = [spec for name, spec in sorted(_MODELS.items()) if dg.AssetKey([name, "retrain_decision"]) in keys]
    if not models:
        return found
    job = dg.define_asset_job(
        "fleet",
        selection=dg.AssetSelection.assets(KEY),
        executor_def=dg.in_process_executor,
        description="Ranks all models by what a retrain would gain",
    )
    fleet = dg.Definitions(
        assets=[decisions(models)], jobs=[job], sensors=[new_decisions(job, models)], resources={"retrain": PLATFORM}
    )
    return dg.Definitions.merge(found, fleet)


def standings(platform: Platform, models: Iterable[ModelSpec]) -> list[Standing]:
    """Where each of the models stands."""
    from retrain_platform.steps.policy.fleet import standing

    ledger, values = platform.ledger(), platform.values()
    return [standing(spec, ledger.entries(spec.name), values) for spec in models]


def decisions(models: Sequence[ModelSpec]) -> dg.AssetsDefinition:
    """All models, the one that gains most by a retrain first."""

    @dg.asset(
        key=KEY,
        group_name="fleet",
        kinds={"python"},
        deps=[dg.AssetKey([spec.name, "retrain_decision"]) for spec in models],
        description="All models' newest recorded decisions by what a retrain would gain, and what waits.",
    )
    def _decisions(retrain: Platform) -> dg.MaterializeResult:
        found, at_once = standings(retrain, models), retrain.settings().retrains_at_once
        waits = held(found, at_once)
        return dg.MaterializeResult(
            metadata={
                "models": len(found),
                "retrains waiting": sum(one.waiting is not None for one in found),
                "releases waiting for approval": sum(one.approval for one in found),
                **({} if at_once is None else {"retrains at once": at_once}),
                **_answers(found),
                **_ranking([one.shown(waits.get(one.model, "")) for one in ranked(found)]),
            }
        )

    return _decisions


def _answers(found: Iterable[Standing]) -> dict[str, Any]:
    """Which releases wait for a person, since when, and how to answer; nothing where none does."""
    waiting = [{"model": one.model, "waiting for approval": one.approve} for one in found if one.approve]
    return {"waiting for approval": table(waiting)} if waiting else {}


def _ranking(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The models in their order, and apart from it why: one table of both is too wide for the page."""
    numbers = [{name: value for name, value in line.items() if name != "why"} for line in lines]
    return {"ranking": table(numbers), "why": table([{"model": line["model"], "why": line["why"]} for line in lines])}


def new_decisions(job: Any, models: Sequence[ModelSpec]) -> dg.SensorDefinition:
    """A newer decision of any model is reason to rank them again."""

    @dg.sensor(
        name="fleet_decisions",
        job=job,
        minimum_interval_seconds=300,
        description="Ranks the models again when one of them has decided.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def _tick(retrain: Platform) -> Any:
        seen = [one.model_dump(mode="json") for one in standings(retrain, models) if one.period is not None]
        if not seen:
            return dg.SkipReason("no model has decided yet")
        return dg.RunRequest(run_key=f"fleet:{fingerprint(seen)}")

    return _tick


def held_back(spec: ModelSpec, platform: Platform, retraining: Callable[[str], bool], now: datetime) -> str:
    """Why the model's decided retrain must let others go first; empty where it may begin.

    A retrain that failed, and is not yet asked for again, takes no place.
    """
    at_once = platform.settings().retrains_at_once
    if at_once is None:
        return ""
    join(spec)
    found = standings(platform, _MODELS.values())
    running = [one.model for one in found if one.waiting is not None and retraining(one.model)]
    found = [one for one in found if one.model in running or one.again is None or one.again <= now]
    return held(found, at_once, running).get(spec.name, "")
