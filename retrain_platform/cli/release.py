"""release show, approve, reject, rollback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, app, fail, not_played, shop_of, spec_of
from retrain_platform.cli.people import data_time, reason
from retrain_platform.cli.reading import watched_periods
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.release.base import ReleaseState, Stage, Transition

commands = typer.Typer(no_args_is_help=True, help="Look at the release, or move it by hand.")
app.add_typer(commands, name="release")


@commands.command("show")
def show_release(model: ModelName, as_json: AsJson = False) -> None:
    """Who answers, who is on the way, what ended.

    Example: [bold]retrain release show flight_delay[/bold]
    """
    shop = shop_of(spec_of(model))
    state = shop.state()
    if answer(state, as_json):
        return
    if not watched_periods(shop.entries()):
        say(not_played(shop.spec, model))
        return
    say(f"champion: {state.champion or 'none yet'}")
    rows = [r for r in (state.open, state.waiting, *reversed(state.ended)) if r is not None]
    show(
        [
            {
                "version": r.version,
                "stage": r.stage.value,
                "share": f"{r.share}%",
                "since": f"{r.stage_as_of:%Y-%m-%d}",
                "why": r.sentence,
            }
            for r in rows
        ],
        empty="no version was ever on the way",
    )


@commands.command()
def approve(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Approve the release that waits for a person.

    Example: [bold]retrain release approve flight_delay --why "segments looked at"[/bold]
    """
    from retrain_platform.release.by_hand import approve as move

    def approved(state: ReleaseState, as_of: Any, shop: Any) -> tuple[Transition, ...]:
        if state.open is not None and state.open.stage is not Stage.APPROVAL:
            fail(f"nothing waits for approval: version {state.open.version} is in {state.open.stage.value}", 1)
        return move(state, as_of)

    _move(model, why, as_json, "approve", approved)


@commands.command()
def reject(model: ModelName, why: Why, as_json: AsJson = False) -> None:
    """Turn away the release that is under way and does not answer yet.

    Example: [bold]retrain release reject flight_delay --why "worse for JFK"[/bold]
    """
    from retrain_platform.release.by_hand import reject as move

    _move(model, why, as_json, "reject", lambda state, as_of, shop: move(state, as_of, why))


@commands.command()
def rollback(
    model: ModelName,
    why: Why,
    to: Annotated[str | None, typer.Option(help="A version; without it, the champion before.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give the traffic back to an earlier version, at once.

    Example: [bold]retrain release rollback flight_delay --why "wrong for night flights" --to 2[/bold]
    """
    from retrain_platform.release.by_hand import roll_back

    def move(state: ReleaseState, as_of: Any, shop: Any) -> tuple[Transition, ...]:
        # A registry that nobody needed yet is not made for this question.
        versions = [version.version for version in shop.registry.versions(shop.model)] if state.champion else []
        if to is not None and state.champion and to not in versions:
            fail(f"--to == {to!r}, must be one of {', '.join(versions)}")
        return roll_back(state, as_of, why, to, versions)

    _move(model, why, as_json, "rollback", move)


def _move(
    model: str,
    why: str,
    as_json: bool,
    what: str,
    move: Callable[[ReleaseState, Any, Any], tuple[Transition, ...]],
) -> None:
    from retrain_platform.release.table import IllegalMove
    from retrain_platform.steps.releasing import project, record

    why = reason(why)
    shop = shop_of(spec_of(model))
    entries = shop.entries()
    as_of = data_time(shop.spec, entries)
    state = shop.state()
    try:
        moves = move(state, as_of, shop)
    except IllegalMove as error:
        fail(str(error), 1)
    on_way = state.open or state.waiting
    decision_id, key = on_way.decision_id if on_way else "", f"{what}:{len(entries) + 1}"
    record(shop, moves, key=key, as_of=as_of, actor=actor(), why=why, decision_id=decision_id)
    project(shop, shop.state())
    if not answer(list(moves), as_json):
        say(made.sentence for made in moves)
