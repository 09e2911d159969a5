"""The sensor that tells people: apart from those that ask for runs, so that none waits for a service that is away."""

from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named
from retrain_platform.defs.resource import Platform


def notices(of: Named) -> dg.SensorDefinition:
    """Sends what the ledger newly says to the targets of the spec's section `notify`."""

    @dg.sensor(
        name=f"{of.spec.name}_notices",
        minimum_interval_seconds=30,
        description="Tells people what happened, by the section `notify`.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def _tick(context: dg.SensorEvaluationContext, retrain: Platform) -> Any:
        from retrain_platform.steps.notices.delivering import deliver

        told = deliver(retrain.post(of.spec))
        for name, away in told.away.items():
            context.log.warning(f"{name} could not be told since {away.since:%Y-%m-%d %H:%M} UTC: {away.why}")
        return dg.SkipReason(f"{told.sent} sent, {told.waiting} waiting")

    return _tick
