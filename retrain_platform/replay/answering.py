"""Who answered on a way: of each model the share of the rows, period by period."""

from __future__ import annotations

import numpy as np

from retrain_platform.replay.road import Retrain, Road, Traffic, Way
from retrain_platform.replay.rules import Floats


def answering(road: Road, way: Way) -> dict[Retrain, Floats]:
    """Of each model that answered anything the share of the rows of each period, shape (periods,).

    They sum to 1 in every period that models serve, and weigh the models' losses to those of the way.
    """
    traffic, count = Traffic(road, way.begun), road.last + 1
    found = {traffic.champion: np.where(np.arange(count) > road.first, 1.0, 0.0)}
    for each in way.retrains:
        course = traffic.ask(each)
        if not course.goes:
            continue
        shares = np.full(road.last - each.at, float(course.stays))
        shares[: len(course.shares)] = course.shares[: len(shares)]
        for earlier in found.values():
            earlier[each.at + 1 :] = 0.0
        found.setdefault(each, np.zeros(count))[each.at + 1 :] = shares
        found[traffic.champion][each.at + 1 :] = 1.0 - shares
    return {model: shares for model, shares in found.items() if shares.any()}
