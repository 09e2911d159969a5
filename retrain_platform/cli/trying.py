"""try: a recipe on a sample, with nothing registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from retrain_platform.cli.app import AsJson, ModelName, app, entries_of, fail, not_played, spec_of
from retrain_platform.cli.reading import period_at, watched_periods
from retrain_platform.cli.screen import answer, hush, say, show
from retrain_platform.dataset.period import Period
from retrain_platform.spec import ModelSpec

Share = Annotated[float, typer.Option("--share", help="How much of the rows, over 0 and at most 1.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="A watched period; without it, the newest.")]


@app.command("try")
def try_(model: ModelName, share: Share = 0.05, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Fit and examine the recipe on a sample of what a retrain would learn from. Nothing is recorded or registered.

    The same share gives the same rows, and a larger one holds the smaller. Checks of the data that fail are shown and
    stop nothing; the gates' verdicts are those of the sample, and a smaller exam more often cannot tell.

    Exit 1: it could not train, and why.

    Example: [bold]retrain try flight_delay[/bold]

    Example: [bold]retrain try flight_delay --share 0.2 --as-of 2013-06-04[/bold]
    """
    spec = spec_of(model)
    if not 0 < share <= 1:
        fail(f"--share == {share:g}, must be over 0 and at most 1, as in 0.05")
    period = _period(spec, as_of, model)
    from retrain_platform.resources import scratch, settings
    from retrain_platform.steps.validation.trying import CannotTry, try_recipe

    hush()
    try:
        found = try_recipe(scratch(spec, settings(), share), period, (lambda _: None) if as_json else say)
    except CannotTry as error:
        fail(str(error), 1)
    if not answer(found, as_json):
        _print(found)


def _period(spec: ModelSpec, as_of: str | None, typed: str) -> Period:
    """The watched period that is meant; leaves with 2 where it is none, with 1 where none was watched."""
    asked = None if as_of is None else period_at(spec, as_of, "--as-of")
    watched = watched_periods(entries_of(spec))
    if not watched:
        fail(not_played(spec, typed), 1)
    if asked is not None and asked.key not in watched:
        fail(f"--as-of == {as_of!r}, must be a period that was watched; {watched[0]} to {watched[-1]} are")
    return asked or spec.period.period(watched[-1])


def _print(found: Any) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in found.rows.items())
    span = f"{found.periods[0]} to {found.periods[-1]}"
    say(f"{found.model} after {found.period}, nothing is recorded: {rows} rows of {span}")
    say([*found.said, *found.notes, f"exam: {found.exam}"])
    say(f"check {each.name}: {each.verdict}. {each.sentence}" for each in found.checks if each.verdict != "passed")
    say(f"seconds: {', '.join(f'{name} {taken:.2f}' for name, taken in found.seconds.items())}")
    rounds = f", {found.rounds} rounds" if found.rounds else ""
    say(["", f"{found.learner}{rounds}; champion: {found.champion or 'none yet'}"])
    show(list(map(_metric, found.metrics)), empty=f"nothing was measured: {found.why}")
    say("")
    small = [each for each in found.gates if each.verdict == "cannot tell" and not each.blocking]
    told = [each for each in found.gates if each not in small]
    show([{"gate": each.gate, "verdict": each.verdict, "said": each.sentence} for each in told])
    say(f"and {len(small)} that block nothing and cannot tell: --json has them" if small else [])
    say([found.sentence, ""])
    show(list(_features(found)), empty="the learner tells no importance")


def _metric(each: Any) -> dict[str, Any]:
    names = ("candidate", "champion", "difference")
    return {"metric": each.metric, **{name: _told(getattr(each, name)) for name in names}, "why": each.candidate.why}


def _told(reading: Any) -> str | None:
    """A value with its interval, where it has one."""
    if reading is None or reading.value is None:
        return None
    interval = "" if reading.low is None else f" ({reading.low:z.4f} to {reading.high:z.4f})"
    return f"{reading.value:z.4f}{interval}"


def _features(found: Any) -> Iterator[dict[str, str]]:
    yield from ({"feature": name, "importance": f"{share:.1%}"} for name, share in found.features.items())
