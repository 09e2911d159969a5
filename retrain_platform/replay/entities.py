"""What other entities of the same world would have changed: the error of a difference of two ways by entity.

Rows of one entity are alike, and come again in other periods. To first order (`stats.intervals`, in closed form what
resampling whole entities would give) the error of a difference comes of the squares of what each entity adds to it,
over all periods and both ways. Entities are thrown together into so many groups by a hash of their names: a sum over
groups of few entities tells the error as well, and takes little room however many there are.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.replay.answering import answering
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.road import Retrain, Road, Way
from retrain_platform.replay.rules import Floats
from retrain_platform.stats.intervals import linear_error

GROUPS = 1000
"""Groups of entities; fewer entities are each a group, but for those that share a hash."""


def group_of(names: pd.Series[Any]) -> NDArray[np.intp]:
    """The group of each entity by its name, shape (rows,), from 0 to `GROUPS` - 1; the nameless are one entity."""
    hashed = pd.util.hash_pandas_object(names.astype(str), index=False).to_numpy()
    return (hashed % GROUPS).astype(np.intp)


def by_group(groups: NDArray[np.intp], effects: Floats, loss: Loss) -> Floats:
    """What each group adds to a loss, shape (GROUPS,), by its rows' effects on the metric, shape (rows,)."""
    return np.bincount(groups, (loss.of(1.0) - loss.of(0.0)) * effects, GROUPS).astype(np.float64)


class Entities(Protocol):
    """The entities of the rows, in groups."""

    def moved(self, strategy: int, cut: int, place: int) -> Floats | None:
        """How much each group adds to a training's loss in a period, shape (GROUPS,); they sum to 0.

        If the rows of a group counted 1 + w times, the loss would be about as it is and w times this. None where the
        training answered nothing, or the loss is undefined.
        """


class ByEntity:
    """The errors of differences by entity; what was worked out of a way is kept for the next."""

    def __init__(self, road: Road, entities: Entities) -> None:
        self._road, self._entities = road, entities
        self._cells: dict[tuple[Retrain, int], Floats | None] = {}
        self._ways: dict[tuple[int, tuple[Retrain, ...], int], Floats] = {}

    def error(self, way: Way, other: Way, first: int) -> tuple[float, int]:
        """The standard error of one way's loss less the other's in the periods from `first` on, and of how many groups.

        nan of fewer than two.
        """
        mine, theirs = self._moved(way, first), self._moved(other, first)
        there = (mine != 0.0) | (theirs != 0.0)
        count = int(np.count_nonzero(there))
        return (linear_error((mine - theirs)[there]) if count > 1 else float("nan")), count

    def _moved(self, way: Way, first: int) -> Floats:
        """How much each group adds to the loss of a way, shape (GROUPS,)."""
        key = (way.begun, way.retrains, first)
        if key not in self._ways:
            self._ways[key] = found = np.zeros(GROUPS)
            for model, shares in answering(self._road, way).items():
                for place in map(int, np.flatnonzero(shares)):
                    if place >= first and self._road.matrix.judged[place]:
                        cell = self._cell(model, place)
                        found += 0.0 if cell is None else shares[place] * cell
        return self._ways[key]

    def _cell(self, model: Retrain, place: int) -> Floats | None:
        if (model, place) not in self._cells:
            self._cells[model, place] = self._entities.moved(model.strategy, model.at - self._road.delay, place)
        return self._cells[model, place]
