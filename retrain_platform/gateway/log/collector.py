"""Takes the log over: the spools' lines into the bins and into the lake, each once, and the segments away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from retrain_platform.adapters.atomic import to_disk
from retrain_platform.adapters.clock import moment_of
from retrain_platform.adapters.log_tables import LakeAway, LogTables
from retrain_platform.gateway.log.evidence import Evidence, Marks
from retrain_platform.gateway.log.lake_rows import LakeRows
from retrain_platform.gateway.log.segments import Segment, segments
from retrain_platform.gateway.log.tailing import Read, Tail, read_on

_AT_ONCE = 4 * 2**20
_MOST_WAITING, _MOST_IN_MEMORY = 20_000, 50_000
_LAKE_EVERY, _TEND_EVERY = 10_000_000, 3_600_000_000
_MOST_ASIDE, _MOST_FILES_ASIDE = 2**20, 100
_SAY_EVERY, _ON_THE_WAY = 2_000_000, 1_000_000
"""How often it is said that nothing came; how long a line may be on its way from a request to its file."""


@dataclass(slots=True)
class _Batch:
    """What a round read: the lines, how far the segments are read with them, torn ends, whether there is more."""

    lines: list[Read]
    ends: dict[str, int]
    torn: int = 0
    more: bool = False


class Collector:
    """Reads every spool under `spools` on. `now` is microseconds since 1970.

    The bins follow at each `round`, the lake where ten seconds have passed or many lines wait. Killed at any point it
    goes on where both stand: the bins know their place by their own transaction, each table by its commit. Where the
    lake is away the lines stay in their segments; `problems` say what is away, by place.
    """

    def __init__(self, spools: Path, evidence: Evidence, tables: LogTables, now: Callable[[], int]) -> None:
        self._spools, self._evidence, self._tables, self._now = spools, evidence, tables, now
        self._aside = spools.parent / "aside"
        self._written, self._tended = now(), 0
        self._marks: dict[str, Marks] | None = None
        self._read: dict[str, int] = {}
        self._whole: set[str] = set()
        self._rows = LakeRows(tables)
        self._left_out, self._said = False, 0
        self._until: int | None = None
        self.problems: dict[str, str] = {}
        self._passed_over: dict[str, int] = {}

    def round(self, keep: Callable[[], Mapping[str, timedelta]] | None = None) -> int:
        """Take over what has come; gives how many lines were read.

        `keep` tells how long the rows of each model stay; it is asked about every hour, when old ones leave.
        """
        try:
            taken = self._take()
            self.problems.pop("evidence", None)
        except (SQLAlchemyError, OSError) as error:
            self._begin_again()
            self.problems["evidence"] = f"the bins cannot be written: {_first_line(error)}"
            return 0
        if self._rows.waiting >= _MOST_WAITING or self._now() - self._written >= _LAKE_EVERY:
            self._keep_and_sweep()
        if keep is not None and self._now() - self._tended >= _TEND_EVERY:
            self._tend(keep())
        return taken

    def passed_over(self) -> dict[str, int]:
        """What no bin counts, by why, as `Evidence.counts`; as it was last known while the bins are away."""
        with suppress(SQLAlchemyError, OSError):
            self._passed_over = self._evidence.counts()
        return self._passed_over

    def finish(self) -> None:
        """Take over all that there is, now: before this process ends."""
        while self.round():
            pass
        self._keep_and_sweep()

    def _take(self) -> int:
        """Read on in every segment, and count what was read."""
        if self._marks is None:
            self._marks = self._evidence.marks()
            self._read = {name: mark.kept for name, mark in self._marks.items()}
        began = self._now()
        batch = self._batch()
        if batch.ends or (not batch.more and began - self._said >= _SAY_EVERY):
            self._said = began
            self._set_aside(batch.lines)
            until = None if batch.more else moment_of(began - _ON_THE_WAY)
            self._evidence.fold(batch.lines, batch.ends, began, torn=batch.torn, until=until)
        if batch.ends:
            if self._rows.waiting < _MOST_IN_MEMORY:
                self._rows.add(batch.lines, batch.ends)
            else:
                self._left_out = True  # the lake is away: they are read again from their segments when it is back
            self._read |= batch.ends
        self._until = None if batch.more or self._left_out else began - _ON_THE_WAY
        return len(batch.lines)

    def _batch(self) -> _Batch:
        """A few megabytes of what has come, the oldest segments first."""
        batch, taken = _Batch([], {}), 0
        for segment in segments(self._spools):
            if segment.name in self._whole:
                continue
            if taken >= _AT_ONCE:
                batch.more = True
                break
            with suppress(FileNotFoundError):  # an instance's folder that somebody cleared
                start = self._read.get(segment.name, 0)
                tail = read_on(segment, start, _AT_ONCE - taken)
                batch.lines += tail.lines
                batch.torn += self._noted(segment, tail, batch.ends)
                batch.more |= tail.more
                taken += tail.end - start
        return batch

    def _noted(self, segment: Segment, tail: Tail, ends: dict[str, int]) -> int:
        """Note how far the segment was read; gives 1 for a torn end that was not counted before."""
        if tail.end > self._read.get(segment.name, 0) or segment.name not in self._read:
            ends[segment.name] = tail.end
        if tail.whole:
            self._whole.add(segment.name)
        folded = (self._marks or {}).get(segment.name, Marks()).folded
        return int(tail.torn > 0 and tail.end > folded)

    def _set_aside(self, lines: list[Read]) -> None:
        """Keep what is no line of ours for a person to look at; the newest are left out when there are too many."""
        for read in lines:
            if read.line is None and len(list(self._aside.glob("*"))) < _MOST_FILES_ASIDE:
                path = self._aside / read.segment.replace("/", "-")
                with suppress(OSError):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    if not path.exists() or path.stat().st_size < _MOST_ASIDE:
                        with path.open("ab") as file:
                            file.write(read.raw[:_MOST_ASIDE] + b"\n")

    def _keep_and_sweep(self) -> None:
        """Write to the lake, then take away the segments that both have whole."""
        self._written = self._now()
        try:
            self._evidence.keep(self._rows.write(self._until))
            self.problems.pop("lake", None)
        except LakeAway as error:
            self.problems["lake"] = _first_line(error)
            return
        except SQLAlchemyError as error:
            self._begin_again()
            self.problems["evidence"] = f"the bins cannot be written: {_first_line(error)}"
            return
        if self._left_out:
            self._begin_again()
            return
        for segment in segments(self._spools):
            if segment.name in self._whole:
                _take_away(segment.path)
                self._whole.discard(segment.name)

    def _begin_again(self) -> None:
        """Forget what is only in memory: the next round reads from where the lake stands."""
        self._marks, self._read, self._whole, self._rows = None, {}, set(), LakeRows(self._tables)
        self._left_out = False

    def _tend(self, keep: Mapping[str, timedelta]) -> None:
        self._tended = self._now()
        there = {segment.name for segment in segments(self._spools)}
        try:
            gone = [name for name in self._evidence.marks() if name not in there]
            self._evidence.forget(gone, keep, moment_of(self._now()))
            for model, span in keep.items():
                self._tables.tend(model, moment_of(self._now()).date(), span)
        except LakeAway as error:
            self.problems["lake"] = _first_line(error)
        except SQLAlchemyError as error:
            self.problems["evidence"] = _first_line(error)


def _take_away(path: Path) -> None:
    """Delete a segment, on the disk too, before anyone forgets that it was read."""
    path.unlink(missing_ok=True)
    with suppress(OSError):
        to_disk(path.parent)
        path.parent.rmdir()  # after the last one; a folder with more in it stays, and a writer makes it again


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
