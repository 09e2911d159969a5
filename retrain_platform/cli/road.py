"""check, run, status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import (
    AsJson,
    ModelName,
    answer,
    app,
    console,
    fail,
    ledger_here,
    show,
    spec_files,
    spec_of,
)
from retrain_platform.spec import ModelSpec, SpecErrors, read_spec


@app.command()
def check(
    specs: Annotated[
        list[Path] | None, typer.Argument(metavar="[SPEC]...", help="Spec files; without one, all here.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print the whole spec with every default.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check specs: every mistake with file, field, value and cure; then what each stage can detect.

    Examples: [bold]retrain check[/bold] · [bold]retrain check defs/models/churn/defs.yaml --explain[/bold]
    """
    found: list[dict[str, Any]] = []
    wrong = 0
    for path in specs or spec_files():
        try:
            spec = read_spec(path)
        except (SpecErrors, OSError) as error:
            wrong += 1
            listed = (
                [problem._asdict() for problem in error.problems] if isinstance(error, SpecErrors) else [str(error)]
            )
            found.append({"file": str(path), "problems": listed, "said": str(error)})
            continue
        found.append({"file": str(path), "model": spec.name, "problems": [], **_told(spec, explain)})
    if not answer(found, as_json):
        for one in found:
            _print_check(one)
    if not found:
        fail("no spec found: name one, or go to the project's folder")
    raise typer.Exit(1 if wrong else 0)


def _told(spec: ModelSpec, explain: bool) -> dict[str, Any]:
    from retrain_platform.cli.explaining import detectable_lines, explained

    told: dict[str, Any] = {"policy": spec.policy.describe(), "detects": detectable_lines(spec)}
    return {**told, "spec": explained(spec)} if explain else told


def _print_check(one: dict[str, Any]) -> None:
    if one["problems"]:
        console.print(one["said"], markup=False)
        return
    console.print(f"{one['file']}: {one['model']} is well", markup=False)
    console.print(f"  policy: {one['policy']}", markup=False)
    for line in one["detects"]:
        console.print(f"  {line}", markup=False)
    if "spec" in one:
        console.print(one["spec"], markup=False)


@app.command()
def run(
    model: ModelName,
    until: Annotated[str | None, typer.Option(help="The last period to watch, as in 2013-06-04.")] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the model's road as far as its data goes: watch, decide, retrain, release. Again does only what is new.

    Examples: [bold]retrain run flight_delay[/bold] · [bold]retrain run flight_delay --until 2013-03-05[/bold]
    """
    spec = spec_of(model)
    if until is not None:
        try:
            spec.period.period(until)
        except ValueError as error:
            fail(str(error))
    from retrain_platform.cli.playing import play_with_progress

    steps, why = play_with_progress(spec, until, quiet=as_json)
    if not answer({"model": spec.name, "steps": steps, "failed": why}, as_json):
        console.print(f"{len(steps)} steps", markup=False)
    if why:
        fail(f"stopped: {why}\nPut it right and run the same command again: it goes on from here.", 1)


@app.command()
def status(model: Annotated[str | None, typer.Argument(metavar="[MODEL]")] = None, as_json: AsJson = False) -> None:
    """Where each model stands: its newest period, champion, release on the way, and what is due next.

    Examples: [bold]retrain status[/bold] · [bold]retrain status flight_delay --json[/bold]
    """
    try:
        specs = [spec_of(model)] if model else [read_spec(path) for path in spec_files()]
    except SpecErrors as error:
        fail(str(error))
    rows = [_status(spec) for spec in specs]
    if not answer(rows, as_json):
        show(rows)


def _status(spec: ModelSpec) -> dict[str, Any]:
    from retrain_platform.release.fold import fold
    from retrain_platform.resources import reader_of
    from retrain_platform.steps.due import due

    entries = ledger_here().entries(spec.name)
    state = fold(entries)
    watched = [entry.body for entry in entries if entry.kind == "watched"]
    incidents = [entry for entry in entries if entry.kind == "incident"]
    following = due(spec, entries, reader_of(spec).watermark())
    way = state.open
    return {
        "model": spec.name,
        "mode": spec.mode,
        "watched until": watched[-1]["period"] if watched else None,
        "last decision": watched[-1]["action"] if watched else None,
        "champion": state.champion,
        "on the way": f"{way.version} ({way.stage.value}, {way.share}%)" if way else None,
        "next": following.step.work if following.step else following.why,
        "newest incident": incidents[-1].why[:120] if incidents else None,
    }
