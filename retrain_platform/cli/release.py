"""release show, approve, reject, rollback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, Why, actor, app, fail, not_played, shop_of, spec_of
from retrain_platform.cli.people import reason
from retrain_platform.cli.reading import watched_periods
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.release.base import LedgerMoved, ReleaseState, Transition

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
    say(_waits(shop))
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


def _waits(shop: Any) -> list[str]:
    from retrain_platform.steps.release.approving import waiting_for

    waits = waiting_for(shop.spec, shop.entries())
    return [] if waits is None else [waits.shown]


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
    from retrain_platform.release.by_hand import approve as move
    from retrain_platform.steps.release.approving import may_approve

    def approved(state: ReleaseState, as_of: Any, shop: Any) -> tuple[Transition, ...]:
        may_approve(shop.spec, shop.entries(), version, actor())
        return move(state, as_of)

    _move(model, why, as_json, "approve", approved)


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
    from retrain_platform.release.by_hand import reject as move

    def rejected(state: ReleaseState, as_of: Any, shop: Any) -> tuple[Transition, ...]:
        if version is not None and state.open is not None and state.open.version != version:
            fail(f"--version == {version!r}, must be the one under way: {state.open.version}", 1)
        return move(state, as_of, why)

    _move(model, why, as_json, "reject", rejected)


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
    from retrain_platform.steps.release.live_time import moved_at
    from retrain_platform.steps.release.releasing import project, record

    why = reason(why)
    shop = shop_of(spec_of(model))
    entries = shop.entries()
    as_of, last = moved_at(shop.spec, entries, shop.now()), entries[-1].seq if entries else 0
    state = shop.state()
    try:
        moves = move(state, as_of, shop)
    except IllegalMove as error:
        fail(str(error), 1)
    on_way = state.open or state.waiting
    decision_id, key = on_way.decision_id if on_way else "", f"{what}:{len(entries) + 1}"
    try:
        record(shop, moves, key=key, as_of=as_of, actor=actor(), why=why, decision_id=decision_id, expect=last)
    except LedgerMoved:
        fail(f"somebody wrote to the record of {shop.model} meanwhile, nothing was done: look again, then repeat it", 1)
    project(shop, shop.state())
    if not answer(list(moves), as_json):
        say(made.sentence for made in moves)
