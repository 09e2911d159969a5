"""From a spec to its whole graph: a plain function, so that a test can build what the YAML builds."""

from typing import Any

import dagster as dg

from retrain_platform.defs import (
    challenger,
    dataset,
    monitoring,
    policy,
    release,
    replay,
    sensors,
    telling,
    training,
    validation,
)
from retrain_platform.defs.launching import launch_tags
from retrain_platform.defs.names import Named, named
from retrain_platform.defs.resource import PLATFORM, mlflow_key, mlflow_run
from retrain_platform.spec.model import ModelSpec

WATCH = (
    "events",
    "predictions",
    "profile",
    "drift_report",
    "performance_report",
    "release",
    "retrain_decision",
    "retraining_log",
)
RETRAIN = ("training_dataset", "candidate_model", "validation_report", "registered_model", "model_card")


def build_model_defs(spec: ModelSpec) -> dg.Definitions:
    """Assets, checks, jobs, sensors and resources of one model."""
    of = named(spec)
    measured = {"measures": monitoring.measures(of)} if spec.monitoring.measures else {}
    gap = {"challenger_gap": challenger.challenger_gap(of)} if spec.monitoring.challenger else {}
    watch = _job(of, "watch", (*WATCH, *measured, *gap))
    decide = _job(of, "decide", ("retrain_decision",))
    retrain = _job(of, "retrain", RETRAIN)
    return dg.Definitions(
        assets=[*measured.values(), *gap.values(), *_assets(of)],
        asset_checks=[dataset.gate(of)],
        jobs=[watch, decide, retrain],
        sensors=[
            sensors.new_periods(of, [watch, decide]),
            sensors.decided_retrains(of, [retrain]),
            sensors.failures(of, [watch, decide, retrain]),
            *([telling.notices(of)] if spec.notify.targets else []),
        ],
        resources={"retrain": PLATFORM, mlflow_key(spec.name): mlflow_run(spec.name)},
    )


def _assets(of: Named) -> list[dg.AssetsDefinition]:
    """The assets that every model has."""
    return [
        dataset.events(of),
        monitoring.predictions(of),
        monitoring.profile(of),
        monitoring.drift_report(of),
        monitoring.performance_report(of),
        release.release(of),
        policy.retrain_decision(of),
        policy.retraining_log(of),
        dataset.training_dataset(of),
        training.candidate_model(of),
        validation.validation_report(of),
        release.registered_model(of),
        validation.model_card(of),
        replay.policy_replay(of),
    ]


def _job(of: Named, kind: str, assets: tuple[str, ...]) -> Any:
    """One step of the road as a job, in one process: a process for each of its small steps would cost seconds."""
    selection = dg.AssetSelection.assets(*of.keys(*assets))
    return dg.define_asset_job(
        sensors.job_name(of.spec.name, kind),
        selection=selection,
        executor_def=dg.in_process_executor,
        tags={"retrain/model": of.spec.name, **(launch_tags(of.spec.operation.resources) if kind == "retrain" else {})},
        description=f"{kind.capitalize()} step of {of.spec.name}'s road",
    )
