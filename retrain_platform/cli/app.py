"""The application, and what its commands share: models, places, actors, how an error is told."""

from __future__ import annotations

import difflib
import getpass
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from retrain_platform.cli.screen import hush
from retrain_platform.spec import ModelSpec, SpecErrors, read_spec
from retrain_platform.spec.load import COMPONENT

_TYPERS_OWN = (typer.Exit, typer.Abort, TyperException)


class Talking(TyperGroup):
    """Tells an error that no command caught in its own words; RETRAIN_TRACEBACK=1 also tells where it arose."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; leaves with 1 where it broke."""
        try:
            return super().invoke(ctx)
        except _TYPERS_OWN:
            raise
        except Exception as error:
            if os.environ.get("RETRAIN_TRACEBACK"):
                traceback.print_exc()
            fail(f"{type(error).__name__}: {error}\nRETRAIN_TRACEBACK=1 shows where it arose.", 1)


app = typer.Typer(
    cls=Talking,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Decide, validate and release the retraining of models.\n\n"
    "Exit 0: done; 1: the answer is no; 2: wrong use.\n\n"
    "Everything is kept under RETRAIN_HOME (.home here unless set).",
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name, or the path of its defs.yaml.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it goes on record.")]
_SKIPPED = {"node_modules", "site-packages", "build", "dist"}


def fail(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong on standard error and leave."""
    print(message, file=sys.stderr)
    raise typer.Exit(code)


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


def specs_here() -> tuple[dict[str, ModelSpec], list[SpecErrors]]:
    """The sound specs by model, and what is wrong with the others."""
    sound: dict[str, ModelSpec] = {}
    wrong: list[SpecErrors] = []
    for path in spec_files():
        try:
            spec = read_spec(path)
        except SpecErrors as error:
            wrong.append(error)
        else:
            sound[spec.name] = spec
    return sound, wrong


def spec_of(model: str) -> ModelSpec:
    """The spec of a model by name or path; leaves with 2 where there is none or it is wrong."""
    if model.endswith((".yaml", ".yml")):
        try:
            return read_spec(Path(model))
        except SpecErrors as error:
            fail(str(error))
    sound, wrong = specs_here()
    if model in sound:
        return sound[model]
    close = difflib.get_close_matches(model, sound, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    said = f"MODEL == {model!r}, must be one of {', '.join(sorted(sound)) or 'none here: no defs.yaml is sound'}{hint}"
    fail("\n".join([said, *(str(error) for error in wrong)]))


def shop_of(spec: ModelSpec) -> Any:
    """The model's workshop, where the environment says."""
    from retrain_platform.resources import settings, workshop

    hush()
    return workshop(spec, settings())


def ledger_here() -> Any:
    """The ledger, where the environment says."""
    from retrain_platform.resources import ledger, settings

    return ledger(settings())


def not_played(model: str) -> str:
    """What a reading command says of a model whose road was never walked."""
    return f"{model}: nothing has been played yet. Begin with: retrain run {model}"


def actor() -> str:
    """Who acts: RETRAIN_ACTOR, else the user that is logged in, else nobody."""
    try:
        return os.environ.get("RETRAIN_ACTOR") or getpass.getuser()
    except (OSError, KeyError):
        return "unattributed"
