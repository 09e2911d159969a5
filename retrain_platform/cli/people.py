"""retrain, event, pause, resume: what a person puts on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, app
from retrain_platform.cli.doors import door
from retrain_platform.cli.screen import answer, say
from retrain_platform.policy.event import EVENT_KINDS

if TYPE_CHECKING:
    from retrain_platform.steps.by_hand.shown import Said

HowDeep = Annotated[str | None, typer.Option("--depth", help="How deep it goes: incremental, light or full.")]
Now = Annotated[bool, typer.Option("--now", help="Override cooldown, cap, blackout and an open release; recorded.")]


def _tell(said: Said, *, as_json: bool) -> None:
    """What was put on record, and what follows."""
    entry = said.entry
    if not answer(entry, as_json):
        told = f"{entry.model}: {entry.kind} by {entry.actor} (entry {entry.seq} of the ledger): {entry.why}"
        say([told, said.follows])


@app.command()
def retrain(model: ModelName, why: Why, now: Now = False, depth: HowDeep = None, as_json: AsJson = False) -> None:
    """Ask for a retrain. A new decision answers it at the next tick, or at the next `retrain run`.

    It is a full one unless --depth says otherwise, and as deep as other triggers ask that fire with it.

    Example: [bold]retrain retrain flight_delay --why "new aircraft types since Monday"[/bold]

    Example: [bold]retrain retrain flight_delay --depth light --why "new fares since Monday"[/bold]
    """
    _tell(door().ask("retrain", model, why, now=now, depth=depth), as_json=as_json)


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
    _tell(door().ask("event", model, why, kind=kind, now=now), as_json=as_json)


@app.command()
def pause(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Let nothing more of this model begin: neither by the sensors nor by `retrain run`. Exit 1: it is paused already.

    A run in progress is not stopped, and whoever answers goes on answering.

    Example: [bold]retrain pause flight_delay --why "the feed is being moved"[/bold]
    """
    _tell(door().ask("pause", model, why), as_json=as_json)


@app.command()
def resume(model: ModelName, why: Why = "resumed", as_json: AsJson = False) -> None:
    """Undo `pause`. Exit 1: it is not paused.

    Example: [bold]retrain resume flight_delay[/bold]
    """
    _tell(door().ask("resume", model, why), as_json=as_json)
