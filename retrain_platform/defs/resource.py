"""The platform as a Dagster resource, and MLflow's run for each retrain."""

import os
from collections.abc import Iterator
from typing import Any

import dagster as dg

from retrain_platform.resources import Settings, ledger, post, reader_of, settings, values_of, workshop
from retrain_platform.spec.model import ModelSpec


class Platform(dg.ConfigurableResource):
    """Where the platform keeps everything. An empty field takes the environment's, else the embedded default."""

    home: str = ""
    ledger_url: str = ""
    tracking_uri: str = ""
    retrains_at_once: int = 0

    def settings(self) -> Settings:
        """The settings in force."""
        given = {
            "RETRAIN_HOME": self.home,
            "RETRAIN_LEDGER_URL": self.ledger_url,
            "MLFLOW_TRACKING_URI": self.tracking_uri,
            "RETRAIN_FLEET_BUDGET": str(self.retrains_at_once or ""),
        }
        return settings({**os.environ, **{name: value for name, value in given.items() if value}})

    def workshop(self, spec: ModelSpec) -> Any:
        """Everything that a step of the model needs."""
        return workshop(spec, self.settings())

    def reader(self, spec: ModelSpec) -> Any:
        """The model's source alone, for a sensor's tick."""
        return reader_of(spec)

    def values(self) -> Any:
        """The stored values alone, for the fleet."""
        return values_of(self.settings())

    def post(self, spec: ModelSpec) -> Any:
        """What telling people of the model needs."""
        return post(spec, self.settings())

    def ledger(self) -> Any:
        """The ledger alone, for a sensor's tick."""
        return ledger(self.settings())


PLATFORM = Platform()
"""The default; a host project that wants another binds it under the key `retrain`."""


def mlflow_key(model: str) -> str:
    """The resource key of a model's MLflow run: each model has its own experiment."""
    return f"mlflow_{model}"


def mlflow_run(model: str) -> dg.ResourceDefinition:
    """dagster-mlflow's tracking resource for one retrain of `model`; heavy imports wait until it is built.

    A killed attempt left its run RUNNING: the next one adopts it by the decision's id. The run ends
    FINISHED when the retrain has ended on record, else FAILED.
    """

    @dg.resource(description=f"One MLflow run a retrain, in the experiment {model}")
    def tracked(context: dg.InitResourceContext) -> Iterator[Any]:
        from dagster_mlflow.resources import mlflow_tracking

        from retrain_platform.adapters.mlflow_tracking import ensure_experiment, environment_kept, open_run

        at = PLATFORM.settings()
        ensure_experiment(at.tracking_uri, model, at.home / "artifacts")
        tags = context.dagster_run.tags if context.dagster_run else {}
        decision_id, partition = (tags.get(name, "") for name in ("retrain/decision_id", "dagster/partition"))
        adopted = open_run(at.tracking_uri, model, decision_id, f"retrain {partition}") if decision_id else None
        config = _tracking(model, at.tracking_uri, adopted, decision_id)
        with environment_kept():
            run = next(mlflow_tracking.resource_fn(context.replace_config(config)))
            run.ended_on_record = False
            try:
                yield run
            finally:
                run.end_run(status="FINISHED" if run.ended_on_record else "FAILED")

    return tracked


def _tracking(model: str, tracking_uri: str, run_id: str | None, decision_id: str) -> dict[str, Any]:
    """dagster-mlflow's configuration; without a decision, a run of its own."""
    return {
        "experiment_name": model,
        "mlflow_tracking_uri": tracking_uri,
        "mlflow_run_id": run_id,
        "parent_run_id": None,
        "env": {},
        "env_to_tag": None,
        "extra_tags": {"decision_id": decision_id} if decision_id else {},
    }
