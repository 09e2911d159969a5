"""release show, approve, reject, rollback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, app, fail, must_go_there, played_not_yet, shop_of, spec_of
from retrain_platform.cli.doors import door
from retrain_platform.cli.screen import answer, say, show

if TYPE_CHECKING:
    from retrain_platform.release.base import ReleaseState
    from retrain_platform.steps.by_hand.moving import Done

_HELP = "Look at the release, or move it by hand."
commands = typer.Typer(no_args_is_help=True, help=_HELP)
app.add_typer(commands, name="release")


@commands.callback(help=_HELP)
def begin(context: typer.Context) -> None:
    """Leaves with 2 where --gateway is given to one of these that needs the stores here."""
    must_go_there(f"release {context.invoked_subcommand}")


@commands.command("show")
def show_release(model: ModelName, as_json: AsJson = False) -> None:
    """Who answers, who is on the way, what ended; of live traffic what was seen, and what the next step waits for.

    Example: [bold]retrain release show flight_delay[/bold]
    """
    shown = door().show(model)
    state, live = shown.state, shown.live
    if answer(state if live is None else {**state.model_dump(mode="json"), "live": live}, as_json):
        return
    if shown.watched is None and state == type(state)():
        say(played_not_yet(shown.model, model))
        return
    say(f"champion: {state.champion or 'none yet'}")
    say([shown.waiting] if shown.waiting else [])
    if live is not None:
        say(live.lines())
        if live.rows():
            show(live.rows())
    say(shown.left_out)
    show(_rows(state), empty="no version was ever on the way")


def _rows(state: ReleaseState) -> list[dict[str, str]]:
    """Who is on the way, and what ended, newest first."""
    return [
        {
            "version": r.version,
            "stage": r.stage.value,
            "share": f"{r.share}%",
            "since": f"{r.stage_as_of:%Y-%m-%d}",
            "why": r.sentence,
        }
        for r in (state.open, state.waiting, *reversed(state.ended))
        if r is not None
    ]


@commands.command()
def approve(
    model: ModelName,
    why: Why,
    version: Annotated[str | None, typer.Option(help="The version that is meant; another one is not approved.")] = None,
    as_json: AsJson = False,
) -> None:
    """Approve the release that waits for a person. Who, when and why go on record. Exit 1: it may not be approved.

    With `four_eyes: true` in the spec another must approve than who asked for the retrain.

    Example: [bold]retrain release approve flight_delay --version 3 --why "segments looked at"[/bold]
    """
    _tell(door().move("approve", model, why, version=version), as_json=as_json)


@commands.command()
def review(
    model: ModelName,
    version: Annotated[str | None, typer.Option(help="A version; without it, the one that waits for approval.")] = None,
    as_json: AsJson = False,
) -> None:
    """What to look at before approving: what changed, importance, segments, edge cases. Exit 1: nothing waits.

    Example: [bold]retrain release review flight_delay[/bold]
    """
    from retrain_platform.steps.papers.reviewing import review_of
    from retrain_platform.steps.release.approving import waiting_for

    shop = shop_of(spec_of(model))
    waits = waiting_for(shop.spec, shop.entries())
    meant = version or (waits.version if waits else None)
    if meant is None:
        fail(f"nothing of {shop.model} waits for approval; name a version, as in --version 1", 1)
    try:
        text = review_of(shop, meant)
    except LookupError as error:
        fail(f"--{error}")
    if not answer({"waiting": waits, "review": text}, as_json):
        say(text)


@commands.command()
def reject(
    model: ModelName,
    why: Why,
    version: Annotated[str | None, typer.Option(help="The version that is meant; another one is not rejected.")] = None,
    as_json: AsJson = False,
) -> None:
    """Turn away the release that is under way and does not answer yet. Exit 1: there is none, or it answers already.

    Example: [bold]retrain release reject flight_delay --why "worse for JFK"[/bold]
    """
    _tell(door().move("reject", model, why, version=version), as_json=as_json)


@commands.command()
def rollback(
    model: ModelName,
    why: Why,
    to: Annotated[str | None, typer.Option(help="A version; without it, the champion before.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Return also to one that could not score the newest rows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give the traffic back to an earlier version, at once.

    Example: [bold]retrain release rollback flight_delay --why "wrong for night flights" --to 2[/bold]
    """
    _tell(door().move("rollback", model, why, to=to, force=force), as_json=as_json)


def _tell(done: Done, *, as_json: bool) -> None:
    if not answer(list(done.moves), as_json):
        say(made.sentence for made in done.moves)
    if done.late:
        print(done.late, file=sys.stderr)
