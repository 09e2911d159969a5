"""Play a road with its progress shown."""

from __future__ import annotations

import logging
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from retrain_platform.cli.app import console
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.due import Step

_DOING = {"watch": "watching", "retrain": "retraining after", "decide": "deciding again in"}


def play_with_progress(spec: ModelSpec, until: str | None, *, quiet: bool) -> tuple[list[dict[str, Any]], str]:
    """Play what is due; gives the steps that ran and the error that stopped them, if any."""
    from retrain_platform.defs.play import instance, play, road_length

    _hush()
    on = instance()
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
        transient=True,
    )
    done: list[dict[str, Any]] = []
    with bar:
        task = bar.add_task(spec.name, total=road_length(spec, until))

        def before(step: Step) -> None:
            text = f"{spec.name}: {_DOING[step.kind]} {step.period.key}"
            bar.update(task, description=text)
            if not quiet and not console.is_terminal:
                console.print(text, markup=False)

        for played in play(spec, until=until, on=on, before=before):
            done.append(
                {
                    "work": played.step.work,
                    "kind": played.step.kind,
                    "period": played.step.period.key,
                    "run_id": played.run_id,
                    "error": played.why,
                }
            )
            if played.step.kind == "watch" and not played.why:
                bar.advance(task)
            if played.why and not quiet:
                console.print(f"{played.step.work}: {played.why}", markup=False)
    stopped = done[-1]["error"] if done and done[-1]["error"] else ""
    return done, stopped


def _hush() -> None:
    """Dagster's own log lines go to its history; the screen keeps the progress."""
    for name in ("dagster", "mlflow", "alembic", "great_expectations"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
