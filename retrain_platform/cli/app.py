"""The application, and what its commands share: models, places, actors, how an error is told."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from retrain_platform.cli.errors import Talking, fail
from retrain_platform.cli.screen import hush
from retrain_platform.spec import ModelSpec, SpecErrors, read_spec
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.load import COMPONENT

_HELP = (
    "Decide, validate and release the retraining of models.\n\n"
    "Exit 0: done; 1: the answer is no; 2: wrong use.\n\n"
    "Everything is kept under RETRAIN_HOME (.home here unless set)."
)
app = typer.Typer(
    cls=Talking,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=_HELP,
)
GIVEN: ContextVar[str] = ContextVar("gateway", default="")
"""The address that --gateway gives the command under way."""
_RELEASE = tuple(f"release {name}" for name in ("show", "approve", "reject", "rollback", "clear", "history"))
_OVER_HTTP = ("event", "retrain", "pause", "resume", *_RELEASE)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name, or the path of its defs.yaml.")]
MaybeModel = Annotated[
    str | None, typer.Argument(metavar="[MODEL]", help="The model's name or file; without one, all here.")
]
Why = Annotated[str, typer.Option("--why", help="The reason; it goes on record.")]
_SKIPPED = {"node_modules", "site-packages", "build", "dist"}


@app.callback(help=_HELP)
def begin(
    context: typer.Context,
    gateway: Annotated[
        str, typer.Option("--gateway", metavar="URL", help="Act over a gateway's admin API, with RETRAIN_TOKEN.")
    ] = "",
) -> None:
    """What holds for every command; leaves with 2 where --gateway is given to one that needs the stores here."""
    GIVEN.set(gateway)
    if context.invoked_subcommand != "release":
        must_go_there(context.invoked_subcommand or "")


def must_go_there(command: str) -> None:
    """Leave with 2 where --gateway was given to a command that needs the stores here."""
    if GIVEN.get() and command not in _OVER_HTTP:
        fail(f"--gateway == {GIVEN.get()!r}, must be given to one of: {', '.join(_OVER_HTTP)}")


def spec_files() -> list[Path]:
    """The models of the project here (every defs.yaml below this folder), else those of the package."""
    found = [
        path for path in sorted(_walk(Path.cwd())) if COMPONENT in path.read_text(encoding="utf-8", errors="ignore")
    ]
    if found:
        return found
    packaged = Path(__file__).parents[1] / "defs" / "models"
    return sorted(packaged.glob("*/defs.yaml"))


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        if "defs.yaml" in files:
            found.append(Path(place) / "defs.yaml")
    return found


class NoModel(LookupError):
    """What was typed names no model whose spec is sound; `problems` say why, and what is wrong with those here."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Found(NamedTuple):
    """A model's spec, and the file that says it."""

    spec: ModelSpec
    file: Path


def specs_here() -> tuple[dict[str, Found], list[SpecErrors]]:
    """The sound specs by model, and what is wrong with the others."""
    sound: dict[str, Found] = {}
    wrong: list[SpecErrors] = []
    for path in spec_files():
        try:
            spec = read_spec(path)
        except SpecErrors as error:
            wrong.append(error)
        else:
            sound[spec.name] = Found(spec, path)
    return sound, wrong


def spec_of(model: str) -> ModelSpec:
    """The spec of a model by name or path; leaves with 2 where there is none or it is wrong."""
    return found(model).spec


def found(model: str) -> Found:
    """The spec of a model by name or path, and its file; leaves with 2 where there is none or it is wrong."""
    try:
        return meant(model, specs_here)
    except NoModel as error:
        fail("\n".join(error.problems))


def meant(model: str, here: Callable[[], tuple[dict[str, Found], list[SpecErrors]]]) -> Found:
    """The spec of a model by its path, or by its name among those `here`.

    Raises:
        NoModel: there is none, or it is wrong.
    """
    if model.endswith((".yaml", ".yml")):
        try:
            return Found(read_spec(Path(model)), Path(model))
        except SpecErrors as error:
            raise NoModel([str(error)]) from None
    sound, wrong = here()
    if model not in sound:
        must = f"must be one of {', '.join(sorted(sound))}{did_you_mean(model, sound)}"
        must = must if sound else "no sound defs.yaml here"
        raise NoModel([f"MODEL == {model!r}, {must}", *map(str, wrong)])
    return sound[model]


def named_or_all(model: str | None) -> tuple[dict[str, Found], list[SpecErrors]]:
    """The specs that are meant, by what was typed or their names, and what is wrong with others here."""
    return ({model: found(model)}, []) if model else specs_here()


def tell_wrong(wrong: list[SpecErrors], *, answered: bool) -> None:
    """Leave with 2 where specs here are wrong, once what was asked of the sound ones is told."""
    if wrong:
        fail("\n".join(str(error) for error in wrong), answered=answered)


def shop_of(spec: ModelSpec) -> Any:
    """The model's workshop, where the environment says."""
    from retrain_platform.resources import settings, workshop

    hush()
    return workshop(spec, settings())


def ledger_here() -> Any:
    """The ledger, where the environment says."""
    from retrain_platform.resources import ledger, settings

    return ledger(settings())


def entries_of(spec: ModelSpec) -> list[Any]:
    """The model's entries of the ledger, their data times on its own calendar."""
    from retrain_platform.steps.lines import on_calendar

    return on_calendar(spec.period, ledger_here().entries(spec.name))


def not_played(spec: ModelSpec, typed: str | None = None) -> str:
    """What a reading command says of a model whose road was never walked; `typed` is how the user calls it."""
    return played_not_yet(spec.name, typed or spec.name)


def played_not_yet(name: str, typed: str) -> str:
    """The same of a model that is known by its name alone."""
    return f"{name}: nothing has been played yet. Begin with: retrain run {shlex.quote(typed)}"


def actor() -> str:
    """Who acts: RETRAIN_ACTOR, else the user that is logged in, else nobody."""
    try:
        return os.environ.get("RETRAIN_ACTOR") or getpass.getuser()
    except (OSError, KeyError):
        return "unattributed"
