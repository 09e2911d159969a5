"""release clear: a person lets the rows be learned from again that a version had learned before it was rolled back."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why
from retrain_platform.cli.doors import door
from retrain_platform.cli.release import commands
from retrain_platform.cli.screen import answer, say


@commands.command("clear")
def clear_rows(
    model: ModelName,
    why: Why,
    version: Annotated[
        str | None, typer.Option(help="The version that was rolled back; without it, the newest in quarantine.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let the rows in again that are left out of training since a version was rolled back. Exit 1: there are none.

    The wait for new ripe rows after that rollback ends with it.

    Example: [bold]retrain release clear flight_delay --why "the feed was sound, the split was not"[/bold]
    """
    cleared = door().clear(model, why, version)
    if not answer(cleared, as_json):
        span = f"{cleared.since:%Y-%m-%d} to {cleared.until:%Y-%m-%d}"
        said = f"The rows from {span}, which version {cleared.version} learned last, are learned from again"
        say(f"{said}; the wait after its rollback has ended.")
