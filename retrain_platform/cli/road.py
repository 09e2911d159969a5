"""check, run, status."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import (
    AsJson,
    MaybeModel,
    ModelName,
    app,
    entries_of,
    fail,
    found,
    named_or_all,
    not_played,
    spec_files,
    tell_wrong,
)
from retrain_platform.cli.explaining import detectable_lines, explained, further
from retrain_platform.cli.notifying import tell, untold_of
from retrain_platform.cli.quality import quality_of
from retrain_platform.cli.reading import period_at, watched_periods
from retrain_platform.cli.screen import answer, console, say, show
from retrain_platform.spec import ModelSpec, SpecErrors, read_spec
from retrain_platform.steps.due import Due, Step, due
from retrain_platform.steps.lines import paused

_CUT = 140
"""How much of an incident a table shows."""

Plugin = Annotated[bool, typer.Option("--plugin", help="Run the families' own suites on the spec's functions.")]


@app.command()
def check(
    specs: Annotated[
        list[Path] | None, typer.Argument(metavar="[SPEC]...", help="Spec files; without one, all here.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print the whole spec with every default.")] = False,
    plugin: Plugin = False,
    as_json: AsJson = False,
) -> None:
    """Check specs: every mistake with file, line, field, value and cure; then what each stage can detect.

    Columns that a spec names are looked for in its source, where that is there already.

    Exit 1: a spec is wrong; 2: there is no such file.

    Example: [bold]retrain check[/bold]

    Example: [bold]retrain check defs/models/churn/defs.yaml --explain --plugin[/bold]
    """
    files = specs or spec_files()
    if not files:
        fail("no spec found: name one, or go to the project's folder")
    named: dict[str, Path] = {}
    checked = [_checked(path, named, explain=explain, plugin=plugin) for path in files]
    if not answer(checked, as_json):
        for one in checked:
            _print_check(one)
    if not all(path.is_file() for path in files):
        raise typer.Exit(2)
    raise typer.Exit(1 if any(one["problems"] for one in checked) else 0)


def _checked(path: Path, named: dict[str, Path], *, explain: bool, plugin: bool) -> dict[str, Any]:
    try:
        spec = read_spec(path)
        notes = further(spec, path, named, plugin=plugin)
    except SpecErrors as error:
        return {
            "file": str(path),
            "problems": [problem._asdict() for problem in error.problems],
            "said": str(error),
        }
    return {"file": str(path), "model": spec.name, "problems": [], "notes": notes, **_told(spec, explain)}


def _told(spec: ModelSpec, explain: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"policy": spec.policy.describe(), "detects": detectable_lines(spec)}
    if spec.label.unexplored:
        told["warning"] = f"nothing is promoted by itself, every release waits for a person: {spec.label.unexplored}"
    if not explain:
        return told
    return {**told, "asks": [gate.describe() for gate in spec.validation.gates], "spec": explained(spec)}


def _print_check(one: dict[str, Any]) -> None:
    if one["problems"]:
        say(one["said"])
        return
    say([f"{one['file']}: {one['model']} is well", f"  policy: {one['policy']}"])
    say(f"  note: {note}" for note in one["notes"])
    say(f"  {line}" for line in one["detects"])
    if "warning" in one:
        say(f"  {one['warning']}")
    say(f"  the exam asks: {question}" for question in one.get("asks", ()))
    if "spec" in one:
        console.print(one["spec"], markup=False)


@app.command()
def run(
    model: ModelName,
    until: Annotated[str | None, typer.Option(help="The last period to watch, as in 2013-06-04.")] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the model's road as far as its data goes: watch, decide, retrain, release. Again does only what is new.

    How each retrain ended is told. A candidate turned away, or data that its checks refuse, is an outcome: exit 0.

    Exit 1: a step failed, the source cannot be read, or the model is paused.

    Example: [bold]retrain run flight_delay[/bold]

    Example: [bold]retrain run flight_delay --until 2013-03-05[/bold]
    """
    spec, file = found(model)
    again = f"retrain run {shlex.quote(model)}"
    if until is not None:
        period_at(spec, until, "--until")
    if why := paused(entries_of(spec)):
        fail(f"{spec.name} is paused: {why}\nGo on with: retrain resume {shlex.quote(model)}", 1)
    from retrain_platform.adapters.sources import SourceUnreadable
    from retrain_platform.cli.playing import play_with_progress
    from retrain_platform.dataset.times import BadTimes

    try:
        steps, failed = play_with_progress(spec, until, quiet=as_json)
    except (BadTimes, SourceUnreadable) as error:
        fail(f"{file}: {error}\nPut it right and run the same command again: {again}", 1)
    untold = tell(spec)
    row = _status(spec, until)
    done = {"model": spec.name, "steps": steps, "failed": failed, "status": row, "untold": untold}
    answered = answer(done, as_json)
    if not answered:
        say(untold)
        _print_run(steps, row, _last_decision(entries_of(spec), "why"))
    if failed:
        told = f"{file}: {failed}\nPut it right and run the same command again, it goes on from here: {again}"
        fail(told, 1, answered=answered)


