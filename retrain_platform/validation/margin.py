"""The one question that gates and releases ask of an interval: is it worse by more than the margin?"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from retrain_platform.stats.intervals import t_quantile

Standing = Literal["not worse", "worse", "cannot tell"]
CAUGHT = 0.95
"""How often a candidate that is worse by twice the margin must fail where the margin can be resolved."""


def weigh(difference: float | None, low: float | None, high: float | None, margin: float) -> Standing:
    """Judge a difference (positive is better) with its interval against `margin`.

    'not worse': the whole interval lies above -margin (non-inferiority at the interval's
    confidence). 'worse': the point lies beyond the margin and the interval excludes 0, so that
    the fall is both large and real. 'cannot tell': neither, or no interval. A negative margin asks
    to be better by as much, and 'worse' is then an interval wholly below that. At most one of the
    first two can hold.

    >>> weigh(-0.002, -0.007, 0.003, margin=0.01)
    'not worse'
    >>> weigh(-0.030, -0.055, -0.005, margin=0.01)
    'worse'
    >>> weigh(-0.005, -0.030, 0.020, margin=0.01)
    'cannot tell'
    >>> weigh(0.004, 0.001, 0.007, margin=-0.01)
    'worse'
    """
    if difference is None or low is None or high is None:
        return "cannot tell"
    if low > -margin:
        return "not worse"
    if difference < -margin and high < max(0.0, -margin):
        return "worse"
    return "cannot tell"


class Levels(NamedTuple):
    """How sure a gate must be. `passing` and `failing` are two-sided confidences.

    `power` is how often an equal candidate must pass (of a gain: one that is better by twice as much).
    """

    passing: float
    failing: float
    power: float


class Seen(NamedTuple):
    """A difference (positive is better) with its standard error and degrees of freedom.

    `from_margin` is the standard error of its distance from the margin: another one where the margin is a share
    of the champion's own value, which the same rows estimate.
    """

    difference: float
    error: float
    freedom: float
    from_margin: float


class Settled(NamedTuple):
    """The answer, the interval at the passing confidence, and the smallest margin that could be resolved."""

    standing: Standing
    low: float
    high: float
    resolves: float


def settle(seen: Seen, margin: float, levels: Levels) -> Settled:
    """Judge a difference against `margin` where the rows can resolve it; else only what lies far beyond it.

    The rows resolve a margin m where an equal candidate passes with `levels.power`, and one that is worse by 2 m
    fails with `CAUGHT`: where m is at least (t_passing + t_power) standard errors, and 2 m at least (t_failing +
    t_caught) of them (Student's t quantiles; the sample size of a non-inferiority test: S.-C. Chow, J. Shao and
    H. Wang, "Sample Size Calculations in Clinical Research", 2008, section 3.1). There the rule is `weigh`'s. Below, an
    interval above 0 passes, one below -2 m fails, and all between is 'cannot tell'. A negative margin asks for a
    gain: its two candidates are the equal one, which must fail, and the one that is better by twice as much.

    >>> levels = Levels(passing=0.95, failing=0.95, power=0.9)
    >>> settle(Seen(-0.001, 0.002, 1e6, 0.002), 0.01, levels).standing
    'not worse'
    >>> settle(Seen(-0.001, 0.004, 1e6, 0.004), 0.01, levels).standing
    'cannot tell'
    """
    passing = _quantile((1 + levels.passing) / 2, seen.freedom)
    failing = _quantile((1 + levels.failing) / 2, seen.freedom)
    resolves = _resolves(seen, margin, levels, passing, failing)
    standing = _standing(seen, margin, passing, failing, there=resolves <= abs(margin))
    reach = passing * seen.error
    return Settled(standing, seen.difference - reach, seen.difference + reach, resolves)


def _standing(seen: Seen, margin: float, passing: float, failing: float, *, there: bool) -> Standing:
    low, high = seen.difference - passing * seen.from_margin, seen.difference + failing * seen.from_margin
    if not there:
        far = abs(margin)
        return "not worse" if low > far - margin else "worse" if high < -far - margin else "cannot tell"
    if low > -margin:
        return "not worse"
    # The fall must be real beside 0, and 0 is no estimate: there the difference's own error counts.
    top = seen.difference + failing * seen.error if margin > 0 else high
    return "worse" if seen.difference < -margin and top < max(0.0, -margin) else "cannot tell"


def _resolves(seen: Seen, margin: float, levels: Levels, passing: float, failing: float) -> float:
    caught = _quantile(CAUGHT, seen.freedom)
    passes = (passing + _quantile(levels.power, seen.freedom)) * seen.from_margin
    if margin > 0:
        return max(passes, caught * seen.from_margin, (failing + caught) * seen.error / 2)
    return max(passes, (failing + caught) * seen.from_margin)


def _quantile(probability: float, freedom: float) -> float:
    """Student's t; infinite where the freedom is not known."""
    return t_quantile(probability, freedom) if math.isfinite(freedom) else math.inf
