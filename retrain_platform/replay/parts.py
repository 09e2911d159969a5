"""The two halves of the periods that models serve: what is tuned is tuned on the first and judged on the second."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from retrain_platform.replay.road import Road, Way


class Part(NamedTuple):
    """The periods from `first` to before `stop`."""

    first: int
    stop: int

    def retrains(self, way: Way) -> int:
        """How many retrains were decided in it."""
        return sum(self.first <= each.at < self.stop for each in way.retrains)

    def loss(self, way: Way) -> float:
        """The sum of its losses."""
        return float(np.nansum(way.losses[self.first : self.stop]))

    def total(self, way: Way) -> float:
        """Losses and costs together."""
        return float(way.spent[self.first : self.stop].sum())


class Halves(NamedTuple):
    """The part that policies are tuned on, and the rest, that they are judged on.

    Both are of one walk: a policy decides by the past, and its second half begins where its first one led.
    """

    tuned: Part
    rest: Part


def halves(road: Road) -> Halves:
    """Those of the periods that the road's models serve."""
    middle = road.middle
    return Halves(Part(road.scored.start, middle), Part(middle, road.scored.stop))
