"""card, playbook: what is written of a model for people."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, app, entries_of, fail, not_played, shop_of, spec_of
from retrain_platform.cli.screen import answer, say


@app.command()
def card(
    model: ModelName,
    version: Annotated[str | None, typer.Option(help="A version; without it, the champion, else the newest.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page with its plots there, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """The model card, with the approvals and moves of until now. Exit 1: no version is registered yet.

    Example: [bold]retrain card flight_delay --version 2 --html card.html[/bold]
    """
    from retrain_platform.steps.papers.card import card_of_version

    shop = shop_of(spec_of(model))
    entries = shop.entries()
    meant = version or _meant(entries)
    if meant is None:
        fail(not_played(shop.spec, model) if not entries else f"no version of {shop.model} is registered yet", 1)
    try:
        found, report = card_of_version(shop, meant)
    except LookupError as error:
        fail(f"--{error}; see: retrain log {shlex.quote(model)}")
    if html is not None:
        from retrain_platform.defs.validation_pages import card_html

        _write(html, card_html(found.text, title=f"{shop.model}, model card", report=report))
    if not answer({**found.model_dump(mode="json"), "html": html}, as_json):
        say(found.text)


def _meant(entries: list[Any]) -> str | None:
    """The champion, else the newest version on record."""
    from retrain_platform.release.fold import fold

    newest = [entry.body["version"] for entry in entries if entry.kind == "retrained" and entry.body["version"]]
    return fold(entries).champion or (newest[-1] if newest else None)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"--html == '{path}', must be a file that can be written: {error.strerror}")


@app.command()
def playbook(model: ModelName, as_json: AsJson = False) -> None:
    """What to do and when, as Markdown: triggers, who is told, how to look, approve and roll back, past incidents.

    Example: [bold]retrain playbook flight_delay > playbook.md[/bold]
    """
    from retrain_platform.steps.papers.playbook import playbook as written

    spec = spec_of(model)
    text = written(spec, entries_of(spec))
    if not answer({"model": spec.name, "playbook": text}, as_json):
        say(text)
