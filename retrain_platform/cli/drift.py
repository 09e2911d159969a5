"""`retrain drift`: two tables compared, without a spec.

It starts without the rest of the command line, whose imports would cost as much as a million rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from retrain_platform.cli.screen import console, say, show, write_report

_TABLE = "A Parquet or CSV file, a folder or pattern of them, or a Delta table."
Reference = Annotated[str, typer.Argument(metavar="REFERENCE", help=_TABLE)]
Current = Annotated[str, typer.Argument(metavar="CURRENT", help="The same, to compare with it.")]
Segment = Annotated[str | None, typer.Option("--segment", help="Compare each value of this column by itself, too.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the report here; '-' is standard output.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.")]
LimitsText = Annotated[str, typer.Option("--limits", help="PSI from which a drift is low, moderate, severe.")]
FailOn = Annotated[
    Literal["low", "moderate", "severe"] | None, typer.Option("--fail-on", help="Exit 1 from this severity on.")
]


def drift(
    reference: Reference,
    current: Current,
    segment: Segment = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    limits: LimitsText = "0.05,0.1,0.25",
    fail_on: FailOn = None,
) -> None:
    """How far the columns of one table are from another's: no spec needed.

    Every value is read once; memory does not grow with the rows.

    Severity goes by PSI, and what chance alone gives at these numbers of rows is no drift.

    Exit 1: --fail-on is reached; 2: a table cannot be read, or there is nothing to compare.

    Example: [bold]retrain drift january.parquet february.parquet[/bold]

    Example: [bold]retrain drift data/2024 data/2025 --segment country --html drift.html[/bold]

    Example: [bold]retrain drift reference.csv today.csv --json - --fail-on severe[/bold]
    """
    from retrain_platform.adapters.tables import TableUnreadable, open_table
    from retrain_platform.monitoring.table_drift import NothingToCompare, table_drift

    for path in (json_file, html_file):
        if path is not None and not path.absolute().parent.is_dir():
            _fail(f"{path}: there is no folder {path.absolute().parent}")
    try:
        tables = open_table(reference), open_table(current)
        with _progress() as told:
            report = table_drift(*tables, segment=segment, limits=_limits(limits), progress=told)
    except (TableUnreadable, NothingToCompare) as error:
        _fail(str(error))
    _hand_out(report, json_file, html_file)
    if fail_on is not None and any(_reaches(column.severity, fail_on) for column in report.columns):
        raise typer.Exit(1)


def _hand_out(report: Any, json_file: Path | None, html_file: Path | None) -> None:
    """Write the files that were asked for, and tell people on the screen unless a program reads it."""
    if html_file is not None:
        from retrain_platform.cli.drift_page import page

        html_file.write_text(page(report), encoding="utf-8")
    if json_file is not None:
        write_report(report, json_file)
    if json_file is None or str(json_file) != "-":
        _tell(report, [each for each in (json_file, html_file) if each is not None])


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(2) from None


def _limits(text: str) -> Any:
    from pydantic import ValidationError

    from retrain_platform.monitoring.severity import Limits

    try:
        low, moderate, severe = (float(part) for part in text.split(","))
        return Limits(low=low, moderate=moderate, severe=severe)
    except (ValueError, ValidationError):
        _fail(f"--limits == {text!r}, must be three numbers over 0 that increase, as in 0.05,0.1,0.25")


def _reaches(severity: str, least: str) -> bool:
    from retrain_platform.monitoring.severity import SEVERITIES

    ladder: tuple[str, ...] = SEVERITIES
    return ladder.index(severity) >= ladder.index(least)


def _tell(report: Any, written: list[Path]) -> None:
    from retrain_platform.cli.drift_words import words

    say(f"{report.rows_reference:,} rows of {report.reference}, {report.rows_current:,} of {report.current}")
    say(report.notes)
    show(
        [
            {
                "severity": column.severity,
                "column": column.name,
                "psi": column.psi,
                "chance": column.noise,
                "ks": column.ks,
                "what": words(column),
            }
            for column in report.columns
        ]
    )
    for name, values in report.segments.items():
        _tell_segments(name, values)
    for path in written:
        say(f"written to {path}")


def _tell_segments(name: str, values: Any) -> None:
    """The columns that drifted in a segment, most severe first; those of no severity are counted."""
    from retrain_platform.cli.drift_words import words

    drifted = [
        {"severity": column.severity, name: value, "column": column.name, "psi": column.psi, "what": words(column)}
        for value, columns in values.items()
        for column in columns
        if column.severity != "none"
    ]
    ladder = ["severe", "moderate", "low"]
    say("")
    show(
        sorted(drifted, key=lambda row: ladder.index(row["severity"])),
        title=f"by {name}",
        empty=f"no drift in any {name}",
    )


@contextmanager
def _progress() -> Iterator[Any]:
    """A counter of rows on a terminal; nothing in a pipe."""
    if not console.is_terminal:
        yield lambda rows: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} rows read"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda rows: shown.advance(task, rows)
