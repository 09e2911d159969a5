"""Scores rows off the requests' path, by the versions that the split asks for: bounded, dropped and counted if late."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from threading import Event, Thread
from typing import NamedTuple

from retrain_platform.adapters.clock import seconds
from retrain_platform.gateway.base import Answered, Loaded, Log, Row, Serving
from retrain_platform.gateway.lines import BesideLine

_EVERY_SECONDS = 0.05
_AT_ONCE, _SHARE = 32, 1 / 16
"""Rows in one go, and the share of a core that may go to them: what is more is dropped, not taken from the requests."""


class _Request(NamedTuple):
    """One request's rows, with their ids, and by which version each was answered."""

    serving: Serving
    rows: Sequence[Row]
    ids: Sequence[str]
    versions: Sequence[str]
    at: int


class _Task(NamedTuple):
    """One row that a version is to score."""

    loaded: Loaded
    model: str
    id: str
    at: int
    row: Row


class BesideScorer:
    """`Beside` by one thread of its own, which takes up what waits every 50 ms.

    Of each model at most `gateway.beside` requests wait. What comes beyond is dropped and counted: `offer` does no more
    than to append, and the thread works for at most a sixteenth of the time, so that no answer waits for it.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: dict[str, deque[_Request]] = {}
        self._dropped: Counter[str] = Counter()
        self._ending, self._until = Event(), math.inf
        self._thread = Thread(target=self._run, name="beside", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> Mapping[str, int]:
        """By model, the requests that were not scored beside, since the start."""
        return dict(self._dropped)

    def offer(
        self, serving: Serving, rows: Sequence[Row], ids: Sequence[str], versions: Sequence[str], at: int
    ) -> None:
        """See `Beside`. To be called by one thread."""
        model = serving.about.model
        waiting = self._waiting.get(model)
        if waiting is None:
            waiting = self._waiting[model] = deque()
        if len(waiting) >= serving.about.gateway.beside:
            self._dropped[model] += 1
        else:
            waiting.append(_Request(serving, rows, ids, versions, at))

    def close(self, most_seconds: float = 2.0) -> None:
        """Score what waits, for at most so long, and end; the rest is counted as dropped."""
        self._until = seconds() + most_seconds
        self._ending.set()
        self._thread.join()
        self._dropped.update({model: len(waiting) for model, waiting in self._waiting.items() if waiting})

    def _run(self) -> None:
        while not self._ending.wait(_EVERY_SECONDS):
            self._round()
        self._round()

    def _round(self) -> None:
        """All that waits now, a few rows at a time, with a pause after each; at the end without."""
        for waiting in list(self._waiting.values()):
            began = time.thread_time()
            for tasks in _together(waiting):
                self._log.write(_lines(tasks))
                self._ending.wait((time.thread_time() - began) * (1 / _SHARE - 1))
                began = time.thread_time()
                if seconds() > self._until:
                    return


def _together(waiting: deque[_Request]) -> Iterator[list[_Task]]:
    """The rows of one version after the other, at most `_AT_ONCE`; none is left of those that wait at the beginning."""
    tasks: dict[int, list[_Task]] = {}
    for _ in range(len(waiting)):
        request = waiting.popleft()
        for task in _tasks(request):
            mine = tasks.setdefault(id(task.loaded), [])
            mine.append(task)
            if len(mine) == _AT_ONCE:
                yield tasks.pop(id(task.loaded))
    yield from tasks.values()


def _tasks(request: _Request) -> Iterator[_Task]:
    model, beside = request.serving.about.model, request.serving.beside()
    for id_, row, answered in zip(request.ids, request.rows, request.versions, strict=True):
        for loaded in beside:
            if loaded.version != answered:
                yield _Task(loaded, model, id_, request.at, row)


def _lines(tasks: Sequence[_Task]) -> list[BesideLine]:
    began = seconds()
    loaded = tasks[0].loaded
    try:
        found = loaded.answer([task.row for task in tasks])
    except Exception as error:  # whatever a version does, the thread lives and the error is the version's
        found = [Answered(None, f"{type(error).__name__}: {error}"[:500])] * len(tasks)
    each = (seconds() - began) / len(tasks) * 1000
    return [
        BesideLine(task.model, task.id, task.at, loaded.version, each, answered.score, answered.error)
        for task, answered in zip(tasks, found, strict=True)
    ]
