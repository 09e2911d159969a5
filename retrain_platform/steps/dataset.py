"""The training dataset of a decision: its rows, its cuts, its description, and its gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from retrain_platform.dataset.checks import CheckResult, ChecksSpec, GateReport
from retrain_platform.dataset.events import known
from retrain_platform.dataset.own_checks import with_own
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot, PeriodReport, describe, report_periods
from retrain_platform.dataset.soundness import kinds_of
from retrain_platform.dataset.split import Split, time_split, with_columns, with_rows
from retrain_platform.dataset.versions import World
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.deciding import decision_of
from retrain_platform.steps.history import history
from retrain_platform.steps.known import ripened
from retrain_platform.steps.lines import DATA_REFUSED, INCIDENT, RETRAINED
from retrain_platform.steps.schema import present_features, world_of
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.watching import features_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.semantic_version import RECIPE, recipe_fingerprint
from retrain_platform.validation.exam import Exam, choose_exam


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
    periods = window_periods(shop, decision.as_of, world_of(shop, period))
    version = shop.lake.version(shop.events)
    rows = _rows(shop, [p.key for p in periods], decision.as_of, version)
    features = present_features(shop, features_of(shop, rows), periods)
    exam = _exam(shop, decision, periods, features)
    made = describe(
        rows,
        model=shop.model,
        decision_id=decision.id,
        as_of=decision.as_of,
        periods=[p.key for p in periods],
        tables={shop.events: version or 0},
        features=features,
        label=shop.spec.label.column,
        task=shop.spec.task,
        seed=shop.spec.training.seed,
        valid_from=_valid_from(shop, periods, exam),
        holdout_from=exam.cut,
        basis=exam.basis,
        basis_why=exam.sentence,
        sources=_sources(shop, periods),
    )
    shop.frames[decision.id] = rows
    shop.values.put(shop.model, "training_dataset", period.key, decision.id, made)
    return made


def _sources(shop: Workshop, periods: Sequence[Period]) -> tuple[str, ...]:
    """The places that the periods' rows were read from, as they were then."""
    taken = shop.values.all(shop.model, "events", Ingested)
    read = (taken[period.key].source for period in periods if period.key in taken)
    return tuple(dict.fromkeys(source for source in read if source))


def window_periods(shop: Workshop, as_of: datetime, world: World | None, *, whole: bool = False) -> list[Period]:
    """The ripe, sound periods that the learner's window covers, made as the newest rows are; `whole`: all of them."""
    window = "all" if whole else shop.spec.training.window
    ripe = [value.period for value in ripened(shop, as_of).values() if value.period.sound]
    kept = [p for p in ripe if window == "all" or p.start >= as_of - window]
    kept = [p for p in kept if world is None or p.start >= world.since]
    return [shop.spec.period.period(p.period) for p in kept]


def _exam(shop: Workshop, decision: RetrainDecision, periods: Sequence[Period], features: Sequence[str]) -> Exam:
    champion = history(shop, shop.spec.period.period(decision.period)).champion
    length = shop.spec.period.length()
    holdout = max(1, round(shop.spec.training.holdout / length))
    return choose_exam(
        decision.as_of,
        [(p.key, p.start, p.end) for p in periods],
        champion.seen_until if champion else None,
        holdout,
        min_periods=holdout,
        recipe_changed=champion is not None and _tags(shop, champion.version).get(RECIPE) != recipe_of(shop, features),
        stop_periods=round(shop.spec.training.early_stop_on / length),
    )


def recipe_of(shop: Workshop, features: Sequence[str]) -> str:
    """The fingerprint of the recipe that the spec has now, for rows with these features."""
    return recipe_fingerprint(shop.spec.training, features, shop.spec.label.column, shop.spec.task)


def _tags(shop: Workshop, version: str) -> dict[str, str]:
    """What the registry says of a version; nothing of an unknown one."""
    return next((made.tags for made in shop.registry.versions(shop.model) if made.version == version), {})


def _valid_from(shop: Workshop, periods: Sequence[Period], exam: Exam) -> datetime:
    """Early stopping watches the last periods before the holdout; a learner without rounds has none."""
    count = round(shop.spec.training.early_stop_on / shop.spec.period.length())
    before = [p for p in periods if p.start < exam.cut]
    return before[-count].start if count else exam.cut


def _rows(shop: Workshop, periods: Sequence[str], as_of: datetime, version: int | None) -> pd.DataFrame:
    frame = known(shop.lake.read(shop.events, periods, version=version, categories=True), as_of)
    return with_rows(frame, frame["_label"].notna().to_numpy())


def rows_of(shop: Workshop, made: DatasetSnapshot) -> pd.DataFrame:
    """The snapshot's rows, read back at the table version that it names."""
    if made.decision_id not in shop.frames:
        shop.frames.clear()
        shop.frames[made.decision_id] = _rows(shop, made.periods, made.as_of, made.tables[shop.events])
    return shop.frames[made.decision_id]


def parts(shop: Workshop, made: DatasetSnapshot) -> Split:
    """The snapshot's rows by use."""
    return time_split(rows_of(shop, made), made.valid_from, made.holdout_from)


def reported_periods(shop: Workshop, made: DatasetSnapshot) -> tuple[PeriodReport, ...]:
    """The snapshot's rows period by period."""
    starts = {key: shop.spec.period.period(key).start for key in made.periods}
    return report_periods(rows_of(shop, made), made, starts)


def check(shop: Workshop, period: Period, made: DatasetSnapshot) -> GateReport:
    """Run the gate on the snapshot; a refusal ends the decision on record, so that the road goes on."""
    rows = rows_of(shop, made)
    frame = with_columns(rows, [*made.features, "_label", "_event_time"])
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
        total_rows=sum(ripe[key].period.rows for key in made.periods),
    )
    report = with_own(report, shop.spec.checks.own, frame)
    report = _with_both_classes(report, parts(shop, made).train["_label"], shop.spec.task)
    shop.values.put(shop.model, "gate", period.key, made.decision_id, report)
    if not report.passed:
        _refuse(shop, period, made, _failed(report))
    return report


def _refuse(shop: Workshop, period: Period, made: DatasetSnapshot, why: str) -> None:
    """Put the refusal on record: an incident that someone should look at, and the retrain's end."""
    incident = {"kind": "gate", "period": period.key}
    shop.ledger.append(shop.model, INCIDENT, f"gate:{made.decision_id}", made.as_of, why=why, body=incident)
    ended = {
        "decision_id": made.decision_id,
        "period": period.key,
        "version": None,
        "verdict": DATA_REFUSED,
        "training_rows": made.rows,
        "seen_until": None,
    }
    shop.ledger.append(shop.model, RETRAINED, f"retrained:{made.decision_id}", made.as_of, why=why, body=ended)


def _failed(report: GateReport) -> str:
    """What the checks that did not pass say."""
    return "; ".join(result.sentence for result in report.results if result.verdict != "passed")


def _with_both_classes(report: GateReport, labels: pd.Series[float], task: str) -> GateReport:
    """The report, failed where the part that is learned from has one class only: the whole may hold both."""
    if task != "binary" or labels.nunique() == 2:
        return report
    alone = ": one class only" if labels.nunique() == 1 else ""
    said = f"classes of the {len(labels)} rows to learn from == {labels.nunique()}, must be 2{alone}"
    others = tuple(result for result in report.results if result.name != "class_balance")
    result = CheckResult(name="class_balance", verdict="failed", sentence=said)
    return report.model_copy(update={"passed": False, "results": (*others, result)})


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
