"""The verdict of a staging instance goes on record: the next look at the release obeys it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retrain_platform.release.base import Entry, ReleaseState, Stage
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import Verdict
from retrain_platform.release.staging import Staged, judged
from retrain_platform.steps.lines import STAGED
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.workshop import Workshop


def under_trial(shop: Workshop) -> str | None:
    """The version that a staging instance must try now: it is in staging and has no verdict yet, or none that tells."""
    entries = shop.entries()
    state = shop.folded(entries)
    if state.open is None or state.open.stage is not Stage.STAGING:
        return None
    found = staged(entries, state)
    return state.open.version if found is None or found.outcome == "cannot_tell" else None


def staged(entries: Sequence[Entry], state: ReleaseState) -> Verdict | None:
    """The newest verdict on the version in staging, since it came there; None where there is none.

    `state` is the fold of `entries`.
    """
    opened, clock = state.open, stage_clock(entries, state)
    if opened is None or clock is None or opened.stage is not Stage.STAGING:
        return None
    told = [e for e in entries if e.kind == STAGED and e.at >= clock.stage and e.body["version"] == opened.version]
    return Verdict.model_validate(told[-1].body["verdict"]) if told else None


def judge(shop: Workshop, run: Staged) -> Verdict:
    """Judge what was measured and put it on record, once for each different answer; the next tick obeys it.

    Raises:
        ValueError: the spec's release has no staging, or another version is tried.
    """
    live, entries = shop.spec.release.live, shop.entries()
    state = shop.folded(entries)
    opened = state.open
    if live is None or live.staging is None:
        raise ValueError(f"release.live.staging of {shop.model} == none, must be given: nothing is tried")
    if opened is None or opened.stage is not Stage.STAGING or opened.version != run.version:
        raise ValueError(f"run.version == {run.version!r}, must be the version in staging")
    verdict = judged(run, live.staging)
    if staged(entries, state) != verdict:
        _record(shop, entries, run, verdict)
    return verdict


def _record(shop: Workshop, entries: Sequence[Entry], run: Staged, verdict: Verdict) -> None:
    body = {"version": run.version, "verdict": verdict.model_dump(), "run": json.loads(run.model_dump_json())}
    key = f"{STAGED}:{run.version}:{len(entries) + 1}"
    as_of = moved_at(shop.spec, entries, shop.now())
    shop.ledger.append(shop.model, STAGED, key, as_of, body=body, why=verdict.sentence)
