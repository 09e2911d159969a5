"""Play a road with its progress shown."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from retrain_platform.cli.screen import console, hush, say, without_dagsters_noise
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.due import Step

_DOING = {"watch": "watching", "retrain": "retraining after", "decide": "deciding again in"}


def text_of(step: Step) -> str:
    """What the step does, for people."""
    return f"{_DOING[step.kind]} {step.period.key}"


def _bar(*, shown: bool) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not shown, transient=True)


def _told(played: Any) -> dict[str, Any]:
    """A played step for programs."""
    step = played.step
    return {
        "work": step.work,
        "kind": step.kind,
        "period": step.period.key,
        "run_id": played.run_id,
        "error": played.why,
        "outcome": played.outcome,
    }


def play_with_progress(spec: ModelSpec, until: str | None, *, quiet: bool) -> tuple[list[dict[str, Any]], str]:
    """Play what is due; gives the steps that ran and what failed, if anything did."""
    from retrain_platform.defs.play import instance, play, road_length

    hush()
    on = instance()
    bar = _bar(shown=not quiet and console.is_terminal)
    done: list[dict[str, Any]] = []
    with bar, without_dagsters_noise():
        task = bar.add_task(spec.name, total=road_length(spec, until))

        def before(step: Step) -> None:
            text = f"{spec.name}: {text_of(step)}"
            bar.update(task, description=text)
            if not quiet and not console.is_terminal:
                say(text)

        for played in play(spec, until=until, on=on, before=before):
            done.append(_told(played))
            if played.step.kind == "watch" and not played.why:
                bar.advance(task)
            if played.outcome and not quiet:
                say(f"{spec.name}: retrain of {played.step.period.key}: {played.outcome}")
    last = done[-1] if done else None
    return done, f"{text_of(played.step)} failed: {played.why}" if last and last["error"] else ""
