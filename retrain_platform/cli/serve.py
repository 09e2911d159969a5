"""serve: models over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import Found, NoModel, app, meant, specs_here
from retrain_platform.cli.errors import fail
from retrain_platform.cli.serving_screen import ServingScreen
from retrain_platform.cli.trying_versions import try_version

_CURE = "add to its attributes, for what is shipped:  gateway: {}"


@app.command()
def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...", help="By name, or the path of a defs.yaml; all with a `gateway:` if none."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer, on one port.")] = 2,
    grace: Annotated[float, typer.Option(min=0, help="Seconds that a request may still take at the end.")] = 20.0,
    open_to_all: Annotated[bool, typer.Option("--open", help="Let everybody in without a token.")] = False,
    admin_anywhere: Annotated[
        bool, typer.Option("--admin-anywhere", help="Tokens with the scope admin are good from other machines too.")
    ] = False,
    staging: Annotated[
        bool, typer.Option("--staging", help="Only try one MODEL's version, on an instance apart.")
    ] = False,
    version: Annotated[str | None, typer.Option(help="With --staging: the version; else the one on its way.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What happens as JSON, a line each, for programs.")] = False,
) -> None:
    """Answer requests for predictions over HTTP: champion, canary and shadow as the release says, all of it logged.

    It needs neither MLflow nor the ledger to start and to serve: it goes on with what it knew last, and says so.

    Ctrl-C finishes what is under way and ends; a second one ends at once.

    With --staging one version is served apart from all traffic, asked its stored requests, every door and its
    consumers' contracts, measured, and judged; exit 1: it failed, or it could not be told.

    Example: [bold]retrain serve flight_delay --port 8000 --workers 2[/bold]

    Example: [bold]retrain serve flight_delay --staging --version 3[/bold]
    """
    if staging or version is not None:
        try_version(models or [], version, staging=staging, as_json=as_json)
        return
    problems: list[str] = []
    chosen = _chosen(models or [], problems)
    doors = {"host": host, "open_to_all": open_to_all, "admin_anywhere": admin_anywhere}
    _guarded(host, problems, open_to_all=open_to_all)
    listening = _listening(host, port, problems)
    if problems or listening is None:
        fail("\n".join(problems))
    raise typer.Exit(_run(chosen, listening, doors, workers=workers, grace=grace, as_json=as_json))


def _chosen(models: list[str], problems: list[str]) -> dict[str, Path]:
    """The files of the models to serve; what is wrong with any of them is added to `problems`."""
    if models:
        here = cache(specs_here)
        named = [each for model in models if (each := _named(model, here, problems)) is not None]
        lacking = [each for each in named if each.spec.gateway is None]
        problems += [f"{each.spec.name} has no section `gateway`: {_CURE} ({each.file})" for each in lacking]
        return {each.spec.name: each.file.resolve() for each in named}
    sound, wrong = specs_here()
    served = {name: each.file.resolve() for name, each in sorted(sound.items()) if each.spec.gateway is not None}
    if not served:
        problems += [*map(str, wrong), f"no model here has a section `gateway`: {_CURE}"]
    return served


def _named(model: str, here: Callable[[], Any], problems: list[str]) -> Found | None:
    try:
        return meant(model, here)
    except NoModel as error:
        problems += [problem for problem in error.problems if problem not in problems]
        return None


def _guarded(host: str, problems: list[str], *, open_to_all: bool) -> None:
    """Strangers are not let in because nobody thought of them."""
    from retrain_platform.gateway.doors.guard import must_be_guarded
    from retrain_platform.resources import gateway_home, settings

    try:
        must_be_guarded(host, gateway_home(settings()).tokens, open_to_all=open_to_all)
    except ValueError as error:
        problems.append(str(error))


def _listening(host: str, port: int, problems: list[str]) -> socket.socket | None:
    from retrain_platform.gateway.processes.listening import CannotListen, listen

    try:
        return listen(host, port)
    except CannotListen as error:
        problems.append(str(error))
        return None


def _run(
    chosen: dict[str, Path], listening: socket.socket, doors: dict[str, Any], *, as_json: bool, **more: Any
) -> int:
    from retrain_platform.gateway.processes.listening import instance_name
    from retrain_platform.gateway.service.supervisor import ServePlan, Supervisor
    from retrain_platform.resources import gateway_home, settings

    host, port = doors["host"], listening.getsockname()[1]
    home = gateway_home(settings())
    plan = ServePlan(home=home.root, instance=instance_name(host, port), models=chosen, **doors, **more)
    return Supervisor(plan, listening, ServingScreen(plan, _url(host, port), as_json=as_json)).run()


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
