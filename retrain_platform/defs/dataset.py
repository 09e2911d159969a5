"""Assets of the room `dataset`: events, the training dataset, and its blocking checks."""

import warnings
from typing import Any

import dagster as dg

from retrain_platform.dataset.checks import CHECK_NAMES, CheckName, CheckResult
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.defs.dataset_pages import rows_chosen
from retrain_platform.defs.names import Named, retrain_of
from retrain_platform.defs.plots import bars, listed, periods, table
from retrain_platform.defs.resource import Platform


def events(of: Named) -> dg.AssetsDefinition:
    """The rows of a period, as the source has them."""
    recorded = of.spec.predictions
    places = [of.spec.source, *of.spec.source.joins, *([] if recorded is None else [recorded])]
    upstream = list(dict.fromkeys(dg.AssetKey(place.key) for place in places if place.kind == "asset"))

    @of.asset(
        "events",
        room="dataset",
        kinds={"deltalake", "pandas"},
        deps=upstream,
        description="Rows of the period; labels join as they arrive.",
    )
    def _events(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.dataset.ingesting import ingest

        value = ingest(retrain.workshop(of.spec), of.period(context))
        for problem in (*value.problems, *value.notes):
            context.log.warning(problem)
        return dg.MaterializeResult(metadata=_taken(value))

    return _events


def _taken(value: Any) -> dict[str, Any]:
    """What a person wants to see of a period's rows."""
    return {
        "dagster/row_count": value.rows,
        "duplicates removed": value.duplicates,
        "labels": "still arriving" if value.live else "loaded as history: event time + delay",
        "problems": listed(value.problems),
        "source": value.source,
        "joins, predictions and rolling features": listed(value.notes, none="nothing to tell"),
        "table version": -1 if value.table_version is None else value.table_version,
    }


def training_dataset(of: Named) -> dg.AssetsDefinition:
    """The immutable snapshot of a decided retrain."""

    @of.asset(
        "training_dataset",
        room="dataset",
        kinds={"deltalake"},
        deps=of.keys("events", "retrain_decision"),
        required_resource_keys={"retrain"},
        description="The rows that the period's decision trains on: table version, cuts, content fingerprint.",
    )
    def _training_dataset(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retrain_platform.steps.training.dataset import reported_periods

        shop, _, _, made = retrain_of(of, context)
        recipe = of.spec.training
        starts = [(key, of.spec.period.period(key).start) for key in made.read_periods]
        return dg.MaterializeResult(
            data_version=dg.DataVersion(made.id),
            metadata={
                **_origin(made),
                **rows_chosen(made, half_life=recipe.half_life, balance=recipe.balance, starts=starts),
                "rows by period": periods(reported_periods(shop, made), label=made.label, rate=made.task == "binary"),
                "missing": _missing(made),
                "parts": table(made.part_rows()),
                "columns": table(made.column_rows()),
            },
        )

    return _training_dataset


def _origin(made: DatasetSnapshot) -> dict[str, Any]:
    """What the snapshot is, where its rows come from, and how its candidate will be examined."""
    return {
        "dagster/row_count": made.rows,
        "snapshot": made.id,
        "decision": made.decision_id,
        "tables": ", ".join(f"{name}@{version}" for name, version in made.tables.items()),
        "sources": listed(made.sources, none="not on record"),
        "periods": f"{made.periods[0]} to {made.periods[-1]} ({len(made.periods)})",
        "exam": made.basis_why,
    }


def _missing(made: DatasetSnapshot) -> dg.MarkdownMetadataValue:
    """Which features miss the most values."""
    shares = made.missing()
    if not shares:
        return dg.MetadataValue.md("no feature misses a value")
    return bars(shares, title="Share of rows that miss the feature, the worst ones")


_ASKS: dict[CheckName, str] = {
    "schema": "Is every feature there, and the label?",
    "types": "Are numbers numbers and texts texts, as in the periods before?",
    "missing": "Does no feature miss more of its values than checks.max_missing?",
    "ranges": "Are all numbers finite?",
    "freshness": "Is the newest labelled row as young as checks.fresh_within asks?",
    "label_availability": "Did at least checks.min_label_share of the rows get a label?",
    "row_minimum": "Are there at least checks.min_rows labelled rows, min_entities entities, over min_span?",
    "class_balance": "Is the rarer class at least checks.min_class_share of the rows?",
    "expectations": "Do the spec's own checks.expectations hold?",
}


def _shown(result: CheckResult) -> dict[str, Any]:
    """What the check's page shows; the number is drawn over the partitions."""
    numbers = {name: value for name, value in (("value", result.value), ("limit", result.limit)) if value is not None}
    examples = {"examples": ", ".join(result.examples)} if result.examples else {}
    return {"said": result.sentence, **numbers, **examples}


def _check_specs(of: Named) -> list[dg.AssetCheckSpec]:
    """The gate's checks; without the asset's own partitions a check records none."""
    with warnings.catch_warnings():
        # Partitioned checks are in preview until Dagster says otherwise; a test guards that they load and record.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                name,
                asset=of.key("training_dataset"),
                description=_ASKS[name],
                blocking=True,
                partitions_def=of.partitions,
            )
            for name in CHECK_NAMES
        ]


def gate(of: Named) -> dg.AssetChecksDefinition:
    """The training gate: Great Expectations checks that block what comes after in the run."""
    specs = _check_specs(of)

    @dg.multi_asset_check(
        name=f"{of.spec.name}__training_gate", specs=specs, can_subset=False, required_resource_keys={"retrain"}
    )
    def _gate(context: dg.AssetCheckExecutionContext) -> Any:
        from retrain_platform.steps.training.dataset import check

        shop, period, _, made = retrain_of(of, context)
        report = check(shop, period, made)
        answers = {result.name: result for result in report.results}
        for name in CHECK_NAMES:
            result = answers.get(name)
            yield dg.AssetCheckResult(
                check_name=name,
                asset_key=of.key("training_dataset"),
                passed=result is None or result.verdict == "passed",
                metadata={"said": "not asked for by the spec"} if result is None else _shown(result),
            )

    return _gate
