"""release drill: every model shows that it can go back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from retrain_platform.cli.app import AsJson, MaybeModel, actor, named_or_all, shop_of, tell_wrong
from retrain_platform.cli.release import commands
from retrain_platform.cli.screen import answer, say
from retrain_platform.spec import ModelSpec

if TYPE_CHECKING:
    from retrain_platform.steps.release.drilling import Drilled


@commands.command("drill")
def drill_models(
    model: MaybeModel = None,
    as_json: AsJson = False,
) -> None:
    """Prove that models can go back: load the version before, ask it the newest rows, time the switch. Nothing moves.

    What came of it is on record, and `retrain status` says so when that was a month ago. Exit 1: one cannot go back.

    Example: [bold]retrain release drill[/bold]

    Example: [bold]retrain release drill flight_delay --json[/bold]
    """
    sound, wrong = named_or_all(model)
    tried = {each.spec.name: _drilled(each.spec) for each in sound.values()}
    answered = answer(tried, as_json)
    if not answered:
        none = "there is no version to go back to"
        say(f"{name}: {none if one is None else one.sentence}" for name, one in tried.items())
        say([] if tried else "no model here")
    tell_wrong(wrong, answered=answered)
    raise typer.Exit(1 if any(one is not None and one.problem for one in tried.values()) else 0)


def _drilled(spec: ModelSpec) -> Drilled | None:
    from retrain_platform.adapters.gateway_home import GatewayHome
    from retrain_platform.resources import folder_exporter, settings, values_of
    from retrain_platform.steps.release.drilling import drill
    from retrain_platform.steps.training.stored_requests import kept_requests

    shop, at = shop_of(spec), settings()
    smoke = partial(kept_requests, values_of(at), shop.registry, spec.name)
    if spec.gateway is None:
        return drill(shop, actor=actor(), smoke=smoke, dry=None)
    with TemporaryDirectory() as place:
        exporter = folder_exporter(spec, at, shop.registry, GatewayHome(Path(place)))
        return drill(shop, actor=actor(), smoke=smoke, dry=exporter.publish)
