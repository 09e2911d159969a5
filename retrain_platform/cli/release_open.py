"""release open: a person puts a registered version on its way."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, shop_of, spec_of
from retrain_platform.cli.refusing import refuse
from retrain_platform.cli.release import commands
from retrain_platform.cli.screen import answer, say


@commands.command("open")
def open_version(
    model: ModelName,
    version: Annotated[str, typer.Option("--version", help="A registered version: older, or made by hand.")],
    why: Why,
    expedited: Annotated[bool, typer.Option("--expedited", help="By the plan's shorter road.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a registered version on its way through all stages of the plan, also one whose way has ended.

    Who opens it approves it, but where `four_eyes` asks for a second person. Exit 1: it answers already, is on its way,
    or cannot score today's rows.

    Example: [bold]retrain release open flight_delay --version 3 --why "the feed was at fault, not the model"[/bold]
    """
    from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse
    from retrain_platform.steps.by_hand.opening import open_by_hand

    try:
        moves = open_by_hand(shop_of(spec_of(model)), Act(actor=actor(), why=why), version, expedited=expedited)
    except (NotNow, WrongUse) as error:
        refuse(error)
    if not answer(list(moves), as_json):
        say(made.sentence for made in moves)
