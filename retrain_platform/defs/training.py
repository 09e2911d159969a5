"""Asset of the room `training`: the candidate."""

from pathlib import Path
from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named, Retrain, mlflow_of, retrain_of
from retrain_platform.defs.plots import bars, listed, quality
from retrain_platform.defs.resource import mlflow_key
from retrain_platform.defs.searching import found_page, trial_rows
from retrain_platform.training.base import Candidate
from retrain_platform.training.search import SearchFailed, SearchReport


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
        from retrain_platform.adapters.mlflow_tracking import log_table
        from retrain_platform.steps.training.fitting import fit

        retrain = retrain_of(of, context)
        shop, period, decision, made = retrain
        client, run_id = mlflow_of(of, context)
        try:
            candidate = fit(shop, period, decision, made, context.log.info)
        except SearchFailed as error:  # on record, as the retrain's end
            raise dg.Failure(str(error), allow_retries=False) from None
        finally:
            report = shop.values.get(of.spec.name, "search", period.key, decision.id, SearchReport)
            if report is not None:
                log_table(client, run_id, "search/trials.csv", trial_rows(report))
        _log(client, run_id, retrain, candidate)
        told = {"decision": decision.id, "trigger": decision.reason, "MLflow run": run_id}
        metadata = {**told, **_fitted(candidate), **(found_page(report) if report else {})}
        return dg.MaterializeResult(data_version=dg.DataVersion(candidate.model_fingerprint), metadata=metadata)

    return _candidate


def _log(client: Any, run_id: str, retrain: Retrain, candidate: Candidate) -> None:
    """The fit on its MLflow run: of which recipe, decision, rows and code it is, and how it went."""
    from retrain_platform.adapters.mlflow_tracking import log_fit
    from retrain_platform.adapters.provenance import code_tags
    from retrain_platform.steps.training.training import run_tags

    log_fit(
        client,
        run_id,
        params={**retrain.shop.spec.training.model_dump(mode="json"), "found": candidate.found},
        curves=candidate.report.curves,
        metrics={"rounds": candidate.report.rounds, "rows": retrain.made.rows},
        tags={**run_tags(retrain.decision, retrain.made, candidate), **code_tags(Path.cwd())},
    )


def _fitted(candidate: Candidate) -> dict[str, Any]:
    """The fit in numbers and pictures."""
    curves = {
        name: [(f"{i:04d}", v, None, None) for i, v in enumerate(points)]
        for name, points in candidate.report.curves.items()
    }
    return {
        "depth": candidate.depth,
        **({"told": listed(candidate.notes)} if candidate.notes else {}),
        "rounds": candidate.report.rounds,
        "training rows": candidate.training_rows,
        "seen until": candidate.seen_until.isoformat(),
        "importance": bars(candidate.report.importance, title="Feature importance (gain)"),
        **({"curves": quality(curves, title="Metric by round")} if curves else {}),
    }
