"""retrain, event, pause, resume: what a person puts on record."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, app, entries_of, fail, ledger_here, spec_of
from retrain_platform.cli.screen import answer, say
from retrain_platform.policy.base import DEPTHS
from retrain_platform.policy.event import EVENT_KINDS
from retrain_platform.spec import ModelSpec
from retrain_platform.spec.depths import missing_for
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.steps.lines import paused
from retrain_platform.steps.release.live_time import data_time

HowDeep = Annotated[str | None, typer.Option("--depth", help="How deep it goes: incremental, light or full.")]
Now = Annotated[bool, typer.Option("--now", help="Override cooldown, cap, blackout and an open release; recorded.")]


def reason(why: str) -> str:
    """The reason given; leaves with 2 where there is none."""
    if not why.strip():
        fail(f"--why == {why!r}, must give a reason: it goes on record")
    return why.strip()


def on_record(spec: ModelSpec, kind: str, why: str, body: dict[str, Any], *, as_json: bool, follows: str) -> None:
    """Append what a person says; every saying is its own entry. `follows`: what will come of it."""
    why = reason(why)
    ledger = ledger_here()
    entries = entries_of(spec)
    last = entries[-1].seq if entries else 0
    entry = ledger.append(
        spec.name, kind, f"{kind}:{last + 1}", data_time(spec, entries), body=body, actor=actor(), why=why, expect=last
    )
    if not answer(entry, as_json):
        say([f"{spec.name}: {kind} by {entry.actor} (entry {entry.seq} of the ledger): {why}", follows])


@app.command()
def retrain(model: ModelName, why: Why, now: Now = False, depth: HowDeep = None, as_json: AsJson = False) -> None:
    """Ask for a retrain. A new decision answers it at the next tick, or at the next `retrain run`.

    It is a full one unless --depth says otherwise, and as deep as other triggers ask that fire with it.

    Example: [bold]retrain retrain flight_delay --why "new aircraft types since Monday"[/bold]

    Example: [bold]retrain retrain flight_delay --depth light --why "new fares since Monday"[/bold]
    """
    spec = spec_of(model)
    if depth is not None and depth not in DEPTHS:
        fail(f"--depth == {depth!r}, must be one of {', '.join(DEPTHS)}{did_you_mean(depth, DEPTHS)}")
    if depth is not None and (cure := missing_for(spec, depth)):
        fail(f"--depth == {depth!r}: {spec.name} {cure}")
    body = {"kind": "manual", "urgent": now, **({} if depth is None else {"depth": depth})}
    on_record(spec, "requested", why, body, as_json=as_json, follows=_answered(spec, model))


@app.command()
def event(
    model: ModelName,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"What happened: {', '.join(EVENT_KINDS)}.")],
    why: Why,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """File an outside event; a new decision answers it, and who filed it and why stays on record.

    Competitor, incident_recovery and other ask for an investigation, the rest for a retrain; with --now for one now.

    The spec's event policy may say otherwise.

    Example: [bold]retrain event flight_delay new_format --why "carrier codes changed on 1 March"[/bold]
    """
    spec = spec_of(model)
    if kind not in EVENT_KINDS:
        fail(f"KIND == {kind!r}, must be one of {', '.join(EVENT_KINDS)}{did_you_mean(kind, EVENT_KINDS)}")
    on_record(spec, "requested", why, {"kind": kind, "urgent": now}, as_json=as_json, follows=_answered(spec, model))


def _answered(spec: ModelSpec, typed: str) -> str:
    if paused(entries_of(spec)):
        return f"It is answered once {spec.name} is resumed: retrain resume {shlex.quote(typed)}"
    return f"A new decision answers it: at the sensors' next tick, or now with: retrain run {shlex.quote(typed)}"


@app.command()
def pause(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Let nothing more of this model begin: neither by the sensors nor by `retrain run`. Exit 1: it is paused already.

    A run in progress is not stopped, and whoever answers goes on answering.

    Example: [bold]retrain pause flight_delay --why "the feed is being moved"[/bold]
    """
    spec = spec_of(model)
    if already := paused(entries_of(spec)):
        fail(f"{spec.name} is paused already: {already}", 1)
    follows = f"Neither the sensors nor `retrain run` begin anything until: retrain resume {shlex.quote(model)}"
    on_record(spec, "paused", why, {}, as_json=as_json, follows=follows)


@app.command()
def resume(model: ModelName, why: Why = "resumed", as_json: AsJson = False) -> None:
    """Undo `pause`. Exit 1: it is not paused.

    Example: [bold]retrain resume flight_delay[/bold]
    """
    spec = spec_of(model)
    if not paused(entries_of(spec)):
        fail(f"{spec.name} is not paused", 1)
    on_record(spec, "resumed", why, {}, as_json=as_json, follows="The road goes on from where it stood.")
