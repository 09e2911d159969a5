"""What every asset of a model shares: its key, partitions and owners; and what every step of a retrain begins with."""

from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.defs.resource import mlflow_key
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.spec.model import ModelSpec

if TYPE_CHECKING:
    from retrain_platform.steps.workshop import Workshop


class Named(NamedTuple):
    """A spec and the partitioning that all of its assets share."""

    spec: ModelSpec
    partitions: dg.TimeWindowPartitionsDefinition

    def key(self, asset: str) -> dg.AssetKey:
        """The asset's key: the model's name is its prefix."""
        return dg.AssetKey([self.spec.name, asset])

    def keys(self, *assets: str) -> list[dg.AssetKey]:
        """The keys of several assets."""
        return [self.key(asset) for asset in assets]

    def asset(
        self,
        name: str,
        *,
        room: str,
        description: str,
        kinds: set[str],
        deps: list[Any] | None = None,
        partitioned: bool = True,
        **more: Any,
    ) -> Any:
        """`dg.asset` with what all assets of a model have in common; one not `partitioned` is of all periods."""
        return dg.asset(
            key=self.key(name),
            group_name=room,
            description=description,
            kinds=kinds,
            deps=deps or [],
            partitions_def=self.partitions if partitioned else None,
            owners=list(self.spec.owners),
            tags={"retrain/model": self.spec.name},
            **more,
        )

    def period(self, context: Any) -> Period:
        """The period of the run's partition."""
        return self.spec.period.period(context.partition_key)


def named(spec: ModelSpec) -> Named:
    """The spec with its time partitioning: the calendar's own edges, so that no day is cut."""
    calendar = spec.period
    partitions = dg.TimeWindowPartitionsDefinition(
        start=calendar.at(0).key,
        end=None if calendar.end is None else calendar.end.strftime(calendar.key_format),
        fmt=calendar.key_format,
        cron_schedule=calendar.cron,
        timezone=calendar.timezone,
    )
    return Named(spec, partitions)


class Retrain(NamedTuple):
    """What every step of a retrain begins with: the workshop, the period, the decision obeyed, and its snapshot."""

    shop: "Workshop"
    period: Period
    decision: RetrainDecision
    made: DatasetSnapshot


def retrain_of(of: Named, context: Any) -> Retrain:
    """The retrain that the run carries out; the first step to ask makes the snapshot, the others find it.

    Raises:
        NoDecision: nobody decided to retrain in the run's period.
    """
    from retrain_platform.steps.training.dataset import decided, snapshot

    shop, period = context.resources.retrain.workshop(of.spec), of.period(context)
    decision = decided(shop, period, decision_id(context))
    return Retrain(shop, period, decision, snapshot(shop, period, decision))


def mlflow_of(of: Named, context: Any) -> tuple[Any, str]:
    """The MLflow client of the retrain, and its run's id."""
    run = getattr(context.resources, mlflow_key(of.spec.name))
    return run.tracking_client, run.active_run().info.run_id


def decision_id(context: Any) -> str | None:
    """The decision that the run obeys; None when a person started it from the UI."""
    return context.run.tags.get("retrain/decision_id")
