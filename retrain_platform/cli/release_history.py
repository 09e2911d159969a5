"""release history: who moved which alias and how much traffic, when and why."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, played_not_yet
from retrain_platform.cli.doors import door
from retrain_platform.cli.release import commands
from retrain_platform.cli.screen import answer, say, show


@commands.command("history")
def history(
    model: ModelName,
    newest: Annotated[int | None, typer.Option("--newest", min=1, help="So many of the newest changes only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every change of an alias or of traffic since the first model: who, when, why. Oldest first.

    The ledger is append-only, so nothing of it can be taken back.

    Example: [bold]retrain release history flight_delay[/bold]

    Example: [bold]retrain release history flight_delay --newest 5 --json[/bold]
    """
    found = door().history(model)
    found = found if newest is None else found[-newest:]
    if answer(found, as_json):
        return
    if not found and (shown := door().show(model)).seq == 0:
        say(played_not_yet(shown.model, model))
        return
    show([change.shown() for change in found], empty=f"no version of {model} was ever on the way")
