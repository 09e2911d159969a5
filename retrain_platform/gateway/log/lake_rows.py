"""Lines on their way to the lake: kept in memory until there are enough of them, and written by table, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from retrain_platform.adapters.log_tables import LogTable, LogTables
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line
from retrain_platform.gateway.log.tailing import Read

_encode = msgspec.json.Encoder().encode


class LakeRows:
    """Lines that the lake has not yet, with the ends of the segments to which they were read."""

    def __init__(self, tables: LogTables) -> None:
        self._tables = tables
        self._lines: defaultdict[tuple[str, LogTable], list[Read]] = defaultdict(list)
        self._ends: dict[str, int] = {}
        self.waiting = 0

    def add(self, lines: Sequence[Read], ends: Mapping[str, int]) -> None:
        """Take lines that follow on those before."""
        for read in lines:
            if read.line is not None:
                self._lines[(read.line.model, _table_of(read.line))].append(read)
                self.waiting += 1
        self._ends |= ends

    def write(self, until: int | None) -> dict[str, int]:
        """Write all that waits; gives the ends to which the lake now has the segments.

        `until` as `LogTables.append` takes it.

        Raises:
            LakeAway: some could not be written; all stay, and those that were are passed over the next time.
        """
        for (model, name), reads in self._lines.items():
            taken = {segment: self._tables.taken(model, name, segment) for segment in {read.segment for read in reads}}
            new = [read for read in reads if read.end > taken[read.segment]]
            if new:
                ends = {read.segment: read.end for read in new}  # the last of each: they are in order
                self._tables.append(model, name, _COLUMNS[name]([read.line for read in new]), ends, until=until)
        ends, self._ends = self._ends, {}
        self._lines.clear()
        self.waiting = 0
        return ends


def _table_of(line: Line) -> LogTable:
    if isinstance(line, AnswerLine):
        return "served"
    return "beside" if isinstance(line, BesideLine) else "feedback"


def _answers(lines: Sequence[Any]) -> dict[str, list[Any]]:
    return {
        **{name: [getattr(line, name) for line in lines] for name in ("id", "at", "version", "ms", "error")},
        "score": [None if isinstance(line.score, list) else line.score for line in lines],
        "scores": [line.score if isinstance(line.score, list) else None for line in lines],
    }


def _served(lines: Sequence[Any]) -> dict[str, list[Any]]:
    own = {name: [getattr(line, name) for line in lines] for name in ("arm", "seq", "entity", "call")}
    return _answers(lines) | own | {"fields": [_encode(line.fields).decode() for line in lines]}


def _feedback(lines: Sequence[FeedbackLine]) -> dict[str, list[Any]]:
    names = ("id", "at", "kind", "entity", "text", "version", "answered_at", "known", "by")
    return {
        **{name: [getattr(line, name) for line in lines] for name in names},
        "known_at": [line.at if line.known_at is None else line.known_at for line in lines],
        "value": [None if isinstance(line.value, str) else line.value for line in lines],
        "said": [line.value if isinstance(line.value, str) else None for line in lines],
    }


_COLUMNS: Mapping[LogTable, Any] = {"served": _served, "beside": _answers, "feedback": _feedback}
