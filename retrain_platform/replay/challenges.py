"""What challengers cost on a walk: who reads how far a champion is behind pays for the models that tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from retrain_platform.monitoring.gap import ChallengerSpec, GapReading
from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.road import Challenge
from retrain_platform.training import LearnerSpec
from retrain_platform.training.challenger import cheap
from retrain_platform.training.ensemble import Ensemble
from retrain_platform.training.lightgbm import LightGBM


def challenges(
    gaps: Iterable[GapReading],
    places: Mapping[str, int],
    recipe: LearnerSpec,
    asked: ChallengerSpec,
    cost: CostSpec | None,
) -> tuple[Challenge, ...]:
    """What the readings' models cost, in retrains, by the number of the period at whose end they were fitted.

    A model costs by its rows and trees beside those of a retrain in the same period, the fresh side's rows undivided.
    The fresh side is fitted for each reading, the stale one once for each champion and share. No person looks at
    either, so that of a retrain's price in `cost` the review is left out.
    """
    each = _trees(cheap(recipe, trees=asked.trees, leaves=asked.leaves)) / _trees(recipe)
    computing = 1.0 if cost is None or not cost.of_retrain else cost.retrain / cost.of_retrain
    return tuple(Challenge(places[reading.period], each * computing * rows) for reading, rows in _fitted(gaps) if rows)


def _fitted(gaps: Iterable[GapReading]) -> Iterator[tuple[GapReading, float]]:
    """Each reading with the rows that were learned from for it, as a share of a retrain's."""
    stale = set[tuple[str, float]]()
    for reading in gaps:
        if reading.fresh is None or not reading.fresh.rows:
            continue
        rows = reading.fresh.rows
        if reading.stale is not None and (reading.version, reading.share) not in stale:
            stale.add((reading.version, reading.share))
            rows += reading.stale.rows
        yield reading, reading.share * rows / reading.fresh.rows


def _trees(recipe: LearnerSpec) -> int:
    """How many trees each row is learned by; 1 of a learner that is taken as it is."""
    if isinstance(recipe, Ensemble):
        return sum(map(_trees, recipe.members.values())) + _trees(recipe.member)
    return recipe.rounds if isinstance(recipe, LightGBM) else 1
