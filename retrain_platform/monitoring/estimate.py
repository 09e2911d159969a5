"""What the metrics of a period probably are before its labels are in, how sure that is, and whether it came true.

The error model is made of the version's own ripe periods; how far off such an estimate is, is what it was off on
each of them when estimated from the others. So the interval holds what a calibration curve alone would
leave out: the period's own weather, and that the relation of score and label moves a little every period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.error_reports import Came, EstimateCheck, Estimated, PeriodEstimate
from retrain_platform.monitoring.error_sums import Cells, ErrorSums, TaskName, score_bins
from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.stats.expected import BINARY, REGRESSION, by_bin, calibrated
from retrain_platform.stats.intervals import t_quantile
from retrain_platform.stats.sequential import BIAS_OVER, biased_at

Floats = NDArray[np.float64]

FEWEST, MOST = 3, 13
"""How many ripe periods an estimate takes at least, and how many of the newest it looks at."""


def estimate(
    scores: Floats,
    behind: Sequence[ErrorSums],
    cells: Cells,
    metrics: Sequence[str],
    *,
    period: str,
    as_of: datetime,
    confidence: float = 0.95,
    off: Mapping[str, str] | None = None,
) -> PeriodEstimate:
    """Estimate `metrics` of `scores` (shape (rows,)), the version's on a period without labels.

    `behind` are the version's ripe periods, oldest first. `off` says for each metric that is
    switched off why. Scores that are not finite do not count.
    """
    finite = scores[np.isfinite(scores)]
    bins, count = score_bins(finite, cells)
    target = np.stack([np.bincount(bins, minlength=count).astype(float), np.bincount(bins, finite, count)])
    used = [np.array(each.scored).T for each in behind[-MOST:]]
    switched_off = off or {}
    return PeriodEstimate(
        period=period,
        version=cells.version,
        as_of=as_of,
        metrics={
            name: Estimated(value=None, periods=len(used), why=switched_off[name])
            if name in switched_off
            else _one(name, target, used, cells.task, confidence)
            for name in metrics
        },
    )


def _one(name: str, target: Floats, used: Sequence[Floats], task: TaskName, confidence: float) -> Estimated:
    if name not in (BINARY if task == "binary" else REGRESSION):
        return Estimated(value=None, why=f"{name} cannot be estimated: it takes the spread of the labels themselves")
    if len(used) < FEWEST:
        return Estimated(
            value=None,
            periods=len(used),
            why=f"an estimate takes {FEWEST} ripe periods that this version scored, {len(used)} are in",
        )
    if not target[0].sum():
        return Estimated(value=None, periods=len(used), why="the period has no scores")
    return _estimated(name, target, used, task, confidence)


def _estimated(name: str, target: Floats, used: Sequence[Floats], task: TaskName, confidence: float) -> Estimated:
    whole = np.sum(used, axis=0)
    value = _expected(name, target, whole, task)
    gaps = np.array([_realised(name, each, task) - _expected(name, each, whole - each, task) for each in used])
    known = gaps[np.isfinite(gaps)]
    if not np.isfinite(value) or len(known) < FEWEST:
        return Estimated(value=None, periods=len(used), why=f"{name} is undefined on these rows")
    error = float(np.sqrt(np.mean(known**2)))
    reach = error * t_quantile((1 + confidence) / 2, len(known) - 1)
    return Estimated(value=value, low=value - reach, high=value + reach, error=error, periods=len(known))


def _expected(name: str, target: Floats, behind: Floats, task: TaskName) -> float:
    """The metric of `target` (rows, sum of scores, ...) by what the bins of `behind` show."""
    rows = target[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        if task == "regression":
            return REGRESSION[name](rows, rows * by_bin(behind[0], behind[2]), rows * by_bin(behind[0], behind[3]))
        return _binary(name, rows, rows * calibrated(behind[0], behind[2]), target[1])


def _realised(name: str, sums: Floats, task: TaskName) -> float:
    """The metric of a ripe period from its own labels, over the same bins."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if task == "regression":
            return REGRESSION[name](sums[0], sums[2], sums[3])
        return _binary(name, sums[0], sums[2], sums[1])


def _binary(name: str, rows: Floats, positives: Floats, scores: Floats) -> float:
    held = rows > 0
    return BINARY[name](rows[held], positives[held], scores[held] / rows[held])


def check(measured: PeriodPerformance, earlier: Sequence[PeriodEstimate], as_of: datetime) -> EstimateCheck | None:
    """What came true of the newest of the `earlier` estimates of this period and version; None where there was none."""
    mine = [each for each in earlier if (each.period, each.version) == (measured.period, measured.version)]
    if not mine:
        return None
    newest = max(mine, key=lambda each: each.as_of)
    came = {}
    for name, told in newest.metrics.items():
        reading = measured.metrics.get(name)
        if reading is None or reading.value is None or told.value is None or told.low is None or told.high is None:
            continue
        came[name] = Came(estimated=told.value, low=told.low, high=told.high, measured=reading.value)
    return EstimateCheck(period=measured.period, version=measured.version, as_of=as_of, metrics=came) if came else None


def switched_off(checks: Sequence[EstimateCheck], version: str, confidence: float = 0.95) -> dict[str, str]:
    """Why each metric's estimate of this version is no longer given: it proved biased, once and for all.

    The mean of what came true less what was estimated is tested at every check, by
    `stats.sequential.biased_at`: an unbiased estimate is switched off with a chance of at most 1 - `confidence`,
    over all looks together.
    """
    mine = sorted((each for each in checks if each.version == version), key=lambda each: each.period)
    found = {}
    for name in dict.fromkeys(name for each in mine for name in each.metrics):
        gaps = [each.metrics[name].gap for each in mine if name in each.metrics]
        look = biased_at(gaps, confidence)
        if look is not None:
            newest = gaps[max(0, look - BIAS_OVER) : look]
            mean = float(np.mean(newest))
            side = "higher" if mean > 0 else "lower"
            found[name] = (
                f"switched off: over {len(newest)} checked periods what came true was {side} than estimated by "
                f"{abs(mean):.3g} on average, which an unbiased one is with a chance of at most {1 - confidence:.2g}"
            )
    return found
