"""What people see: tables that fit, lines that wrap, and nothing of what libraries chatter."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stderr
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPED = 10_000
"""A pipe has no edge: one record stays one line."""
_WORDS = 34
"""A column of sentences (cells longer than this) is wrapped, but not narrower than this."""

console = Console(soft_wrap=True, highlight=False)


def answer(value: Any, as_json: bool) -> bool:
    """Print `value` as JSON when asked to; gives whether it did."""
    if as_json:
        print(json.dumps(value, indent=2, default=_plain))
    return as_json


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_report(report: Any, target: Path) -> None:
    """A report as JSON in the file `target`; '-' is standard output."""
    text = report.model_dump_json(indent=2)
    if str(target) == "-":
        print(text)
    else:
        target.write_text(text + "\n", encoding="utf-8")


def say(lines: str | Iterable[str]) -> None:
    """Print lines; on a terminal a long one is wrapped under its own beginning."""
    for line in [lines] if isinstance(lines, str) else lines:
        for part in line.split("\n"):
            console.print(_wrapped(part) if console.is_terminal else part, markup=False)


def _width() -> int:
    """The terminal's columns as they are now: a console keeps those that COLUMNS named when it was made."""
    return Console().width


def _wrapped(line: str) -> str:
    start = len(line) - len(line.lstrip(" "))
    hang = " " * (start + (2 if line.lstrip().startswith("- ") else 0))
    return textwrap.fill(line, max(_width(), 40), subsequent_indent=hang, break_on_hyphens=False) or line


def show(
    rows: Sequence[Mapping[str, Any]], title: str = "", empty: str = "nothing yet", spare: Sequence[str] = ()
) -> None:
    """A table where its columns fit side by side, else one block a row; None is a dash, numbers have four places.

    A column that is empty in every row is left out, and, one after the other, those that are `spare` as long as they
    do not fit.
    """
    if not rows:
        say(empty)
        return
    width = _width() if console.is_terminal or "COLUMNS" in os.environ else _PIPED
    names = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    columns = {name: [name, *(_cell(row[name]) for row in rows)] for name in names}
    widest = {name: max(map(len, column)) for name, column in columns.items()}
    for name in (each for each in spare if each in columns):
        if not _fits(widest.values(), width):
            del columns[name], widest[name]
    cells = [list(row) for row in zip(*columns.values(), strict=True)][1:]
    if title:
        say(title)
    if _fits(widest.values(), width):
        Console(width=width, highlight=False).print(_table(list(columns), cells, list(widest.values())))
    else:
        _blocks(list(columns), cells)


def _fits(widest: Iterable[int], width: int) -> bool:
    return sum(2 + min(each, _WORDS) for each in widest) <= width + 2


def _table(names: Sequence[str], cells: Sequence[Sequence[str]], widest: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name, each in zip(names, widest, strict=True):
        table.add_column(name, overflow="fold", no_wrap=each <= _WORDS)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _blocks(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    gap = max(len(name) for name in names) + 2
    for number, row in enumerate(cells):
        if number:
            console.print()
        for name, cell in zip(names, row, strict=True):
            text = textwrap.fill(cell, max(_width(), 40), initial_indent=name.ljust(gap), subsequent_indent=" " * gap)
            console.print(text, markup=False)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    return f"{value:z.4f}" if isinstance(value, float) else str(value)


def hush() -> None:
    """Libraries' log lines and notices stay off the screen; Dagster keeps each run's own in its history."""
    for name in ("dagster", "mlflow", "alembic", "great_expectations"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message=r"(?s).*currently in (beta|preview)")
    theirs = r"(lightgbm|mlflow|dagster|great_expectations|sklearn|skops|alembic|google)"
    for category in (UserWarning, FutureWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module=theirs)


class _Sieve(io.TextIOBase):
    """Standard error without what Dagster writes past its own log when it cannot keep it: SQL, and what we tell too."""

    def __init__(self, beyond: TextIO) -> None:
        self._beyond = beyond

    def write(self, text: str) -> int:
        """Pass `text` on, or not."""
        if not text.startswith("Exception while writing logger call"):
            self._beyond.write(text)
        return len(text)

    def flush(self) -> None:
        """As of the stream behind."""
        self._beyond.flush()


def without_dagsters_noise() -> AbstractContextManager[Any]:
    """While it lasts, an event that Dagster cannot write is not dumped on the screen: the error behind it is told."""
    return redirect_stderr(_Sieve(sys.stderr))
