"""What happens to a retrain by the spec's own exam and release, in whole periods."""

from __future__ import annotations

from retrain_platform.release.advance import stage_periods
from retrain_platform.release.base import Stage
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.rules import Rules
from retrain_platform.replay.spec_answered import Answered
from retrain_platform.replay.spec_judges import ASKED, GatesOfSpec, ReleaseOfSpec
from retrain_platform.replay.verdicts import Verdicts


def rules_of(ground: Ground, answered: Answered, verdicts: Verdicts) -> Rules:
    """The spec's exam, and the stages of its release, each in the ripe periods of its own that it waits for.

    A training is over within the tick that decides it, as on a live road. A release by live traffic moves within a
    period, and a person's yes is taken to come at once: there is nothing to wait for.
    """
    spec = ground.shop.spec
    length = spec.period.length()
    holdout = spec.training.kept_apart([], length).holdout
    examined = holdout and any(isinstance(each, ASKED) and each.required for each in spec.validation.gates)
    gate = GatesOfSpec(ground, answered, verdicts, holdout) if examined else None
    if spec.release.live is not None:
        return Rules(gate=gate, holdout=max(1, holdout))
    periods = stage_periods(spec.plan, length)
    shadow = (0.0,) * periods[Stage.SHADOW]
    canary = [share / 100 for share in spec.release.canary[:-1] for _ in range(periods[Stage.CANARY])]
    return Rules(
        shares=(*shadow, *canary),
        bake=periods[Stage.BAKE],
        gate=gate,
        holdout=max(1, holdout),
        watch=ReleaseOfSpec(ground, answered, verdicts),
        patience=spec.release.patience,
        quarantine=spec.release.quarantine,
    )
