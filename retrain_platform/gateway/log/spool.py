"""The log's first place: lines appended to segments on the local disk, by one writer thread a worker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from retrain_platform.gateway.lines import Line, to_bytes, to_lines
from retrain_platform.gateway.log.segments import OpenSegment, spool_bytes

FLUSH_SECONDS = 0.2
"""The longest that a line waits in memory: so much of the log a killed worker can lose."""
_AT_ONCE = 256
_MOST_WAITING = 50_000
_LOOK_SECONDS = 2.0


class _Waiting(NamedTuple):
    """Lines whose sender waits for the disk, and how it is told on its own event loop."""

    lines: Sequence[Line]
    loop: asyncio.AbstractEventLoop
    told: asyncio.Future[None]


class Spool:
    """`Log` over the segments `<folder>/<worker>-<time>.jsonl`; `folder` is one instance's, its parent all spools'.

    `disk` is the most bytes that all spools together may hold. What was written is never given up again, for it may be
    acknowledged: while they are full, or the disk is full or away, new lines are not taken but counted in `unlogged`,
    and `problem` says why. Up to `most_waiting` lines wait in memory meanwhile, so a short fault loses nothing.
    Where a process dies its closed and open segments stay; the collector takes them over.
    """

    def __init__(
        self,
        folder: Path,
        worker: str,
        *,
        disk: int,
        most_waiting: int = _MOST_WAITING,
        segment_bytes: int = 16 * 2**20,
        segment_seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._segment = OpenSegment(folder, worker, segment_bytes, segment_seconds, clock)
        self._root, self._disk, self._most_waiting, self._clock = folder.parent, disk, most_waiting, clock
        self._lines: deque[Line] = deque()
        self._durable: deque[_Waiting] = deque()
        self._awake, self._ending = threading.Event(), threading.Event()
        self._looked, self._held = float("-inf"), 0
        self.problem = ""
        self._refused = self._lost = 0
        self._writer = threading.Thread(target=self._run, name="log", daemon=True)
        self._writer.start()

    @property
    def unlogged(self) -> int:
        """The lines that could not be written, since the start."""
        return self._refused + self._lost

    def write(self, lines: Sequence[Line]) -> None:
        """Take the lines; they are in the file within `FLUSH_SECONDS`, or counted in `unlogged`."""
        if len(self._lines) + len(lines) > self._most_waiting:
            self._refused += len(lines)
        else:
            self._lines.extend(lines)

    async def written(self, lines: Sequence[Line]) -> None:
        """Take the lines and return when they are on the disk: all that wait share one write and one sync.

        Raises:
            OSError: they are not: the disk is full or away, or the spools hold all that they may.
        """
        if self._ending.is_set():
            raise OSError("the log is closed")
        loop = asyncio.get_running_loop()
        told = loop.create_future()
        self._durable.append(_Waiting(lines, loop, told))
        self._awake.set()
        await told

    def close(self) -> None:
        """Write what waits and end; what cannot be written is counted as lost."""
        if not self._ending.is_set():
            self._ending.set()
            self._awake.set()
            self._writer.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._awake.wait(FLUSH_SECONDS)
            self._awake.clear()
            self._round()
        self._round()
        self._lost += len(self._lines)
        self._lines.clear()
        self._segment.close()

    def _round(self) -> None:
        """Write all that waits; after a fault the lines stay, and the next round tries again."""
        waiting = [self._durable.popleft() for _ in range(len(self._durable))]
        try:
            self._must_have_room()
            self._write_waiting()
            if waiting:
                self._segment.append(self._encoded([line for each in waiting for line in each.lines]))
                self._segment.sync()
            self._segment.rotate()
        except OSError as error:
            self.problem = f"the log cannot be written: {error.strerror or error}"
            self._lost += sum(len(each.lines) for each in waiting)
            _tell(waiting, error)
        else:
            self.problem = ""
            _tell(waiting, None)

    def _must_have_room(self) -> None:
        """Raises: OSError: the spools together hold `disk` bytes or more."""
        now = self._clock()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, self._held = now, spool_bytes(self._root)
        if self._held >= self._disk:
            said = f"{self._held} bytes wait to be taken over, at most {self._disk} may (gateway.disk)"
            raise OSError(f"{said}: is the collector running?")

    def _write_waiting(self) -> None:
        self._segment.finish()
        while self._lines:
            # A few at a time: encoding holds the interpreter, which the requests need.
            part = list(islice(self._lines, _AT_ONCE))
            try:
                self._segment.append(self._encoded(part))
            finally:
                if self._segment.took:
                    for _ in part:
                        self._lines.popleft()

    def _encoded(self, lines: Sequence[Line]) -> bytes:
        try:
            return to_lines(lines)
        except (TypeError, ValueError, OverflowError):
            return b"".join(self._each(lines))

    def _each(self, lines: Sequence[Line]) -> Iterable[bytes]:
        """Line by line, so that one that JSON cannot hold takes no other with it."""
        for line in lines:
            try:
                yield to_bytes(line)
            except (TypeError, ValueError, OverflowError):
                self._lost += 1


def _tell(waiting: Sequence[_Waiting], error: OSError | None) -> None:
    """Wake each event loop once, for all of its own."""
    for loop in {each.loop for each in waiting}:
        futures = [each.told for each in waiting if each.loop is loop]
        try:
            loop.call_soon_threadsafe(_set, futures, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _set(futures: Sequence[asyncio.Future[None]], error: OSError | None) -> None:
    for told in futures:
        if told.done():
            continue
        if error is None:
            told.set_result(None)
        else:
            told.set_exception(OSError(error.errno or 5, f"the log cannot be written: {error.strerror or error}"))
