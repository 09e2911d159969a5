"""The options of `retrain replay`, and what their texts mean."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar, cast

import typer

from retrain_platform.cli.errors import fail

if TYPE_CHECKING:
    from retrain_platform.replay.effects import Effects
    from retrain_platform.replay.rules import Rules

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
    str | None,
    typer.Option(
        "--costs",
        "--cost",
        help="What one retrain costs, in losses of a period or in the spec's currency ('20,40 EUR'); several.",
    ),
]
Policies = Annotated[Path | None, typer.Option("--policies", help="A YAML file of policies by name.")]
Exclude = Annotated[str, typer.Option("--exclude", help="Columns that are no features; patterns, with commas.")]
Entity = Annotated[
    str | None,
    typer.Option("--entity", help="A column of whom rows are about; no feature, but tells what others would change."),
]
Trees = Annotated[int | None, typer.Option("--trees", help="How many trees LightGBM grows.")]
Seeds = Annotated[int | None, typer.Option("--seeds", help="Do all with so many seeds of the model's learner: 3.")]
_LIMITS = (
    "Try other limits of the present policy, and triggers beside fixed periods; --limits shows them all on the screen."
)
Limits = Annotated[bool | None, typer.Option("--limits/--no-limits", help=_LIMITS)]
Presets = Annotated[bool, typer.Option("--presets", help="Walk the presets by domain and risk that fit, too.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the report here; '-' is standard output.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.")]
Takes = Annotated[int | None, typer.Option("--takes", help="Whole periods from a decision until its model is trained.")]
Canary = Annotated[
    str | None, typer.Option("--canary", help="Percent of rows in each period after it, 0 in a shadow: 0,50.")
]
Bake = Annotated[int | None, typer.Option("--bake", help="Periods that a release stays open once it answers all.")]
GateBy = Annotated[
    float | None, typer.Option("--gate", help="By how much of the metric a candidate may be worse than the champion.")
]
Holdout = Annotated[int | None, typer.Option("--holdout", help="Newest labelled periods that the gate compares in: 1.")]
RollbackBy = Annotated[
    float | None, typer.Option("--rollback", help="By how much of the metric an open release may be worse.")
]
Without = Annotated[
    str, typer.Option("--without", help="What is switched off: labels, release, gates, rollback, with commas.")
]


class WrongOption(ValueError):
    """An option makes no sense; the message says which, and what it must be."""


T = TypeVar("T")


class Options:
    """Reads options one by one, and tells all that is wrong with them at once."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def read(self, reading: Callable[..., T], *given: Any) -> T:
        """What `reading` makes of an option; of one that makes no sense nothing, and `must_be_right` leaves."""
        try:
            return reading(*given)
        except WrongOption as error:
            self.wrong.append(str(error))
            return cast(T, None)

    def must_be_right(self) -> None:
        """Leave with 2 where anything was wrong."""
        if self.wrong:
            fail("\n".join(self.wrong))


def at_least(option: str, value: int, least: int) -> int:
    """The value.

    Raises:
        WrongOption: it is less.
    """
    if value < least:
        raise WrongOption(f"{option} == {value}, must be >= {least}")
    return value


def in_a_folder(option: str, path: Path | None) -> Path | None:
    """A file to be written.

    Raises:
        WrongOption: its folder is not there, or it is one itself.
    """
    if path is not None and str(path) != "-" and not path.absolute().parent.is_dir():
        raise WrongOption(f"{option} == {path}, must lie in a folder that is there")
    if path is not None and path.is_dir():
        raise WrongOption(f"{option} == {path}, must be a file: there is a folder of that name")
    return path


