"""Assets of the room `release`: the registered version and the release."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from retrain_platform.defs.names import Named, mlflow_of, retrain_of
from retrain_platform.defs.plots import table
from retrain_platform.defs.release_pages import answering
from retrain_platform.defs.resource import Platform, mlflow_key
from retrain_platform.release.base import ReleaseState, Transition
from retrain_platform.training.semantic_version import SEMANTIC_VERSION

if TYPE_CHECKING:
    from retrain_platform.steps.values import Registered
    from retrain_platform.steps.workshop import Workshop


_NEWEST = 20
"""So many of the newest moves are shown on the page; all of them: retrain release history."""


def registered_model(of: Named) -> dg.AssetsDefinition:
    """The version in the registry, refitted on all ripe rows."""

    @of.asset(
        "registered_model",
        room="release",
        kinds={"mlflow"},
        deps=of.keys("validation_report", "candidate_model"),
        required_resource_keys={"retrain", mlflow_key(of.spec.name)},
        description="What passed its exam, refitted on all ripe rows and registered; its release begins.",
    )
    def _registered(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retrain_platform.adapters.mlflow_tracking import log_tags
        from retrain_platform.steps.training.registering import register
        from retrain_platform.steps.validation.examining import report_of

        shop, period, decision, made = retrain_of(of, context)
        client, run_id = mlflow_of(of, context)
        ended = register(shop, period, decision, made, report_of(shop, period, decision), run_id=run_id)
        if ended.semantic_version is not None:
            log_tags(client, run_id, {SEMANTIC_VERSION: ended.semantic_version})
        return dg.MaterializeResult(metadata={**_asked(shop, ended), **_ended(ended)})

    return _registered


def _asked(shop: "Workshop", ended: "Registered") -> dict[str, Any]:
    """What a person must answer before the version goes on, and the page to read before; nothing where nobody must."""
    from retrain_platform.steps.papers.reviewing import review_of
    from retrain_platform.steps.release.approving import waiting_for

    waits = waiting_for(shop.spec, shop.entries())
    if waits is None or waits.version != ended.version:
        return {}
    return {
        "waiting for approval": dg.MetadataValue.md(waits.shown),
        "review": dg.MetadataValue.md(review_of(shop, waits.version)),
    }


def _ended(ended: "Registered") -> dict[str, Any]:
    """What became of the candidate."""
    return {
        "version": ended.version or "turned away",
        "semantic version": ended.semantic_version or "none",
        "verdict": ended.verdict,
        "in words": ended.sentence,
        "training rows": ended.training_rows,
        "model fingerprint": ended.model_fingerprint[
            :16
        ],  # whole on the card: a long word cuts the page's sentences off
    }


def release(of: Named) -> dg.AssetsDefinition:
    """Who answers, who is on the way: the fold of the ledger as of the period's end."""

    @of.asset(
        "release",
        room="release",
        kinds={"mlflow", "sqlite"},
        deps=of.keys("performance_report"),
        description="The release after the period's evidence: stage, share, champion, and every move so far.",
    )
    def _release(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.monitoring.predicting import known_scored
        from retrain_platform.steps.release.approving import waiting_for
        from retrain_platform.steps.release.releasing import move

        shop, period = retrain.workshop(of.spec), of.period(context)
        state, evidence, moves = move(shop, period)
        for made in moves:
            context.log.info(made.sentence)
        seen = {"difference": evidence.difference} if evidence and evidence.difference is not None else {}
        course = {"who answered": answering(scored)} if (scored := known_scored(shop, period)) else {}
        waits = waiting_for(of.spec, shop.entries())
        # An earlier period shows its own past, and nothing to answer.
        now = waits is not None and state.open is not None and state.open.version == waits.version
        told = {"waiting for approval": dg.MetadataValue.md(waits.shown)} if waits and now else {}
        return dg.MaterializeResult(metadata={**told, **_state(state, moves), **seen, **course, **_by_now(shop)})

    return _release


def _by_now(shop: "Workshop") -> dict[str, Any]:
    """Who moved what so far, how a live release stands, and the way back; of this moment, whatever the period."""
    from retrain_platform.release.history import changes
    from retrain_platform.steps.release.aftercare import checks_of
    from retrain_platform.steps.release.fitness import known_problem, return_target
    from retrain_platform.steps.release.quarantine import quarantines, told
    from retrain_platform.steps.release.standing import live_shown

    entries, state = shop.entries(), shop.state()
    live, target = live_shown(shop, entries, shop.now()), return_target(state)
    moved = [change.shown() for change in changes(entries, shop.spec.release.aliases)[-_NEWEST:]]
    left_out = [told(shop.spec, each) for each in quarantines(shop.spec, entries) if not each.cleared]
    found: dict[str, Any] = {"who moved what": table(moved, none="nobody yet")}
    if target is not None:
        found["the way back"] = (
            known_problem(shop.values, shop.model, target) or f"version {target} could score the newest rows"
        )
    if left_out:
        found["quarantine"] = "; ".join(left_out)
    if live is not None:
        found["live"] = dg.MetadataValue.md("\n\n".join(live.lines()))
        found["live evidence"] = table(live.rows(), none="nothing is judged now")
        looks = checks_of(entries, state.champion) if state.champion else []
        found["looks after the release"] = table([{"look": each.sentence} for each in looks], none="none yet")
    return found


def _state(state: ReleaseState, moves: Sequence[Transition]) -> dict[str, Any]:
    """Who answers, who is on the way, what moved in this period, and how the releases before ended."""
    on_way = state.open
    moved = [{"move": m.kind, "version": m.version, "stage": m.stage.value, "why": m.sentence} for m in moves]
    ended = [{"version": r.version, "stage": r.stage.value, "why": r.sentence} for r in state.ended]
    return {
        "champion": state.champion or "none yet",
        "on the way": f"{on_way.version}: {on_way.stage.value} {on_way.share}%" if on_way else "nothing",
        "moves": table(moved, none="none in this period"),
        "ended": table(ended, none="none yet"),
    }
