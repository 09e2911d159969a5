"""retrain, event, pause, resume: what a person puts on record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, app, fail, ledger_here, spec_of
from retrain_platform.cli.screen import answer, say
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.lines import paused

Now = Annotated[bool, typer.Option("--now", help="Override cooldown, cap and an open release; recorded.")]


def data_time(spec: ModelSpec, entries: list[Any]) -> datetime:
    """The data's time: the end of the newest watched period, else the calendar's start."""
    watched = [entry.body["period"] for entry in entries if entry.kind == "watched"]
    return spec.period.period(max(watched)).end if watched else spec.period.at(0).start


def reason(why: str) -> str:
    """The reason given; leaves with 2 where there is none."""
    if not why.strip():
        fail(f"--why == {why!r}, must give a reason: it goes on record")
    return why.strip()


def on_record(spec: ModelSpec, kind: str, why: str, body: dict[str, Any], *, as_json: bool, follows: str) -> None:
    """Append what a person says; every saying is its own entry. `follows`: what will come of it."""
    why = reason(why)
    ledger = ledger_here()
    entries = ledger.entries(spec.name)
    last = entries[-1].seq if entries else 0
    entry = ledger.append(
        spec.name, kind, f"{kind}:{last + 1}", data_time(spec, entries), body=body, actor=actor(), why=why, expect=last
    )
    if not answer(entry, as_json):
        say([f"{spec.name}: {kind} by {entry.actor} (entry {entry.seq} of the ledger): {why}", follows])


@app.command()
def retrain(model: ModelName, why: Why, now: Now = False, as_json: AsJson = False) -> None:
    """Ask for a retrain. A new decision answers it at the next tick, or at the next `retrain run`.

    Example: [bold]retrain retrain flight_delay --why "new aircraft types since Monday"[/bold]
    """
    spec = spec_of(model)
    body = {"kind": "manual", "urgent": now}
    on_record(spec, "requested", why, body, as_json=as_json, follows=_answered(spec))


@app.command()
def event(
    model: ModelName,
    kind: Annotated[str, typer.Argument(help="What happened, in a word: regulation, new_format, ...")],
    why: Why,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """File an outside event; a new decision answers it.

    Example: [bold]retrain event flight_delay new_format --why "carrier codes changed on 1 March"[/bold]
    """
    spec = spec_of(model)
    if not kind.strip():
        fail(f"KIND == {kind!r}, must say in a word what happened")
    on_record(spec, "requested", why, {"kind": kind, "urgent": now}, as_json=as_json, follows=_answered(spec))


def _answered(spec: ModelSpec) -> str:
    if paused(ledger_here().entries(spec.name)):
        return f"It is answered once {spec.name} is resumed: retrain resume {spec.name}"
    return f"A new decision answers it: at the sensors' next tick, or now with: retrain run {spec.name}"


@app.command()
def pause(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Let nothing more of this model begin: neither by the sensors nor by `retrain run`. Exit 1: it is paused already.

    A run in progress is not stopped, and whoever answers goes on answering.

    Example: [bold]retrain pause flight_delay --why "the feed is being moved"[/bold]
    """
    spec = spec_of(model)
    if already := paused(ledger_here().entries(spec.name)):
        fail(f"{spec.name} is paused already: {already}", 1)
    follows = f"Neither the sensors nor `retrain run` begin anything until: retrain resume {spec.name}"
    on_record(spec, "paused", why, {}, as_json=as_json, follows=follows)


@app.command()
def resume(model: ModelName, why: Why = "resumed", as_json: AsJson = False) -> None:
    """Undo `pause`. Exit 1: it is not paused.

    Example: [bold]retrain resume flight_delay[/bold]
    """
    spec = spec_of(model)
    if not paused(ledger_here().entries(spec.name)):
        fail(f"{spec.name} is not paused", 1)
    on_record(spec, "resumed", why, {}, as_json=as_json, follows="The road goes on from where it stood.")
