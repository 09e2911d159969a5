"""Asset of the room `training`: the candidate."""

from pathlib import Path
from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named, mlflow_of, retrain_of
from retrain_platform.defs.plots import bars, quality
from retrain_platform.defs.resource import mlflow_key
from retrain_platform.training.base import Candidate


def candidate_model(of: Named) -> dg.AssetsDefinition:
    """The fit whose exam follows."""

    @of.asset(
        "candidate_model",
        room="training",
        kinds={of.spec.training.kind, "mlflow"},
        deps=of.keys("training_dataset"),
        required_resource_keys={"retrain", mlflow_key(of.spec.name)},
        description="Fitted on the snapshot's training part, stopped early on its own valid part; one MLflow run.",
    )
    def _candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retrain_platform.adapters.mlflow_tracking import log_fit
        from retrain_platform.adapters.provenance import code_tags
        from retrain_platform.steps.training import fit, run_tags

        shop, period, decision, made = retrain_of(of, context)
        candidate = fit(shop, period, decision, made)
        client, run_id = mlflow_of(of, context)
        log_fit(
            client,
            run_id,
            params=shop.spec.training.model_dump(mode="json"),
            curves=candidate.report.curves,
            metrics={"rounds": candidate.report.rounds, "rows": made.rows},
            tags={**run_tags(decision, made, candidate), **code_tags(Path.cwd())},
        )
        metadata = {"decision": decision.id, "trigger": decision.reason, "MLflow run": run_id, **_fitted(candidate)}
        return dg.MaterializeResult(data_version=dg.DataVersion(candidate.model_fingerprint), metadata=metadata)

    return _candidate


def _fitted(candidate: Candidate) -> dict[str, Any]:
    """The fit in numbers and pictures."""
    curves = {
        name: [(f"{i:04d}", v, None, None) for i, v in enumerate(points)]
        for name, points in candidate.report.curves.items()
    }
    return {
        "rounds": candidate.report.rounds,
        "training rows": candidate.training_rows,
        "seen until": candidate.seen_until.isoformat(),
        "importance": bars(candidate.report.importance, title="Feature importance (gain)"),
        **({"curves": quality(curves, title="Metric by round")} if curves else {}),
    }
