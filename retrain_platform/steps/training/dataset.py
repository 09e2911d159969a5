"""The training dataset of a decision: its rows, its cuts, its description, and its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from retrain_platform.dataset.checks import CheckResult, ChecksSpec, GateReport
from retrain_platform.dataset.events import known
from retrain_platform.dataset.own_checks import with_own
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.selection import labelled, without_outliers
from retrain_platform.dataset.snapshot import DatasetSnapshot, PeriodReport, describe, report_periods
from retrain_platform.dataset.soundness import kinds_of
from retrain_platform.dataset.split import Split, with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.history import DATA_REFUSED
from retrain_platform.steps.dataset.ingesting import features_of
from retrain_platform.steps.dataset.schema import present_features, world_of
from retrain_platform.steps.known import ripened
from retrain_platform.steps.lines import INCIDENT, RETRAINED
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.training.selecting import begin, part, select
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop


class NoDecision(RuntimeError):
    """Nobody decided to retrain in this period."""


class GateNotPassed(RuntimeError):
    """The training dataset's checks did not pass, or did not run."""


def decided(shop: Workshop, period: Period, decision_id: str | None) -> RetrainDecision:
    """The decision that a retrain of this period obeys.

    Raises:
        NoDecision: when there is none, or it asks for no retrain.
    """
    decision = decision_of(shop, period.key, decision_id)
    if decision is None or not decision.action.retrains:
        found = "none" if decision is None else f"{decision.action.value} ({decision.reason})"
        raise NoDecision(
            f"decision of {period.key} == {found}, must be a recorded retrain; ask for one with: "
            f"retrain retrain {shop.model} --why '...'"
        )
    return decision


def snapshot(shop: Workshop, period: Period, decision: RetrainDecision) -> DatasetSnapshot:
    """Fix which rows the decision trains on: table version, periods, cuts, content; the same again is a look-up."""
    standing = shop.values.get(shop.model, "training_dataset", period.key, decision.id, DatasetSnapshot)
    if standing is not None:
        return standing
    rows, made = _chosen(shop, period, decision)
    shop.frames[decision.id] = rows
    shop.values.put(shop.model, "training_dataset", period.key, decision.id, made)
    return made


def _chosen(shop: Workshop, period: Period, decision: RetrainDecision) -> tuple[pd.DataFrame, DatasetSnapshot]:
    """The rows that the decision trains on, and what says so."""
    recipe, champion = shop.spec.training, history(shop, shop.spec.period.period(decision.period)).champion
    periods, how = begin(shop, decision, world_of(shop, period), champion)
    version = shop.lake.version(shop.events)
    read = [*(shop.spec.period.period(key) for key in how.older), *periods]
    frame = _read(shop, [each.key for each in read], decision.as_of, version)
    features = present_features(shop, features_of(shop, frame), read)
    chosen = labelled(frame, how, recipe.seed, features)
    parted = part(shop, decision, chosen.rows, periods, features, champion)
    rows, how, dropped = select(recipe, chosen, how, parted, features)
    return rows, describe(
        rows,
        model=shop.model,
        decision_id=decision.id,
        as_of=decision.as_of,
        periods=[p.key for p in periods],
        tables={shop.events: version or 0},
        features=features,
        label=shop.spec.label.column,
        task=shop.spec.task,
        seed=recipe.seed,
        valid_from=parted.cuts.valid_from,
        holdout_from=parted.cuts.holdout_from,
        basis=parted.exam.basis,
        basis_why=parted.exam.sentence,
        dropped=dropped,
        sources=_sources(shop, read),
        selection=how,
        query=shop.spec.label.query,
    )


def _sources(shop: Workshop, periods: Sequence[Period]) -> tuple[str, ...]:
    """The places that the periods' rows were read from, as they were then."""
    taken = shop.values.all(shop.model, "events", Ingested)
    read = (taken[period.key].source for period in periods if period.key in taken)
    return tuple(dict.fromkeys(source for source in read if source))


def _read(shop: Workshop, periods: Sequence[str], as_of: datetime, version: int | None) -> pd.DataFrame:
    return known(shop.lake.read(shop.events, periods, version=version, categories=True), as_of)


def rows_of(shop: Workshop, made: DatasetSnapshot) -> pd.DataFrame:
    """The snapshot's rows, read back at the table version that it names."""
    if made.decision_id not in shop.frames:
        shop.frames.clear()
        frame = _read(shop, made.read_periods, made.as_of, made.tables[shop.events])
        rows = labelled(frame, made.selection, made.seed, made.features).rows
        shop.frames[made.decision_id] = without_outliers(rows, made.selection, made.cuts)
    return shop.frames[made.decision_id]


def parts(shop: Workshop, made: DatasetSnapshot) -> Split:
    """The snapshot's rows by use."""
    return made.selection.parts(rows_of(shop, made), made.cuts)


