"""An error that no command caught, in words; and how every error is told, to people and to programs."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

_FOR_PROGRAMS = "retrain_platform.for_programs"
_NOTHING_LEFT = 4 * 2**20
"""Free bytes under which a database that says 'disk I/O error' has none: SQLite asks for a few pages at once."""


class Refused(typer.Exit):
    """A command that leaves with `code` and says why; a program that was `answered` already is told nothing more."""

    def __init__(self, message: str, code: int, *, answered: bool) -> None:
        super().__init__(code)
        self.message, self.answered = message, answered


class Talking(TyperGroup):
    """Tells an error that no command caught in its own words; RETRAIN_TRACEBACK=1 also tells where it arose."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether a program asked, for errors of parsing are told to it too."""
        # `retrain drift` and `retrain replay` take the name of a file there.
        ctx.meta[_FOR_PROGRAMS] = "--json" in args and args[0] not in ("drift", "replay")
        return list(super().parse_args(ctx, args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; leaves with 1 where it broke."""
        try:
            return super().invoke(ctx)
        except Refused as error:
            _tell(ctx, error.message, answered=error.answered)
            raise
        except (typer.Exit, typer.Abort):
            raise
        except TyperException as error:  # wrong use, which Typer itself tells on standard error
            _tell(ctx, getattr(error, "message", str(error)), shown=True)
            raise
        except Exception as error:
            if os.environ.get("RETRAIN_TRACEBACK"):
                traceback.print_exc()
            _tell(ctx, in_words(error))
            print("RETRAIN_TRACEBACK=1 shows where it arose.", file=sys.stderr)
            raise typer.Exit(1) from None


def fail(message: str, code: int = 2, *, answered: bool = False) -> NoReturn:
    """Say what is wrong on standard error and leave; to a program also as {"error": ...}, unless it was `answered`."""
    raise Refused(message, code, answered=answered)


def _tell(ctx: Any, message: str, *, answered: bool = False, shown: bool = False) -> None:
    if ctx.meta.get(_FOR_PROGRAMS) and not answered:
        print(json.dumps({"error": message}, indent=2))
    if not shown:
        print(message, file=sys.stderr)


def in_words(error: BaseException) -> str:
    """What went wrong, without a database's statements; a disk that is full or takes no writes is told as such."""
    causes = list(_causes(error))
    home = Path(os.environ.get("RETRAIN_HOME", ".home")).expanduser().resolve()
    if any(_full(each, home) for each in causes):
        return f"no space left under RETRAIN_HOME ({home}): free some and run again; what stood before still stands"
    if any(_read_only(each) for each in causes):  # SQLite makes files of its own beside a database, to read it too
        copy = "let this user write there, or copy it and name the copy in RETRAIN_HOME"
        return f"RETRAIN_HOME ({home}) cannot be written, which its databases need even to be read: {copy}"
    orig = getattr(error, "orig", None)
    told = orig if isinstance(orig, Exception) else error
    return f"{type(told).__name__}: {told}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _read_only(error: BaseException) -> bool:
    """A mounted place that takes no writes, or SQLite's word for one."""
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return True
    return "attempt to write a readonly database" in str(getattr(error, "orig", None) or error)


def _full(error: BaseException, home: Path) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    said = str(getattr(error, "orig", None) or error)
    if "database or disk is full" in said or "No space left on device" in said:
        return True
    return "disk I/O error" in said and _free(home) < _NOTHING_LEFT


def _free(home: Path) -> int:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    return shutil.disk_usage(place).free
