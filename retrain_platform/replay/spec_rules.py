"""What happens to a retrain by the spec's own release, in whole periods."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from retrain_platform.release.advance import stage_periods
from retrain_platform.release.base import Stage
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.rules import Rules

DAY = timedelta(days=1)


def rules_of(ground: Ground) -> Rules:
    """The stages of the spec's release, each in the ripe periods of its own that it waits for.

    A training is over within the tick that decides it, as on a live road. A release by live traffic moves within a
    period, and a person's yes is taken to come at once: there is nothing to wait for.
    """
    spec = ground.shop.spec
    if spec.release.live is not None:
        return Rules()
    length = spec.period.length()
    periods = stage_periods(spec.plan, length)
    # An interval takes two days: in shorter periods a shadow stays undecided until it has them.
    least = 1 if length > DAY else min(1 + ceil(DAY / length), spec.release.patience)
    shadow = (0.0,) * max(periods[Stage.SHADOW], least)
    canary = [share / 100 for share in spec.release.canary[:-1] for _ in range(periods[Stage.CANARY])]
    return Rules(shares=(*shadow, *canary), bake=periods[Stage.BAKE])
