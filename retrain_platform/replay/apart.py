"""By how much one way is dearer than another, and how sure that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record, finite
from retrain_platform.replay.road import Way
from retrain_platform.stats.blocks import summed

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of the intervals of a replay, two-sided."""


class Difference(Record):
    """A policy's total less that of `to`: below 0 it is cheaper. `low` and `high` bound it at `confidence`.

    The interval comes of resampling blocks of periods (`stats.blocks`), with the decisions as they were: what other
    periods of the same world would have given these two ways. None where there are too few periods for one.
    """

    to: str
    value: float
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE

    @property
    def said(self) -> str:
        """In words, without what it is beside.

        >>> Difference(to="never", value=-0.66, low=-0.9, high=-0.42).said
        'saves 0.66 (0.42 to 0.9)'
        >>> Difference(to="never", value=0.1, low=-0.1, high=0.3).said
        'costs 0.1 more (-0.1 to 0.3), not told from no difference'
        """
        saves = self.value < 0
        ends = (None, None) if self.low is None or self.high is None else (self.low, self.high)
        low, high = (-ends[1], -ends[0]) if saves and ends[0] is not None and ends[1] is not None else ends
        word = f"saves {-self.value:.3g}" if saves else f"costs {self.value:.3g} more"
        if low is None or high is None:
            return f"{word} (too few periods for an interval)"
        doubt = ", not told from no difference" if low <= 0 <= high else ""
        return f"{word} ({low:.3g} to {high:.3g}){doubt}"


def apart(way: Way, other: Way, to: str, first: int = 0) -> Difference:
    """The total of `way` less that of `other` in the periods from `first` on, with what each retrain costs."""
    more = (spent(way) - spent(other))[first:]
    counts = ~np.isnan(way.losses[first:]) | (more != 0)  # a retrain at a gap costs, too
    found = summed(more[counts], CONFIDENCE)
    return Difference(to=to, value=found.value, low=finite(found.low), high=finite(found.high))


def spent(way: Way) -> Floats:
    """What each period came to, shape (periods,): its loss, and the cost of a retrain decided at its end."""
    found = np.nan_to_num(way.losses)
    for each in way.retrains:
        found[each.at] += way.cost
    return found
