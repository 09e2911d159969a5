"""A registered version that a person puts on its way: an older one, or one that was made by hand."""

from __future__ import annotations

from retrain_platform.release.base import Transition
from retrain_platform.release.by_hand import open_version
from retrain_platform.release.fold import fold
from retrain_platform.release.table import IllegalMove
from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse, reason
from retrain_platform.steps.by_hand.moving import recorded
from retrain_platform.steps.release.archiving import TAG
from retrain_platform.steps.release.fitness import cannot_score, newest_rows
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.release.releasing import project
from retrain_platform.steps.workshop import Workshop


def open_by_hand(shop: Workshop, act: Act, version: str, *, expedited: bool = False) -> tuple[Transition, ...]:
    """Put `version` on its way through every stage of the plan, or with `expedited` on its shorter road.

    Raises:
        WrongUse: the registry has no such version of ours, the plan has no shorter road, or no reason.
        NotNow: it answers, is on its way, or cannot score today's rows; somebody else wrote first.
    """
    reason(act.why)
    entries, decision_id = shop.entries(), _decision(shop, version)
    live = shop.spec.release.live
    if expedited and live is not None and live.expedited is None:
        raise WrongUse("expedited", True, "must have a road in the spec: release: {live: {expedited: {...}}}")
    as_of = moved_at(shop.spec, entries, shop.now())
    try:
        moves = open_version(fold(entries), version, decision_id, as_of, shop.spec.plan, expedited=expedited)
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    if problem := cannot_score(shop, version, newest_rows(shop)):
        raise NotNow(problem)
    recorded(shop, entries, moves, act, key=f"open:{len(entries)}", decision_id=decision_id)
    shop.registry.tag(shop.model, version, {TAG: None})
    project(shop, shop.state())
    return moves


def _decision(shop: Workshop, version: str) -> str:
    """What the version was made by.

    Raises:
        WrongUse: it is not registered, or others registered it.
    """
    made = {each.version: each.tags for each in shop.registry.versions(shop.model)}
    ours = [each for each, tags in made.items() if "decision_id" in tags]
    if version in made and version not in ours:
        cure = f"retrain adopt {shop.model} models:/{shop.model}/{version} --why '...'"
        raise WrongUse("version", version, f"must be one of ours; it can become one with: {cure}")
    if version not in ours:
        raise WrongUse("version", version, f"must be one of {', '.join(ours) or 'those registered: none yet'}")
    return made[version]["decision_id"]