def _last_decision(entries: list[Any], said: str) -> str:
    """The newest decision on record: its `action`, or `why`."""
    last = next((entry for entry in reversed(entries) if entry.kind in ("decided", "watched")), None)
    if last is None:
        return ""
    return str(last.why) if said == "why" else str(last.body["action"])


def _print_run(steps: list[dict[str, Any]], row: dict[str, Any], decided: str) -> None:
    done = [step for step in steps if not step["error"]]
    counted = {kind: sum(step["kind"] == kind for step in done) for kind in ("watch", "retrain", "decide")}
    did = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in (
            (counted["watch"], "period watched", "periods watched"),
            (counted["retrain"], "retrain", "retrains"),
            (counted["decide"], "new decision", "new decisions"),
        )
        if number
    ]
    say(", ".join(did) or ("nothing was due" if not steps else "nothing was done"))
    if steps and decided:
        say(f"last decision: {decided}")
    champion = row["champion"] or "none yet"
    on_the_way = f", on the way {row['on_the_way']}" if row["on_the_way"] else ""
    say(f"watched until {row['watched_until'] or '-'}, champion {champion}{on_the_way}; next: {row['next']}")
    if row["waiting_for_approval"]:
        say(row["waiting_for_approval"])


@app.command()
def status(
    model: MaybeModel = None,
    as_json: AsJson = False,
) -> None:
    """Where each model stands: its newest period, champion, release on the way, and what is due next.

    Example: [bold]retrain status[/bold]

    Example: [bold]retrain status flight_delay --json[/bold]
    """
    sound, wrong = named_or_all(model)
    rows = {typed: _status(spec) for typed, (spec, _) in sound.items()}
    answered = answer(list(rows.values()), as_json)
    if not answered:
        show([_shown(row) for row in rows.values()], empty="no model here")
        say(not_played(sound[typed].spec, typed) for typed, row in rows.items() if row["watched_until"] is None)
        say(f"{row['model']}: {row['waiting_for_approval']}" for row in rows.values() if row["waiting_for_approval"])
    tell_wrong(wrong, answered=answered)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row as people read it: a long incident is cut."""
    incident = row["newest_incident"]
    cut = incident and textwrap.shorten(incident, _CUT, placeholder=" ...")
    told = {name: value for name, value in row.items() if name not in ("waiting_for_approval", "next_attempt")}
    return {name.replace("_", " "): value for name, value in {**told, "newest_incident": cut}.items()}


def _status(spec: ModelSpec, until: str | None = None) -> dict[str, Any]:
    from retrain_platform.release.fold import fold
    from retrain_platform.resources import settings, values_of
    from retrain_platform.steps.policy.deadlines import standing_deadline
    from retrain_platform.steps.release.approving import waiting_for

    entries = entries_of(spec)
    state = fold(entries)
    watched = watched_periods(entries)
    incidents = [entry for entry in entries if entry.kind == "incident"]
    way, following = state.open, _next(spec, entries, until)
    return {
        "model": spec.name,
        "mode": spec.mode,
        "watched_until": watched[-1] if watched else None,
        "last_decision": _last_decision(entries, "action") or None,
        "champion": state.champion,
        **quality_of(spec, watched),
        "on_the_way": f"{way.version} ({way.stage.value}, {way.share}%)" if way else None,
        "waiting_for_approval": waits.shown if (waits := waiting_for(spec, entries)) else None,
        "next": following.why,
        "next_attempt": following.again,
        "deadline": left.shown if (left := standing_deadline(spec, entries, values_of(settings()))) else None,
        **untold_of(spec),
        "going_back": _going_back(spec, entries, state),
        "newest_incident": f"{incidents[-1].as_of:%Y-%m-%d} {incidents[-1].why}" if incidents else None,
    }


def _going_back(spec: ModelSpec, entries: list[Any], state: Any) -> str | None:
    """What is not in order with the way back of the model; None where nothing is known to be wrong."""
    from retrain_platform.adapters.clock import now
    from retrain_platform.resources import settings, values_of
    from retrain_platform.steps.release.drilling import drill_due
    from retrain_platform.steps.release.fitness import known_problem, return_target

    target = return_target(state)
    problem = "" if target is None else known_problem(values_of(settings()), spec.name, target)
    due = drill_due(entries, state, now()) if spec.gateway is not None else ""
    return problem or (f"{due}; try it with: retrain release drill {spec.name}" if due else None)


def _next(spec: ModelSpec, entries: list[Any], until: str | None) -> Due:
    """What the sensors would begin now, in words, or why they would begin nothing."""
    if why := paused(entries):
        return Due(None, f"paused, neither sensors nor `retrain run` begin anything: {why}")
    from retrain_platform.adapters.clock import now
    from retrain_platform.resources import reader_of

    try:
        following = due(spec, entries, reader_of(spec).watermark(), until=until, now=now())
    except (RuntimeError, ValueError, OSError) as error:
        return Due(None, f"the source cannot be read: {error}")
    return following._replace(why=_doing(following.step)) if following.step else following


def _doing(step: Step) -> str:
    if step.kind == "watch":
        return f"watch {step.period.key}"
    if step.kind == "retrain":
        return f"retrain after {step.period.key}"
    return f"decide again in {step.period.key}: somebody asked"