def windows_of(text: str) -> tuple[int | None, ...]:
    """The windows by their numbers of periods, None for all the past.

    Raises:
        WrongOption: they are none.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part == "all" or (part.isdecimal() and int(part)) for part in parts):
        raise WrongOption(f"--window == {text!r}, must be whole numbers of periods or all, as in 3,all")
    return tuple(dict.fromkeys(None if part == "all" else int(part) for part in parts))


def costs_of(text: str | None) -> tuple[tuple[float, ...], str]:
    """The costs, each once, none where nothing is said, and the currency after them, '' of losses.

    Raises:
        WrongOption: they are none.
    """
    if text is None:
        return (), ""
    *parts, last = text.split(",")
    number, _, currency = last.strip().partition(" ")
    try:
        found = tuple(dict.fromkeys(float(part) for part in [*parts, number]))
    except ValueError:
        found = ()
    if not found or not all(isfinite(each) and each >= 0 for each in found):
        raise WrongOption(f"--costs == {text!r}, must be numbers >= 0, as in 0.05,0.1 or '20,40 EUR'")
    return found, currency.strip()


def policies_of(path: Path | None) -> list[Any]:
    """The policies of the file.

    Raises:
        WrongOption: with every mistake of it at once.
    """
    import yaml
    from pydantic import TypeAdapter, ValidationError

    from retrain_platform.policy import Policy
    from retrain_platform.replay.walked import Named

    if path is None:
        return []
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongOption(f"--policies == {path}, must be a YAML file that can be read: {error}") from error
    if not isinstance(written, dict) or not written:
        raise WrongOption(
            f"--policies == {path}, must hold policies by name, as in 'ours: {{kind: schedule, every: 4w}}'"
        )
    family: TypeAdapter[Any] = TypeAdapter(Policy)
    found, wrong = [], []
    for name, policy in written.items():
        if isinstance(policy, dict) and policy.get("kind") == "preset":
            wrong.append(f"{path}: {name}.kind == 'preset', must be left out: --presets walks those that fit")
            continue
        try:
            found.append(Named(str(name), family.validate_python(policy)))
        except ValidationError as error:
            wrong += [f"{path}: {'.'.join(map(str, (name, *one['loc'])))}: {one['msg']}" for one in error.errors()]
    if wrong:
        raise WrongOption("\n".join(wrong))
    return found


class Practice(NamedTuple):
    """What happens to a retrain, as the options say it: `rules` but for what a margin is in losses."""

    takes: int = 0
    shares: tuple[float, ...] = ()
    bake: int = 0
    gate: float | None = None
    holdout: int = 1
    rollback: float | None = None

    def rules(self, scale: float) -> Rules:
        """The rules of a road whose losses are the metric divided by `scale`."""
        from retrain_platform.replay.rules import Margin, Rules

        gate, watch = (None if by is None else Margin(worse_by=by / scale) for by in (self.gate, self.rollback))
        return Rules(self.takes, self.shares, self.bake, gate, self.holdout, watch)


def practice_of(
    takes: int | None,
    canary: str | None,
    bake: int | None,
    gate: float | None,
    holdout: int | None,
    rollback: float | None,
) -> Practice:
    """What the options say of it.

    Raises:
        WrongOption: with all that makes no sense.
    """
    options = Options()
    if holdout is not None and gate is None:
        options.wrong.append(f"--holdout == {holdout}, must stand beside --gate: nothing else is compared there")
    if rollback is not None and not (canary or bake):
        options.wrong.append(
            f"--rollback == {rollback:g}, must stand beside --canary or --bake: what is not watched is not taken back"
        )
    found = Practice(
        takes=options.read(at_least, "--takes", takes or 0, 0),
        shares=options.read(_shares, canary),
        bake=options.read(at_least, "--bake", bake or 0, 0),
        gate=options.read(_margin, "--gate", gate),
        holdout=options.read(at_least, "--holdout", 1 if holdout is None else holdout, 1),
        rollback=options.read(_margin, "--rollback", rollback),
    )
    if options.wrong:
        raise WrongOption("\n".join(options.wrong))
    return found


def _margin(option: str, value: float | None) -> float | None:
    if value is not None and not (isfinite(value) and value >= 0):
        raise WrongOption(f"{option} == {value}, must be a number >= 0")
    return value


def _shares(text: str | None) -> tuple[float, ...]:
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isdecimal() and int(part) < 100 for part in parts):
        raise WrongOption(f"--canary == {text!r}, must be percents from 0 to 99, one a period, as in 0,50")
    return tuple(int(part) / 100 for part in parts)


def effects_of(text: str) -> Effects:
    """All effects but those that the text names.

    Raises:
        WrongOption: it names something else.
    """
    from retrain_platform.replay.effects import EFFECTS, Effects

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [part for part in parts if part not in EFFECTS]:
        raise WrongOption(f"--without == {', '.join(unknown)!r}, must be among {', '.join(EFFECTS)}")
    return Effects()._replace(**dict.fromkeys(parts, False))
