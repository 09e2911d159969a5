"""A report with every sum in the user's money beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from retrain_platform.replay.advice import Recommended
from retrain_platform.replay.apart import Difference
from retrain_platform.replay.guarding import Guard
from retrain_platform.replay.money import Money
from retrain_platform.replay.results import (
    Budgeted,
    Cadence,
    EffectCost,
    ReplayedPolicy,
    ReplayReport,
    TriedCadence,
    TriedLimit,
)

_Summed = TypeVar(
    "_Summed", Budgeted, Difference, EffectCost, Guard, Recommended, ReplayedPolicy, TriedCadence, TriedLimit
)

_SUMS: dict[type, tuple[str, ...]] = {
    Budgeted: ("loss", "fixed_loss", "ours_loss"),
    Difference: ("value", "low", "high", "entity_low", "entity_high", "seed_low", "seed_high"),
    Guard: ("loss", "total"),
    TriedLimit: ("tuned_loss", "tuned_total", "loss", "total"),
    TriedCadence: ("total", "never_total", "best_fixed_total"),
    EffectCost: ("total", "without", "costs"),
    Recommended: ("loss", "total", "never_total", "best_fixed_total", "present_loss", "present_total"),
    ReplayedPolicy: ("loss", "total", "regret"),
}
"""Which fields are sums of losses and costs."""


def priced(report: ReplayReport, money: Money) -> ReplayReport:
    """The report with `money` filled in wherever losses and costs are summed."""
    policies = (each.model_copy(update={"apart": _all(each.apart, money)}) for each in report.policies)
    advised = (_advised(each, money) for each in report.recommended)
    return report.model_copy(
        update={
            "money": money,
            "policies": _all(policies, money),
            "recommended": _all(advised, money),
            "budgeted": _all(report.budgeted, money),
            "limits": _all(report.limits, money),
            "effects": _all(report.effects, money),
            "cadences": tuple(_cadence(each, money) for each in report.cadences),
        }
    )


def _advised(each: Recommended, money: Money) -> Recommended:
    guard = None if each.guard is None else _all([each.guard], money)[0]
    return each.model_copy(update={"apart": _all(each.apart, money), "guard": guard})


def _cadence(each: Cadence, money: Money) -> Cadence:
    tried = None if each.tried is None else _all([each.tried], money)[0]
    return each.model_copy(update={"tried": tried})


def _all(records: Iterable[_Summed], money: Money) -> tuple[_Summed, ...]:
    return tuple(each.model_copy(update={"money": _sums(each, money)}) for each in records)


def _sums(record: _Summed, money: Money) -> dict[str, float]:
    found = {name: getattr(record, name) for name in _SUMS[type(record)]}
    return {name: money.of(loss) for name, loss in found.items() if loss is not None}
