"""release clear: a person lets the rows be learned from again that a version had learned before it was rolled back."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, ledger_here, spec_of
from retrain_platform.cli.doors import refuse
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
    from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse
    from retrain_platform.steps.by_hand.clearing import clear

    try:
        cleared = clear(spec_of(model), ledger_here(), Act(actor=actor(), why=why), version)
    except (NotNow, WrongUse) as error:
        refuse(error)
    if not answer(cleared, as_json):
        span = f"{cleared.since:%Y-%m-%d} to {cleared.until:%Y-%m-%d}"
        said = f"The rows from {span}, which version {cleared.version} learned last, are learned from again"
        say(f"{said}; the wait after its rollback has ended.")
