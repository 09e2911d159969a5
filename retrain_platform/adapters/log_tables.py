"""The gateway's log as Delta tables of the lake, `<model>/served`, `/beside` and `/feedback`, a partition a day (UTC).

The record that was answered stands as JSON in `fields`: what a client sends next year can break no column.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from deltalake.transaction import Transaction

from retrain_platform.adapters.atomic import to_disk

LogTable = Literal["served", "beside", "feedback"]
Columns = Mapping[str, Sequence[Any]]
_TIME = pa.timestamp("us", "UTC")
_ANSWER = (("version", pa.string()), ("ms", pa.float64()), ("score", pa.float64()), ("scores", pa.list_(pa.float64())))
_FIRST = (("id", pa.string()), ("at", _TIME))
SCHEMAS: Mapping[LogTable, pa.Schema] = {
    "served": pa.schema(
        [*_FIRST, *_ANSWER, ("error", pa.string()), ("arm", pa.string()), ("seq", pa.int64()),
         ("entity", pa.string()), ("call", pa.bool_()), ("fields", pa.string())]
    ),
    "beside": pa.schema([*_FIRST, *_ANSWER, ("error", pa.string())]),
    "feedback": pa.schema(
        [*_FIRST, ("kind", pa.string()), ("entity", pa.string()), ("known_at", _TIME), ("value", pa.float64()),
         ("said", pa.string()), ("text", pa.string()), ("version", pa.string()), ("answered_at", _TIME),
         ("known", pa.bool_()), ("by", pa.string())]
    ),
}  # fmt: skip
"""The columns of each table, beside the partition `day`. Of several classes `scores` has the chances, else `score`."""

_CONFIGURATION = {
    "delta.checkpointInterval": "50",
    # A segment lives for minutes: what was taken of it needs no memory for ever.
    "delta.setTransactionRetentionDuration": "interval 30 days",
}
_SMALL_FILES = 8
_ANEW_EVERY = 30
"""Commits after which a table is opened anew: an open one holds on to all that it ever read of its log."""
COMPLETE = "complete"
"""Beside the segments: until when, in microseconds since 1970, a table has all that was logged."""


class LakeAway(OSError):
    """The lake takes no rows now; they stay where they are."""


class LogTables:
    """Appends to the tables under `root`, each row once: a commit says to which byte of a segment it has the rows.

    Only one process appends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._opened: dict[Path, DeltaTable] = {}

    def taken(self, model: str, name: LogTable, segment: str) -> int:
        """To which byte of the segment the table has the rows; 0 where it has none.

        Raises:
            LakeAway: the table cannot be read.
        """
        delta = self._open(self._root / model / name)
        return 0 if delta is None else int(delta.transaction_version(segment) or 0)

    def append(
        self, model: str, name: LogTable, columns: Columns, ends: Mapping[str, int], *, until: int | None
    ) -> None:
        """Add rows, given by column, that reach to `ends` of their segments: all of it, or nothing.

        `until`: with these the table has all that was logged before, microseconds; None: older lines may still come.

        Raises:
            LakeAway: they could not be written.
        """
        place = self._root / model / name
        delta = self._open(place)
        marks = dict(ends)
        if until is not None or delta is None:
            marks[COMPLETE] = until or 0
        transactions = [Transaction(*mark) for mark in sorted(marks.items())]
        try:
            write_deltalake(
                delta or str(place),
                _with_days(pa.table({one.name: pa.array(columns[one.name], one.type) for one in SCHEMAS[name]})),
                mode="append",
                partition_by=["day"],
                schema_mode="merge",
                configuration=None if delta else _CONFIGURATION,
                commit_properties=CommitProperties(app_transactions=transactions),
            )
            if self._to_disk(place) % _ANEW_EVERY == 0:
                del self._opened[place]
        except (DeltaError, OSError) as error:
            self._opened.pop(place, None)
            raise LakeAway(f"{model}/{name} cannot be written: {error}") from error

    def tend(self, model: str, today: date, keep: timedelta) -> None:
        """Drop the days that are older than `keep`, make few files of many, and take away those that nobody reads.

        A file stays for an hour after no version needs it, for whoever reads now. Snapshots name versions of the
        model's `events`, into which these rows were copied, so no snapshot needs an old version of these tables.

        Raises:
            LakeAway: the lake cannot be read or written.
        """
        for name in SCHEMAS:
            place = self._root / model / name
            delta = self._open(place)
            if delta is not None:
                try:
                    _tend(delta, today - keep)
                except (DeltaError, OSError) as error:
                    self._opened.pop(place, None)
                    raise LakeAway(f"{model}/{name} cannot be tended: {error}") from error

    def _to_disk(self, place: Path) -> int:
        """Let the newest commit outlive a power cut: the segments that held its rows are deleted next. Gives which."""
        delta = self._open(place)
        assert delta is not None
        version = int(delta.version())
        commit = place / "_delta_log" / f"{version:020}.json"
        actions = [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines()]
        files = [place / unquote(action["add"]["path"]) for action in actions if "add" in action]
        for path in dict.fromkeys([*files, *(file.parent for file in files), commit, commit.parent, place]):
            to_disk(path)
        return version

    def _open(self, place: Path) -> DeltaTable | None:
        if not (place / "_delta_log").is_dir():
            self._opened.pop(place, None)
            return None
        try:
            kept = self._opened.get(place)
            if kept is None:
                kept = self._opened[place] = DeltaTable(place)
            else:
                kept.update_incremental()
        except (DeltaError, OSError) as error:
            self._opened.pop(place, None)
            raise LakeAway(f"{place} cannot be read: {error}") from error
        return kept


def _with_days(rows: pa.Table) -> pa.Table:
    days = rows.column("at").cast(pa.timestamp("us")).cast(pa.date32()).cast(pa.string())
    return rows.append_column("day", days)


def _tend(delta: DeltaTable, oldest: date) -> None:
    files = pa.table(delta.get_add_actions(flatten=True)).column("partition.day").to_pylist()
    if any(day < oldest.isoformat() for day in files):
        delta.delete(f"day < '{oldest.isoformat()}'")
    for day in sorted({day for day in files if day >= oldest.isoformat()}):
        if files.count(day) > _SMALL_FILES:
            delta.optimize.compact(partition_filters=[("day", "=", day)])
    delta.vacuum(retention_hours=1, dry_run=False, enforce_retention_duration=False)
