"""retrain, event, pause, resume: what a person puts on record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, answer, app, console, fail, ledger_here, spec_of
from retrain_platform.spec import ModelSpec

Now = Annotated[bool, typer.Option("--now", help="Override cooldown, cap and an open release; recorded.")]


def data_time(spec: ModelSpec, entries: list[Any]) -> datetime:
    """The data's time: the end of the newest watched period, else the calendar's start."""
    watched = [entry.body["period"] for entry in entries if entry.kind == "watched"]
    return spec.period.period(max(watched)).end if watched else spec.period.at(0).start


def on_record(model: str, kind: str, why: str, body: dict[str, Any], as_json: bool) -> None:
    """Append what a person says; every saying is its own entry."""
    spec = spec_of(model)
    if not why.strip():
        fail("--why == '', must give a reason: it goes on record")
    ledger = ledger_here()
    entries = ledger.entries(spec.name)
    last = entries[-1].seq if entries else 0
    entry = ledger.append(
        spec.name, kind, f"{kind}:{last + 1}", data_time(spec, entries), body=body, actor=actor(), why=why, expect=last
    )
    if not answer(entry, as_json):
        console.print(f"on record as entry {entry.seq} of {spec.name}: {kind} by {entry.actor}: {why}", markup=False)


@app.command()
def retrain(model: ModelName, why: Why, now: Now = False, as_json: AsJson = False) -> None:
    """Ask for a retrain. A new decision answers it at the next tick, or at the next `retrain run`.

    Example: [bold]retrain retrain flight_delay --why "new aircraft types since Monday"[/bold]
    """
    on_record(model, "requested", why, {"kind": "manual", "urgent": now}, as_json)


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
    on_record(model, "requested", why, {"kind": kind, "urgent": now}, as_json)


@app.command()
def pause(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Stop the sensors asking for this model's runs.

    Example: [bold]retrain pause flight_delay --why "the feed is being moved"[/bold]
    """
    on_record(model, "paused", why, {}, as_json)


@app.command()
def resume(model: ModelName, why: Why = "resumed", as_json: AsJson = False) -> None:
    """Undo `pause`.

    Example: [bold]retrain resume flight_delay[/bold]
    """
    on_record(model, "resumed", why, {}, as_json)
