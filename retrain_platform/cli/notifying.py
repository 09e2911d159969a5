"""notify: tell people by hand what the sensors tell by themselves; try a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, MaybeModel, app, fail, named_or_all, tell_wrong
from retrain_platform.cli.screen import answer, say
from retrain_platform.spec import ModelSpec

if TYPE_CHECKING:
    from retrain_platform.steps.notices.delivering import Delivered, Post


@app.command()
def notify(
    model: MaybeModel = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send and record nothing.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Send each target one message that says it is a test.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell people what happened since they were last told, by the section `notify` of the spec.

    The sensors, `retrain run` and the gateway do it by themselves. Exit 1: a target could not be told.

    Example: [bold]retrain notify flight_delay --dry-run[/bold]

    Example: [bold]retrain notify flight_delay --test[/bold]
    """
    if dry_run and test:
        fail("--dry-run with --test, must be one of them")
    sound, wrong = named_or_all(model)
    do = _previewed if dry_run else _tried if test else _delivered
    told = [do(each.spec) for each in sound.values()]
    answered = answer(told, as_json)
    if not answered:
        for one in told:
            say(one["said"])
    tell_wrong(wrong, answered=answered)
    if any(one["away"] for one in told):
        raise typer.Exit(1)


def tell(spec: ModelSpec) -> list[str]:
    """Tell what happened, at the end of another command: it fails nothing; gives what a person should hear of it."""
    if not spec.notify.targets:
        return []
    try:
        return _away_lines(spec, _deliver(spec))
    except Exception as error:
        return [f"nobody was told: {type(error).__name__}: {error}"]


def untold_of(spec: ModelSpec) -> dict[str, str | None]:
    """For `retrain status`: which targets could not be told, and how much waits."""
    if not spec.notify.targets:
        return {"not_told": None}
    from retrain_platform.steps.notices.delivering import standing

    found = standing(_post(spec))
    away = "; ".join(f"{name} {_away_text(each)}" for name, each in found.away.items())
    return {"not_told": f"{away}; {found.waiting} wait" if away else None}


def _post(spec: ModelSpec) -> Post:
    from retrain_platform.resources import post, settings

    return post(spec, settings())


def _deliver(spec: ModelSpec) -> Delivered:
    from retrain_platform.steps.notices.delivering import deliver

    return deliver(_post(spec))


def _away_lines(spec: ModelSpec, told: Delivered) -> list[str]:
    return [f"{spec.name}: {name} {_away_text(away)}" for name, away in told.away.items()]


def _away_text(away: Any) -> str:
    """Since when a target could not be told, and when it is tried again."""
    again = f"tried {away.tries} times, again from {away.again:%H:%M:%S} UTC"
    return f"could not be told since {away.since:%Y-%m-%d %H:%M} UTC ({again}): {away.why}"


def _none(spec: ModelSpec) -> dict[str, Any] | None:
    from retrain_platform.resources import settings

    if spec.notify.here(settings().environment):
        return None
    said = f"{spec.name}: nobody is named under notify.targets"
    if spec.notify.targets:
        said = f"{spec.name}: no target of notify.targets is for RETRAIN_ENVIRONMENT == {settings().environment!r}"
    return {"model": spec.name, "sent": 0, "waiting": 0, "away": {}, "said": [said]}


def _delivered(spec: ModelSpec) -> dict[str, Any]:
    if nobody := _none(spec):
        return nobody
    told = _deliver(spec)
    said = [f"{spec.name}: {told.sent} sent, {told.waiting} waiting", *_away_lines(spec, told)]
    return {"model": spec.name, **told.model_dump(mode="json"), "said": said}


def _previewed(spec: ModelSpec) -> dict[str, Any]:
    from retrain_platform.steps.notices.delivering import preview

    if nobody := _none(spec):
        return nobody
    found = preview(_post(spec))
    said = [f"{spec.name}: {len(found)} would be sent"]
    for target, message in found:
        said += ["", f"to {target}: {message.title}", *(f"    {line}" for line in message.text.split("\n"))]
    messages = [{"target": target, "title": m.title, "text": m.text} for target, m in found]
    return {"model": spec.name, "sent": 0, "waiting": len(found), "away": {}, "messages": messages, "said": said}


def _tried(spec: ModelSpec) -> dict[str, Any]:
    """A target that takes no test message is told with its reason; nothing of it is on record."""
    if nobody := _none(spec):
        return nobody
    made = _post(spec)
    command = f"retrain notify {spec.name} --test"
    text = f"A test of notify.targets of {spec.name}, by hand. Nothing happened.\n\n    {command}"
    wrong: dict[str, str] = {}
    said = []
    for target in made.targets:
        why = made.notifier.send(target.url.get_secret_value(), f"{spec.name}: a test", text, "info")
        wrong |= {target.name: why} if why else {}
        said.append(f"{spec.name}: {target.name} {f'could not be told: {why}' if why else 'was told'}")
    return {"model": spec.name, "sent": len(made.targets) - len(wrong), "waiting": 0, "away": wrong, "said": said}
