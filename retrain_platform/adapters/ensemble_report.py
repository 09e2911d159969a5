"""What the members of an ensemble say of their fits, put together."""

from __future__ import annotations

from typing import NamedTuple

from retrain_platform.training.anomalies import AnomalyLimits
from retrain_platform.training.base import FitReport, Fitted


class Made(NamedTuple):
    """Fitted models, the pooled one first; the place of each segment's own; how many rows each learned from."""

    models: tuple[Fitted, ...]
    places: dict[str, int]
    rows: tuple[int, ...]
    alone: tuple[str, ...]


def report_of(made: Made, by: str, watch: AnomalyLimits | None) -> FitReport:
    """What the members' fits say together: rounds on average by rows, shares of importance by rows."""
    pooled = made.models[0].report
    boosted = [(model.report.rounds, rows) for model, rows in zip(made.models, made.rows, strict=True)]
    boosted = [(rounds, rows) for rounds, rows in boosted if rounds]
    mean = sum(rounds * rows for rounds, rows in boosted) / sum(rows for _, rows in boosted) if boosted else 0
    return FitReport(
        rounds=max(1, round(mean)) if boosted else 0,
        features=pooled.features,
        importance=_importance(made),
        curves=pooled.curves,
        classes=pooled.classes,
        stopped=next((model.report.stopped for model in made.models if model.report.stopped), ""),
        notes=tuple(_notes(made, by, watch)),
    )


def _importance(made: Made) -> dict[str, float]:
    """Each feature's share of its model's importance, averaged by rows over the models that tell one."""
    shares: dict[str, float] = {}
    for model, rows in zip(made.models, made.rows, strict=True):
        total = sum(model.report.importance.values())
        for name, value in model.report.importance.items() if total > 0 else ():
            shares[name] = shares.get(name, 0.0) + rows * value / total
    whole = sum(shares.values())
    return {name: value / whole for name, value in shares.items()} if whole else {}


def _notes(made: Made, by: str, watch: AnomalyLimits | None) -> list[str]:
    own = ", ".join(f"{name} ({made.rows[place]:,} rows)" for name, place in made.places.items()) or "none"
    said = [f"models of their own by {by}: {own}; all others by the pooled one of {made.rows[0]:,} rows"]
    if made.alone:
        said.append(f"one class alone, so the pooled model answers: {', '.join(made.alone)}")
    if watch is not None and not watch.limits:
        said.append(f"no anomaly limit: of {watch.seen:,} residuals no segment has enough that differ")
    elif watch is not None:
        raised = f"raised by {watch.lift:.3f}" if watch.lift else "not raised: their labels were not above their scores"
        said.append(
            f"beyond the anomaly limit: {watch.flagged:,} of the newest {watch.seen:,} rows; such scores are {raised}"
        )
    return said
