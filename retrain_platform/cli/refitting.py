"""`retrain refit`: which limits the past retrains speak against."""

from __future__ import annotations

from typing import Annotated

import typer

from retrain_platform.cli.app import AsJson, ModelName, app, fail, not_played, shop_of, spec_of
from retrain_platform.cli.reading import watched_periods
from retrain_platform.cli.screen import answer, say
from retrain_platform.steps.release.live_time import data_time

Confidence = Annotated[
    float, typer.Option("--confidence", help="At which retrains must have brought less than nothing.")
]


@app.command()
def refit(model: ModelName, confidence: Confidence = 0.95, as_json: AsJson = False) -> None:
    """Which limits of the policy are too low, by what the retrains were worth that they asked for.

    Nothing is changed: what to write into the spec is told. A limit is only ever made harder to pass, for nobody knows
    what a retrain would have brought that did not come about; `retrain replay MODEL` trains those, too.

    Exit 1: no limit should be changed.

    Example: [bold]retrain refit flight_delay[/bold]
    """
    from retrain_platform.steps.policy.valuing import refitted

    if not 0.5 <= confidence < 1:
        fail(f"--confidence == {confidence}, must be at least 0.5 and below 1")
    spec = spec_of(model)
    shop = shop_of(spec)
    entries = shop.entries()
    if not watched_periods(entries):
        fail(not_played(spec, model), 1)
    found = refitted(shop, data_time(spec, entries), confidence)
    changed = [each for each in found if each.better is not None]
    if not answer(list(found), as_json):
        say([each.sentence for each in found] or ["no retrain of one trigger alone has a known worth yet"])
        say(f"{each.field}: {each.better:.3g}    # was {each.limit:.3g}" for each in changed if each.field)
    raise typer.Exit(0 if changed else 1)
