"""The measured suites by hand: an example of each gate, what a sound candidate gives, and what a broken one does."""

from __future__ import annotations

from typing import Any

from retrain_platform.validation import Behaviour, Compliance, Cost, ExtraSet, Golden, Integration, Robustness
from retrain_platform.validation.base import Measurements
from retrain_platform.validation.behaviour import BehaviourTest
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.suites import (
    Answered,
    Case,
    Costs,
    Disturbed,
    Estimate,
    Held,
    MadeOf,
    ModelCost,
    OnSet,
    Pack,
    Ratio,
    Suites,
)

ROBUSTNESS = Robustness(noise=0.1, missing=0, shuffled=0.2, out_of_range=0)
COMPLIANCE = Compliance(forbidden=("gender",), known_only_after=("arr_*",))
GOLDEN = Golden(path="golden.csv")
BEHAVIOUR = Behaviour(
    tests=(
        BehaviourTest(feature="wind_speed", add=10, score="must_not_fall"),
        BehaviourTest(feature="tailnum", shuffle=True, changes_at_most=0.01, holds_for=0.9),
        BehaviourTest(feature="origin", becomes="JFK", changes_at_most=0.2, holds_for=1),
    )
)
EXTRA = ExtraSet(name="out_of_domain", path="far.parquet", metric="auc", at_least=0.85)
SUITES: tuple[GateBase, ...] = (
    ROBUSTNESS,
    COMPLIANCE,
    Integration(),
    Cost(memory_times=2.0),
    GOLDEN,
    BEHAVIOUR,
    EXTRA,
)
ONE = (Case(id="N123", said="0.9 to 0.1"),)


def estimate(value: float, error: float | None = 0.004, days: int = 14) -> Estimate:
    return Estimate(value=value, error=error, days=days, rows=1400)


def fallen(value: float, error: float | None = 0.004) -> Disturbed:
    return Disturbed(metric="auc", before=0.8, after=0.8 * (1 - value), fall=estimate(value, error), features=ONE)


def model_cost(times: float = 1.0) -> ModelCost:
    """Costs that are so many times those of a millisecond and a mebibyte."""
    seconds = dict.fromkeys(("row_p50", "row_p95", "batch_p50", "batch_p95"), 0.001 * times)
    return ModelCost(**seconds, package_bytes=int(2**20 * times), peak_bytes=int(2**27 * times))


def costs(times: float, log_error: float = 0.02) -> Costs:
    ratio = Ratio(value=times, log_error=log_error, rounds=15)
    return Costs(batch=1000, candidate=model_cost(times), champion=model_cost(), row_times=ratio, batch_times=ratio)


def made_of(*features: str, **changed: Any) -> MadeOf:
    declared = {"owners": "team:a", "licence": "own data", "documentation": "the wiki"}
    fields: dict[str, Any] = {"features": features, "declared": declared, "tells": {"x": 0.7}, "rows": 1400}
    return MadeOf(**fields | changed)


def answered(**changed: Any) -> Answered:
    fields: dict[str, Any] = {"requests": 20, "outcome": "answered", "apart": 0.0, "kept": "ab", "found": "ab"}
    return Answered(**fields | changed)


def on_set(value: float | None, why: str = "") -> OnSet:
    return OnSet(metric="auc", value=value, low=value, high=value, rows=300, digest="d1", why=why)


def suites(fall: float, share: float, times: float, **changed: Any) -> Suites:
    fields: dict[str, Any] = {
        "robustness": {name: fallen(fall) for name in ROBUSTNESS.asked()},
        "compliance": made_of("x", "origin"),
        "integration": answered(),
        "cost": costs(times),
        "golden": {GOLDEN.name: Pack(path="golden.csv", cases=12, digest="d1")},
        "behaviour": {
            BEHAVIOUR.name_of(test): Held(
                share=estimate(1.0 if test.holds_for == 1 and share > 0.9 else share), broke=ONE
            )
            for test in BEHAVIOUR.tests
        },
        "extra": {EXTRA.key: on_set(0.9)},
    }
    return Suites(**fields | changed)


SOUND = suites(fall=0.02, share=0.99, times=1.1)
BROKEN = suites(
    fall=0.5,
    share=0.4,
    times=4.0,
    compliance=made_of("x", "gender", "arr_delay", declared={"owners": "team:a"}, tells={"x": 0.999}),
    integration=answered(apart=0.3, found="cd", worst=ONE),
    golden={GOLDEN.name: Pack(path="golden.csv", cases=12, broken=ONE, digest="d1")},
    extra={EXTRA.key: on_set(0.6)},
)


def with_measured(measurements: Measurements, found: Suites = SOUND) -> Measurements:
    """The measurements, with the suites' too."""
    return measurements.model_copy(update={"suites": found})
