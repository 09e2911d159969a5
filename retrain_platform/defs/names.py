"""What every asset of a model shares: its key, partitions, owners and where its steps read from."""

from typing import Any, NamedTuple

import dagster as dg

from retrain_platform.dataset.period import Period
from retrain_platform.spec.model import ModelSpec


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
        self, name: str, *, room: str, description: str, kinds: set[str], deps: list[Any] | None = None, **more: Any
    ) -> Any:
        """`dg.asset` with what all assets of a model have in common."""
        return dg.asset(
            key=self.key(name),
            group_name=room,
            description=description,
            kinds=kinds,
            deps=deps or [],
            partitions_def=self.partitions,
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


def decision_id(context: Any) -> str | None:
    """The decision that the run obeys; None when a person started it from the UI."""
    return context.run.tags.get("retrain/decision_id")
