"""release clear: a person lets the rows be learned from again that a version had learned before it was rolled back."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, entries_of, fail, spec_of
from retrain_platform.cli.people import on_record
from retrain_platform.cli.release import commands


@commands.command("clear")
def clear(
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
    from retrain_platform.steps.lines import CLEARED
    from retrain_platform.steps.release.quarantine import quarantines

    spec = spec_of(model)
    standing = [each for each in quarantines(spec, entries_of(spec)) if not each.cleared]
    meant = [each for each in standing if version in (None, each.version)]
    if not meant:
        told = f"of versions {', '.join(each.version for each in standing)}" if standing else "none"
        fail(f"no rows of version {version or 'any'} are in quarantine ({told} of {spec.name} stands)", 1)
    body = {"version": meant[-1].version}
    span = f"{meant[-1].since:%Y-%m-%d} to {meant[-1].until:%Y-%m-%d}"
    follows = f"The rows from {span} are learned from again, and the wait after the rollback has ended."
    on_record(spec, CLEARED, why, body, as_json=as_json, follows=follows)
