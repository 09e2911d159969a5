"""release split: who gets which share, as one document, for whoever routes requests elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from retrain_platform.cli.app import ModelName, fail, shop_of, spec_of
from retrain_platform.cli.release import commands
from retrain_platform.cli.screen import say
from retrain_platform.release.split import Split
from retrain_platform.spec import ModelSpec


@commands.command("split")
def tell_split(
    model: ModelName,
    form: Annotated[Literal["json", "httproute"], typer.Option("--format", help="The document's form.")] = "json",
    output: Annotated[Path | None, typer.Option("--output", help="A file to write; without it, the screen.")] = None,
) -> None:
    """Who answers which share of the requests now. Exit 1: nobody answers yet.

    As an HTTPRoute of the Kubernetes Gateway API it takes its names from `gateway.exporters` of the spec.

    Example: [bold]retrain release split flight_delay[/bold]

    Example: [bold]retrain release split flight_delay --format httproute --output route.yaml[/bold]
    """
    spec = spec_of(model)
    found = shop_of(spec).split()
    if found.champion is None:
        fail(f"no version of {spec.name} answers yet", 1)
    text = _route(spec, found) if form == "httproute" else found.model_dump_json(indent=2) + "\n"
    if output is None:
        print(text, end="")
        return
    from retrain_platform.adapters.atomic import write_atomically

    write_atomically(output.absolute(), text.encode())
    say(f"{spec.name}: written to {output}")


def _route(spec: ModelSpec, split: Split) -> str:
    from retrain_platform.release.exporting import HttpRouteExport, http_route

    named = [to for to in (spec.gateway.exporters if spec.gateway else ()) if isinstance(to, HttpRouteExport)]
    if not named:
        cure = "add to the spec: gateway: {exporters: [{kind: http_route, path: routes, gateways: [NAME]}]}"
        fail(f"--format == 'httproute', must have an exporter of kind http_route to take its names from; {cure}")
    return http_route(split, named[0])
