"""Gates as a user writes them: one that is sound, and some that are not."""

from __future__ import annotations

from typing import Any

from retrain_platform.validation.base import GateResult, Measurements


def not_much_worse(measurements: Measurements) -> GateResult:
    """The AUC may fall by 0.05."""
    if measurements.basis == "alone":
        said = "no champion to compare with"
        return GateResult(gate="not_much_worse", verdict="passed", value=None, limit=None, sentence=said)
    auc = measurements.comparisons.get("auc")
    if auc is None or auc.difference is None:
        said = measurements.why or "auc was not measured"
        return GateResult(gate="not_much_worse", verdict="cannot tell", value=None, limit=None, sentence=said)
    return GateResult(
        gate="not_much_worse",
        verdict="passed" if auc.difference >= -0.05 else "failed",
        value=auc.difference,
        limit=-0.05,
        sentence=f"auc {auc.difference:+.4f}, must be >= -0.05",
    )


def breaks(measurements: Measurements) -> GateResult:
    raise ZeroDivisionError("float division by zero")


def bare(measurements: Measurements) -> Any:
    return True


def nothing(measurements: Measurements) -> Any:
    return []


def blind(measurements: Measurements) -> list[GateResult]:
    """Passes whatever was measured, and says nothing."""
    return [GateResult(gate="blind", verdict="passed", value=None, limit=None, sentence="")] * 1
