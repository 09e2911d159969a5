"""The application, and what its commands share: models, places, actors, answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from retrain_platform.spec import ModelSpec, SpecErrors, read_spec
from retrain_platform.spec.load import COMPONENT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Decide, validate and release the retraining of models. Exit 0: done; 1: the answer is no; 2: wrong use.",
)
console = Console(soft_wrap=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name, or the path of its defs.yaml.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it goes on record.")]
_SKIPPED = {"node_modules", "site-packages", "build", "dist"}


def fail(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong on standard error and leave."""
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def answer(value: Any, as_json: bool) -> bool:
    """Print `value` as JSON when asked to; gives whether it did."""
    if as_json:
        print(json.dumps(value, indent=2, default=_plain))
    return as_json


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show(rows: Sequence[Mapping[str, Any]], title: str = "") -> None:
    """A readable table; None is a dash, numbers have four places."""
    if not rows:
        console.print("nothing yet")
        return
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(_cell(row[name]) for name in rows[0]))
    console.print(made)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


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


def spec_of(model: str) -> ModelSpec:
    """The spec of a model by name or path; leaves with 2 where there is none or it is wrong."""
    try:
        if model.endswith((".yaml", ".yml")):
            return read_spec(Path(model))
        specs = {}
        for path in spec_files():
            spec = read_spec(path)
            specs[spec.name] = spec
    except (SpecErrors, OSError) as error:
        fail(str(error))
    if model not in specs:
        fail(f"MODEL == {model!r}, must be one of {', '.join(sorted(specs)) or 'none here: no defs.yaml found'}")
    return specs[model]


def shop_of(spec: ModelSpec) -> Any:
    """The model's workshop, where the environment says."""
    from retrain_platform.resources import settings, workshop

    return workshop(spec, settings())


def ledger_here() -> Any:
    """The ledger, where the environment says."""
    from retrain_platform.resources import ledger, settings

    return ledger(settings())


def actor() -> str:
    """Who acts: RETRAIN_ACTOR, else the user that is logged in, else nobody."""
    return os.environ.get("RETRAIN_ACTOR") or os.environ.get("USER") or "unattributed"
