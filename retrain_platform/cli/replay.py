"""`retrain replay`: which policy would have paid, on a model's history or on a bare table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrain_platform.cli import replay_options as of
from retrain_platform.cli.app import app, fail, spec_of
from retrain_platform.cli.replay_told import tell
from retrain_platform.cli.screen import console, hush, say, write_report


@app.command()
def replay(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    what: of.What,
    time: of.Time = None,
    label: of.Label = None,
    task: of.TaskOf = None,
    metric: of.MetricOf = None,
    every: of.EveryUnit = None,
    batches: of.Batches = None,
    window: of.Window = None,
    start: of.Start = None,
    label_delay: of.Delay = None,
    costs: of.Costs = None,
    policies: of.Policies = None,
    exclude: of.Exclude = "",
    entity: of.Entity = None,
    trees: of.Trees = None,
    takes: of.Takes = None,
    canary: of.Canary = None,
    bake: of.Bake = None,
    gate: of.GateBy = None,
    holdout: of.Holdout = None,
    rollback: of.RollbackBy = None,
    without: of.Without = "",
    seeds: of.Seeds = None,
    limits: of.Limits = None,
    presets: of.Presets = False,
    json_file: of.JsonFile = None,
    html_file: of.HtmlFile = None,
) -> None:
    """Which retraining policy would have paid: on a model's own history, or on a bare table without any spec.

    Every model that a policy could have trained is trained, once, and scored on all that came later. Every policy is
    a walk through these losses, and so is the best there is. What was trained is kept under RETRAIN_HOME: another
    policy or cost asks for no training.

    Of a model its spec says everything: rows, recipe, metric, how late labels are, and the present policy, which is
    walked beside the others; with --batches its rows need follow no calendar. Of a table the options say it.

    A policy file names policies as a spec writes them; to batches of a bare table a batch lasts a day (1d), to those of
    a model one of its periods.

    With late labels, --takes, --canary, --gate or --rollback the report tells what each of them costs.

    Exit 2: it cannot be replayed as asked.

    Example: [bold]retrain replay flight_delay[/bold]

    Example: [bold]retrain replay data.parquet --time when --label late[/bold]

    Example: [bold]retrain replay data.csv --time when --label late --batches 45 --window 3 --html replay.html[/bold]
    """
    hush()
    said = {
        "--task": task,
        "--metric": metric,
        "--every": every,
        "--batches": batches,
        "--label-delay": label_delay,
        "--exclude": exclude or None,
        "--entity": entity,
        "--trees": trees,
        "--takes": takes,
        "--canary": canary,
        "--bake": bake,
        "--gate": gate,
        "--holdout": holdout,
        "--rollback": rollback,
    }
    options = of.Options()
    windows = None if window is None else options.read(of.windows_of, window)
    first = None if start is None else options.read(of.at_least, "--start", start, 1)
    many = options.read(of.at_least, "--seeds", 1 if seeds is None else seeds, 1)
    effects = options.read(of.effects_of, without)
    amounts, currency = options.read(of.costs_of, costs) or ((), "")
    named = options.read(of.policies_of, policies)
    for option, path in (("--json", json_file), ("--html", html_file)):
        options.read(of.in_a_folder, option, path)
    if time is None and label is None:
        asked = options.read(_of_spec, what, said, windows, first, many)
    else:
        options.wrong += _contradictions(time, label, said, seeds, costs if currency else None)
        asked = options.read(_of_table, options, what, time, label, said, windows, first)
    if presets and batches is not None:
        options.wrong.append(
            "--presets and --batches, must be only one of them: a domain's cadence is of days and weeks"
        )
    options.must_be_right()
    more: dict[str, Any] = {"currency": currency} if currency else {}
    more |= {} if limits is None else {"limits": limits}
    asked = asked._replace(effects=effects, presets=presets, **more)
    _answer(asked, amounts, named, json_file, html_file, limits=bool(limits))


def _of_spec(
    what: str, said: dict[str, Any], windows: tuple[int | None, ...] | None, start: int | None, seeds: int
) -> Any:
    """A spec's replay.

    Raises:
        WrongOption: options are given of which a spec says all, or it is no model but a table.
    """
    from retrain_platform.cli.replaying import AskedSpec

    if Path(what).suffix not in (".yaml", ".yml") and (Path(what).is_file() or "." in what or "/" in what):
        raise of.WrongOption(
            f"--time and --label == None, must name columns of the table {what}; a model is named without them"
        )
    batches = said.pop("--batches")
    if given := [f"{name} == {value}" for name, value in said.items() if value is not None]:
        raise of.WrongOption(f"{', '.join(given)}, must be left out where a model is replayed: its spec says it")
    return AskedSpec(spec_of(what), windows or (), start, batches, seeds=seeds)


def _contradictions(
    time: str | None, label: str | None, said: dict[str, Any], seeds: int | None, paid: str | None
) -> Iterator[str]:
    """What options of a bare table lack, what contradicts itself, and what only a spec has; `paid`: costs in money."""
    if time is None or label is None:
        lacks = "--time" if time is None else "--label"
        yield f"{lacks} == None, must name a column of the table, as the other does"
    if said["--every"] is not None and said["--batches"] is not None:
        yield f"--every == {said['--every']} and --batches == {said['--batches']}, must be only one of them"
    if seeds is not None:
        yield f"--seeds == {seeds}, must be left out of a bare table: its learner draws nothing"
    if paid is not None:
        yield f"--costs == {paid}, must be losses of a period: only a spec says what they are worth"


def _of_table(
    options: of.Options,
    what: str,
    time: str | None,
    label: str | None,
    said: dict[str, Any],
    windows: tuple[int | None, ...] | None,
    start: int | None,
) -> Any:
    """A bare table's replay, with what is wrong told to `options`."""
    from retrain_platform.cli.replaying import Asked

    hurts = (said[f"--{name}"] for name in ("takes", "canary", "bake", "gate", "holdout", "rollback"))
    return Asked(
        table=what,
        time=time or "",
        label=label or "",
        task=said["--task"],
        metric=said["--metric"],
        every=said["--every"],
        batches=said["--batches"],
        windows=windows or (None,),
        start=start,
        delay=options.read(of.at_least, "--label-delay", said["--label-delay"] or 0, 0),
        trees=options.read(of.at_least, "--trees", 100 if said["--trees"] is None else said["--trees"], 1),
        practice=options.read(of.practice_of, *hurts),
        exclude=tuple(part.strip() for part in (said["--exclude"] or "").split(",") if part.strip()),
        entity=said["--entity"],
    )


