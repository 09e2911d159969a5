"""token add, list, revoke: who may ask what of the gateway."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retrain_platform.cli.app import AsJson, app
from retrain_platform.cli.errors import fail
from retrain_platform.cli.screen import answer, say, show
from retrain_platform.dataset.duration import parse_span_of_clock

if TYPE_CHECKING:
    from retrain_platform.gateway.doors.tokens import Token

commands = typer.Typer(no_args_is_help=True, help="Say who may ask what of the gateway.")
app.add_typer(commands, name="token")


@commands.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it: what is done with it is done by NAME.")],
    model: Annotated[list[str] | None, typer.Option("--model", help="Good for this model; all if never given.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="predict, feedback or admin; predict if never given.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="After so long, as in 90d or 12h.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, and show it once: only its hash is kept. From the first one on, every request needs a token.

    Example: [bold]retrain token add shop --model flight_delay --scope predict --scope feedback --expires 90d[/bold]
    """
    from retrain_platform.adapters.clock import now
    from retrain_platform.gateway.doors.tokens import EVERY, add_token

    at = now()
    until = None if expires is None else at + _span(expires)
    try:
        made, plain = add_token(_path(), name, model or [EVERY], scope or ["predict"], at, until)
    except ValueError as error:
        fail(str(error))
    if not answer({**_told(made), "token": plain}, as_json):
        say([plain, f"{name}: {', '.join(made.scopes)} of {_models(made)}, {_until(made)}. It is shown this once."])
        say("Send it as the header:  Authorization: Bearer TOKEN")


@commands.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Who has a token, for what and until when. The tokens themselves are kept nowhere.

    Example: [bold]retrain token list[/bold]
    """
    from retrain_platform.adapters.clock import now
    from retrain_platform.gateway.doors.tokens import BadTokens, read_tokens

    try:
        found = read_tokens(_path())
    except BadTokens as error:
        fail(str(error), 1)
    if answer([_told(each) for each in found or ()], as_json):
        return
    show(
        [
            {
                "name": each.name,
                "id": each.id,
                "scopes": ", ".join(each.scopes),
                "models": _models(each),
                "since": f"{each.created:%Y-%m-%d}",
                "ends": "expired" if each.over(now()) else _until(each),
            }
            for each in found or ()
        ],
        empty="no tokens: predict and feedback are open, to this machine alone unless the gateway was told --open"
        if found is None
        else "no tokens: nobody is let in until one is added",
    )


@commands.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its name, or its id where a name had several.")],
    as_json: AsJson = False,
) -> None:
    """Take a token away; every worker refuses it within a second. Exit 1: there is none of this name.

    Example: [bold]retrain token revoke shop[/bold]
    """
    from retrain_platform.gateway.doors.tokens import BadTokens, read_tokens, revoke_token

    path = _path()
    try:
        gone = revoke_token(path, token)
        left = len(read_tokens(path) or ())
    except (LookupError, BadTokens) as error:
        fail(str(error.args[0]), 1)
    if not answer(_told(gone), as_json):
        say(f"the token of {gone.name} ({gone.id}) is good for nothing any more; {left} left")
        if not left:
            say(f"Nobody is let in now. To open predict and feedback to this machine again: rm {path}")


def _path() -> Path:
    from retrain_platform.resources import gateway_home, settings

    return gateway_home(settings()).tokens


def _span(text: str) -> timedelta:
    try:
        return parse_span_of_clock(text)
    except ValueError as error:
        fail(f"--expires: {error}")


def _told(token: Token) -> dict[str, object]:
    return token.model_dump(mode="json", exclude={"digest"})


def _models(token: Token) -> str:
    from retrain_platform.gateway.doors.tokens import EVERY

    return "all models" if EVERY in token.models else ", ".join(token.models)


def _until(token: Token) -> str:
    return "until it is revoked" if token.expires is None else f"until {token.expires:%Y-%m-%d %H:%M} UTC"
