"""The one question that gates and releases ask of an interval: is it worse by more than the margin?"""

from __future__ import annotations

from typing import Literal

Standing = Literal["not worse", "worse", "cannot tell"]


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
