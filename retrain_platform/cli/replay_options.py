"""The options of `retrain replay`, and what their texts mean."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from retrain_platform.cli.app import fail

_WHAT = (
    "A model's name or its defs.yaml; or, with --time and --label, a Parquet or CSV file, a folder or pattern of "
    "them, or a Delta table."
)
What = Annotated[str, typer.Argument(metavar="MODEL|SPEC|TABLE", help=_WHAT)]
Time = Annotated[str | None, typer.Option("--time", help="The column of when a row happened; numbers only order.")]
Label = Annotated[str | None, typer.Option("--label", help="The column that is predicted.")]
TaskOf = Annotated[
    Literal["binary", "multiclass", "regression"] | None, typer.Option("--task", help="Found from the label's values.")
]
MetricOf = Annotated[str | None, typer.Option("--metric", help="accuracy, of a number mae, unless named.")]
EveryUnit = Annotated[
    Literal["hour", "day", "week", "month"] | None, typer.Option("--every", help="Cut by the calendar (UTC).")
]
Batches = Annotated[int | None, typer.Option("--batches", help="Cut into so many batches of equal count.")]
Window = Annotated[str | None, typer.Option("--window", help="Newest periods to train on, or all; several: 3,all.")]
Start = Annotated[int | None, typer.Option("--start", help="Periods that the first model learns from.")]
Delay = Annotated[int | None, typer.Option("--label-delay", help="Whole periods until a period's labels are in.")]
Costs = Annotated[
    str, typer.Option("--costs", "--cost", help="What one retrain costs, in losses of a period; several.")
]
Policies = Annotated[Path | None, typer.Option("--policies", help="A YAML file of policies by name.")]
Exclude = Annotated[str, typer.Option("--exclude", help="Columns that are no features; patterns, with commas.")]
Trees = Annotated[int | None, typer.Option("--trees", help="How many trees LightGBM grows.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the report here; '-' is standard output.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.")]


def at_least(option: str, value: int, least: int) -> int:
    """The value, which must not be less; leaves with 2 where it is."""
    return value if value >= least else fail(f"{option} == {value}, must be >= {least}")


def windows_of(text: str) -> tuple[int | None, ...]:
    """The windows by their numbers of periods, None for all the past; leaves with 2 where they are none."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part == "all" or (part.isdecimal() and int(part)) for part in parts):
        fail(f"--window == {text!r}, must be whole numbers of periods or all, as in 3,all")
    return tuple(dict.fromkeys(None if part == "all" else int(part) for part in parts))


def costs_of(text: str) -> tuple[float, ...]:
    """The costs, each once; leaves with 2 where they are none."""
    try:
        found = tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        found = ()
    if not found or not all(isfinite(each) and each >= 0 for each in found):
        fail(f"--costs == {text!r}, must be numbers >= 0, as in 0.05,0.1")
    return found


def policies_of(path: Path | None) -> list[Any]:
    """The policies of the file; leaves with 2 and every mistake of it at once."""
    import yaml
    from pydantic import TypeAdapter, ValidationError

    from retrain_platform.policy import Policy
    from retrain_platform.replay.walked import Named

    if path is None:
        return []
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fail(f"--policies == {path}, must be a YAML file that can be read: {error}")
    if not isinstance(written, dict) or not written:
        fail(f"--policies == {path}, must hold policies by name, as in 'ours: {{kind: schedule, every: 4w}}'")
    family: TypeAdapter[Any] = TypeAdapter(Policy)
    found, wrong = [], []
    for name, policy in written.items():
        try:
            found.append(Named(str(name), family.validate_python(policy)))
        except ValidationError as error:
            wrong += [f"{path}: {'.'.join(map(str, (name, *one['loc'])))}: {one['msg']}" for one in error.errors()]
    if wrong:
        fail("\n".join(wrong))
    return found
