"""serve --staging: one version, on an instance of its own, asked and judged by hand."""

from __future__ import annotations

from typing import Any

import typer

from retrain_platform.cli.app import shop_of, spec_of
from retrain_platform.cli.errors import fail
from retrain_platform.cli.screen import answer, say


def try_version(models: list[str], version: str | None, *, staging: bool, as_json: bool) -> None:
    """Try it and say what it showed; leaves with 1 where it failed or could not be told. Nothing goes on record."""
    from retrain_platform.gateway.staging.trials import try_out
    from retrain_platform.release.live.plan import Staging
    from retrain_platform.release.staging import judged

    if not staging:
        fail("--version is of --staging: a version is released by its release, see: retrain release --help")
    if len(models) != 1:
        fail(f"MODEL == {', '.join(models) or 'none'}, must be one: --staging tries one version of one model")
    shop = shop_of(spec_of(models[0]))
    tried = _meant(shop, version)
    live = shop.spec.release.live
    limits = (live.staging if live is not None else None) or Staging()
    showed = try_out(shop, tried, limits.requests)
    verdict = judged(showed, limits)
    if not answer({"verdict": verdict, "showed": showed}, as_json):
        say(f"version {tried} {verdict.outcome.replace('_', ' ')}: {verdict.sentence}")
        say(f"- {each.name}: {broke}" for each in showed.asked for broke in each.broke)
    raise typer.Exit(0 if verdict.outcome == "passed" else 1)


def _meant(shop: Any, version: str | None) -> str:
    """The version that is named, else the one on its way, else the newest; leaves with 2 where it is none."""
    known = [made.version for made in shop.registry.versions(shop.model)]
    state = shop.state()
    meant = version or (state.open.version if state.open else None) or (known[-1] if known else None)
    if meant is None:
        fail(f"{shop.model} has no version yet", 1)
    if meant not in known:
        fail(f"--version == {version!r}, must be one of {', '.join(known) or 'none: nothing is registered yet'}")
    return str(meant)
