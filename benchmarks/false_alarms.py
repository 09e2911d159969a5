"""How often the triggers fire where nothing changes, against the rates that they state; and how soon where it does.

    python benchmarks/false_alarms.py [--streams 1000] [--errors 1000] [--workers 2]

Prints Markdown tables: a line a trigger, a column a kind of stream. A share is over its rate where so many alarms, or
more, would come in less than 1 of 100 runs at the stated rate (one-sided, binomial); that is where its lower bound,
also one-sided at 99% (Clopper and Pearson), is over the rate.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from math import exp, inf, sqrt
from typing import TypeVar

import numpy as np
from alarm_parts.judging import drift_histories, error_history, performance_history
from alarm_parts.streams import FEATURES, REFERENCE_WEEKS, ROADS, SEGMENT, Floats, daily, simulated
from scipy.stats import beta, binom

from retrain_platform.policy import (
    CorrelationPolicy,
    ErrorStreamPolicy,
    FeatureDriftPolicy,
    NewCategoriesPolicy,
    PerformancePolicy,
    PredictionDriftPolicy,
    SegmentMixPolicy,
)
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.history import History
from retrain_platform.stats.cusum import run_length, threshold_for

NOTHING = 1e-9
"""A limit so low that the noise alone decides."""

LATE = 17
"""Weeks of the errors before they shift: 119 days."""

Pool = ProcessPoolExecutor
Told = TypeVar("Told")

SHIFTED = ("independent days", "AR(1) days, .6")
"""The days of which delays are measured."""

_MOST_WEEKS, _DRIFT_WEEKS = 20, 12
"""A delay of an error stream, and of drift, is followed so far."""


def drift_policies(stream: int) -> dict[str, tuple[Policy, float]]:
    """By name, the policy and the rate that it states a decision."""
    methods = ("psi", "js", "ks", "wasserstein", "chi_squared")
    made: dict[str, tuple[Policy, float]] = {}
    for method in methods:
        known = {"method": method, "features": FEATURES, "over": NOTHING, "false_alarms": 0.05}
        made[f"feature_drift {method}"] = FeatureDriftPolicy.model_validate(known), 0.05
        made[f"feature_drift {method}, segment"] = FeatureDriftPolicy.model_validate(known | {"segment": SEGMENT}), 0.05
    one = FEATURES[stream % len(FEATURES)]  # a feature a stream: those of one stream are not independent
    plain = FeatureDriftPolicy(features=(one,), over=NOTHING)
    made["feature_drift psi, no false_alarms, one feature"] = plain, 1 / (REFERENCE_WEEKS + 1)
    fresh = NewCategoriesPolicy(features=FEATURES, over=NOTHING, false_alarms=0.05)
    made["new_categories"] = fresh, 0.05
    made["segment_mix"] = SegmentMixPolicy(over=NOTHING), 0.05
    made["prediction_drift"] = PredictionDriftPolicy(over=NOTHING), 0.05
    made["correlation"] = CorrelationPolicy(over=NOTHING), 0.05
    return made


def performance_policies() -> dict[str, tuple[Policy, float, int]]:
    """By name, the policy, its rate, and how many ripe weeks it looks back on."""
    proven = PerformancePolicy(metric="auc", falls_by=NOTHING)
    segments = PerformancePolicy(metric="auc", falls_by=NOTHING, segments=(SEGMENT,))
    best = PerformancePolicy(metric="auc", falls_by=NOTHING, against="best")
    return {
        "performance": (proven, 0.05, 12),
        "performance, 6 segments": (segments, 0.05, 12),
        "performance, against: best": (best, 0.05, 12),
    }


def fires(policy: Policy, known: History) -> bool:
    return decide(policy, known).finding.parts[0].fired


def drift_stream(road: str, stream: int) -> list[str]:
    """The names of the policies that fire on one stream."""
    rng = np.random.default_rng([1, list(ROADS).index(road), stream])
    known = next(drift_histories(ROADS[road](REFERENCE_WEEKS + 1, rng)))
    return [name for name, (policy, _) in drift_policies(stream).items() if fires(policy, known)]


def performance_stream(stream: int) -> list[str]:
    rng = np.random.default_rng([2, stream])
    return [
        name
        for name, (policy, _, weeks) in performance_policies().items()
        if fires(policy, performance_history(weeks, 6, rng))
    ]


def losses(kind: str, days: int, rng: np.random.Generator) -> Floats:
    """Daily mean losses of level 1 and standard deviation .1."""
    if kind == "skewed days":
        skewed: Floats = 1 + 0.1 * (rng.gamma(4, size=days) - 4) / 2
        return skewed
    return 1 + 0.1 * daily(days, 1, ERRORS[kind], rng)[:, 0]


ERROR_STREAM = "error_stream, any day of 52 weeks"
ERRORS = {
    "independent days": 0.0,
    "AR(1) days, .3": 0.3,
    "AR(1) days, .5": 0.5,
    "AR(1) days, .6": 0.6,
    "AR(1) days, .7": 0.7,
    "skewed days": 0.0,
}
"""The correlation of neighbouring days."""


def error_stream(kind: str, stream: int) -> list[str]:
    """Whether any decision of a year fires: no later day changes what a day said, so one look sees them all."""
    rng = np.random.default_rng([3, list(ERRORS).index(kind), stream])
    known = error_history(losses(kind, 364, rng), 52, newest=52)
    return [ERROR_STREAM] if fires(ErrorStreamPolicy(), known) else []


def delay(shift: float, kind: str, stream: int) -> float:
    """Weeks from the shift to the first decision that fires; nan where one fired before, inf where none did."""
    rng = np.random.default_rng([4, stream])
    policy: Policy
    if kind == "feature_drift psi":
        policy = FeatureDriftPolicy(features=FEATURES, over=NOTHING, false_alarms=0.05)
        weeks = simulated(REFERENCE_WEEKS + _DRIFT_WEEKS, rng, 0.0, 0.0, shift)
        found = _weeks(policy, drift_histories(weeks, segment=None))
        return inf if found is None else found + 1
    policy = ErrorStreamPolicy()
    values = losses(kind, 7 * (LATE + _MOST_WEEKS), rng)
    values[7 * LATE :] += 0.1 * shift
    if fires(policy, error_history(values, LATE, newest=LATE)):
        return float("nan")
    found = _weeks(policy, (error_history(values, week) for week in range(LATE + 1, LATE + _MOST_WEEKS + 1)))
    return inf if found is None else found + 1


def _weeks(policy: Policy, known: Iterable[History]) -> int | None:
    return next((place for place, each in enumerate(known) if fires(policy, each)), None)


def table(ones: dict[str, Callable[[int], list[str]]], rates: dict[str, float], streams: int, pool: Pool) -> None:
    """A line a policy, a column a kind of stream: on what share it fired, its lower bound, and whether that is over."""
    counted = {kind: Counter(chain.from_iterable(told(kind, one, streams, pool))) for kind, one in ones.items()}
    if unknown := {name for alarms in counted.values() for name in alarms} - {*rates}:
        raise ValueError(f"fired == {sorted(unknown)}, must be among the rates {sorted(rates)}")
    print(f"\n| trigger, {streams} streams of each kind | rate stated | {' | '.join(ones)} |")
    print("|---" * (2 + len(ones)) + "|")
    for name, rate in rates.items():
        cells = " | ".join(_cell(alarms[name], streams, rate) for alarms in counted.values())
        print(f"| {name} | {rate:.3f} | {cells} |", flush=True)


def _cell(alarms: int, streams: int, rate: float) -> str:
    lower = float(beta.ppf(0.01, alarms, streams - alarms + 1)) if alarms else 0.0
    over = binom.sf(alarms - 1, streams, rate) < 0.01
    return f"{alarms / streams:.3f} (>= {lower:.3f}) {'**over**' if over else 'ok'}"


def told(title: str, one: Callable[[int], Told], streams: int, pool: Pool) -> Iterator[Told]:
    """`one` of every stream, in order, with a line of progress."""
    begun = time.monotonic()
    for place, each in enumerate(pool.map(one, range(streams), chunksize=5), 1):
        print(
            f"\r{title}: {place} of {streams}, {time.monotonic() - begun:.0f} s ", end="", file=sys.stderr, flush=True
        )
        yield each
    print(file=sys.stderr)


def print_shares(streams: int, errors: int, pool: Pool) -> None:
    rates = {name: rate for name, (_, rate) in drift_policies(0).items()}
    table({road: partial(drift_stream, road) for road in ROADS}, rates, streams, pool)
    year = {ERROR_STREAM: 1 - exp(-364 / 365)}
    table({kind: partial(error_stream, kind) for kind in ERRORS}, year, errors, pool)
    judged = {name: rate for name, (_, rate, _) in performance_policies().items()}
    table({"independent weeks": performance_stream}, judged, errors, pool)


def print_delays(streams: int, pool: Pool) -> None:
    print("\n| trigger | days | shift, SD | streams | median weeks | not found | theory, weeks |")
    print("|---|---|---|---|---|---|---|")
    drift = "feature_drift psi"
    for kind in (drift, *SHIFTED):
        for shift in (0.25, 0.5, 1.0) if kind == drift else (0.5, 1.0):
            found = np.array(list(told(f"{kind}, shift {shift:g}", partial(delay, shift, kind), streams, pool)))
            found = found[~np.isnan(found)]
            named = (drift, SHIFTED[0]) if kind == drift else ("error_stream", kind)
            cells = (*named, f"{shift:g}", str(len(found)), *_found(found, kind == drift), _theory(kind, shift))
            print(f"| {' | '.join(cells)} |", flush=True)


def _found(weeks: Floats, drift: bool) -> tuple[str, str]:
    median = float(np.median(weeks))
    most = _DRIFT_WEEKS if drift else _MOST_WEEKS
    return (f"{median:g}" if median < inf else f"over {most}"), f"{np.isinf(weeks).mean():.0%}"


def _theory(kind: str, shift: float) -> str:
    """The delay of a CUSUM that knows level and spread; whitening leaves less of a shift where days are alike."""
    if kind not in ERRORS:
        return ""
    left = sqrt((1 - ERRORS[kind]) / (1 + ERRORS[kind]))
    return f"{run_length(threshold_for(365, 0.5), 0.5, left * shift) / 7:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=1000, help="streams of each kind (default 1000)")
    parser.add_argument("--errors", type=int, help="streams of daily errors and of weekly metrics (default as many)")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers) as pool:
        print_shares(asked.streams, asked.errors or asked.streams, pool)
        print_delays(max(1, asked.streams // 5), pool)


if __name__ == "__main__":
    main()