def _answer(
    asked: Any,
    costs: tuple[float, ...],
    policies: list[Any],
    json_file: Path | None,
    html_file: Path | None,
    *,
    limits: bool,
) -> None:
    """Replay, and hand the report out; on the screen with the `limits` that were tried, where they are asked for."""
    report = _replayed(asked, costs, policies, quiet=str(json_file) == "-")
    if html_file is not None:
        from retrain_platform.replay.page import page

        html_file.write_text(page(report), encoding="utf-8")
    if json_file is not None:
        write_report(report, json_file)
    if str(json_file) != "-":
        tell(report, limits=limits)
        say([f"written to {path}" for path in (json_file, html_file) if path is not None])


def _replayed(asked: Any, costs: tuple[float, ...], policies: list[Any], *, quiet: bool) -> Any:
    with _progress(quiet=quiet) as (trained, walked):
        try:
            return asked.replayed(costs, policies, trained, walked)
        except ValueError as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("interrupted: what was trained is kept, and the same command goes on from there", 130)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[tuple[Any, Any]]:
    """Trainings counted on a terminal, then the policy that is walked; nothing in a pipe."""
    if quiet or not console.is_terminal:
        yield (lambda done, of: None), (lambda text: None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("training", total=None)
        yield (
            lambda done, of: shown.update(task, completed=done, total=of),
            lambda text: shown.update(task, description=f"walking {text}"),
        )