def reported_periods(shop: Workshop, made: DatasetSnapshot) -> tuple[PeriodReport, ...]:
    """The snapshot's rows period by period."""
    starts = {key: shop.spec.period.period(key).start for key in made.read_periods}
    return report_periods(rows_of(shop, made), made, starts)


def check(shop: Workshop, period: Period, made: DatasetSnapshot) -> GateReport:
    """Run the gate on the snapshot; a refusal ends the decision on record, so that the road goes on."""
    rows = rows_of(shop, made)
    counted = ["_entity"] if shop.spec.checks.min_entities > 1 else []
    frame = with_columns(rows, [*made.features, "_label", "_event_time", *counted])
    ripe = ripened(shop, made.as_of)
    report = shop.gate(
        frame,
        _limits(shop),
        snapshot_id=made.id,
        features=kinds_of(with_columns(rows, made.features)),
        label="_label",
        task=shop.spec.task,
        as_of=made.as_of,
        newest=made.newest,
        total_rows=_rows_of_any(made, sum(ripe[key].period.rows for key in made.periods)),
    )
    report = with_own(report, shop.spec.checks.own, frame)
    report = _with_both_classes(report, parts(shop, made).train["_label"], shop.spec.task)
    report = _with_rows_left(report, made)
    shop.values.put(shop.model, "gate", period.key, made.decision_id, report)
    if not report.passed:
        _refuse(shop, period, made, _failed(report))
    return report


def _rows_of_any(made: DatasetSnapshot, rows: int) -> int:
    """The chosen rows, with a label or without: `rows` of the periods where all of them were chosen."""
    taken = made.selection.unlabelled
    return rows if taken is None else taken + made.rows


def _with_rows_left(report: GateReport, made: DatasetSnapshot) -> GateReport:
    """The report, failed where the window holds too little, or where cleaning leaves less than half to learn from."""
    said, left = made.selection.refused, made.parts["train"].rows
    dropped = made.dropped.get("outliers", 0)
    if dropped > left:
        said = f"rows to learn from == {left} without {dropped} outliers, must be at least half of {left + dropped}"
    if not said:
        return report
    return report.with_result(CheckResult(name="row_minimum", verdict="failed", sentence=said))


def _refuse(shop: Workshop, period: Period, made: DatasetSnapshot, why: str) -> None:
    """Put the refusal on record: an incident that someone should look at, and the retrain's end."""
    incident = {"kind": "gate", "period": period.key}
    shop.ledger.append(shop.model, INCIDENT, f"gate:{made.decision_id}", made.as_of, why=why, body=incident)
    end_unfitted(shop, period, made, DATA_REFUSED, why)


def end_unfitted(
    shop: Workshop, period: Period, made: DatasetSnapshot, verdict: str, why: str, more: Mapping[str, Any] | None = None
) -> None:
    """Put the end of a retrain on record that came to no candidate."""
    decision = decision_of(shop, period.key, made.decision_id)
    ended = {
        "decision_id": made.decision_id,
        "period": period.key,
        "version": None,
        "verdict": verdict,
        "depth": decision.depth if decision else "full",
        "training_rows": made.rows,
        "seen_until": None,
        **(more or {}),
    }
    shop.ledger.append(shop.model, RETRAINED, f"retrained:{made.decision_id}", made.as_of, why=why, body=ended)


def _failed(report: GateReport) -> str:
    """What the checks that did not pass say."""
    return "; ".join(result.sentence for result in report.results if result.verdict != "passed")


def _with_both_classes(report: GateReport, labels: pd.Series[float], task: str) -> GateReport:
    """The report, failed where the part that is learned from has one class only: the whole may hold both."""
    several = task == "multiclass"
    if task not in ("binary", "multiclass") or labels.nunique() == 2 or (several and labels.nunique() > 2):
        return report
    alone = ": one class only" if labels.nunique() == 1 else ""
    must = "at least 2" if several else "2"
    said = f"classes of the {len(labels)} rows to learn from == {labels.nunique()}, must be {must}{alone}"
    return report.with_result(CheckResult(name="class_balance", verdict="failed", sentence=said))


def _limits(shop: Workshop) -> ChecksSpec:
    """The spec's checks; unsaid, the newest labelled row may be three periods and the labels' wait old."""
    given, length = shop.spec.checks, shop.spec.period.length()
    if given.fresh_within is not None:
        return given
    return given.model_copy(update={"fresh_within": 3 * length + shop.spec.label_wait()})


def require_gate(shop: Workshop, period: Period, made: DatasetSnapshot) -> None:
    """Refuse a snapshot whose gate did not pass, however the run was started.

    Raises:
        GateNotPassed: naming the snapshot and what failed.
    """
    report = shop.values.get(shop.model, "gate", period.key, made.decision_id, GateReport)
    if report is None or report.snapshot_id != made.id:
        raise GateNotPassed(
            f"checks of snapshot {made.id} == not run, must have passed; materialise training_dataset with its checks"
        )
    if not report.passed:
        raise GateNotPassed(f"checks of snapshot {made.id} == failed, must have passed: {_failed(report)}")
