"""Carries a split out: our own folder first, then whatever else the spec names, again until it is so."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from retrain_platform.adapters import clock
from retrain_platform.adapters.atomic import locked, write_atomically
from retrain_platform.dataset.calling import function_named
from retrain_platform.dataset.record import Record
from retrain_platform.release.exporting import FILE, Export, FolderExport, HttpRouteExport, http_route
from retrain_platform.release.split import Exporter, Split

EXPORTED = "exported.json"
"""In a model's folder of the gateway: how far each export is."""
SECONDS = 20.0
_SOONEST, _LATEST = timedelta(seconds=2), timedelta(minutes=5)
_CUT = 500


class Exported(Record):
    """How far one export is: the split that it carried out last, or why the newest could not be, since when."""

    seq: int = -1
    problem: str = ""
    since: datetime | None = None
    tries: int = 0
    again: datetime | None = None


class ExportedTo(Record):
    """How far each export of a model is, by its place in the spec, as in 'exporters[0] http_route'."""

    exports: Mapping[str, Exported] = {}


class Exports:
    """An `Exporter`: `first` at once, the others in a thread of their own, so that none of them delays a rollback.

    What was carried out stands in `record`, between processes and restarts: the same split again does nothing, an
    older one is left, one that failed is tried again after a while. `wait` is how long `publish` stays for the others.
    """

    def __init__(
        self,
        first: Exporter,
        others: Sequence[Export],
        record: Path,
        *,
        wait: float = 1.0,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._first, self._record, self._wait, self._now = first, record, wait, now
        self._others = {f"exporters[{place}] {to.kind}": to for place, to in enumerate(others)}
        self._turn = threading.Lock()
        self._running: threading.Thread | None = None

    def publish(self, split: Split) -> None:
        """Make it so; see `Exporter`. Raises what `first` raises, and nothing of the others: see `exported`."""
        self._first.publish(split)
        if split.champion is None or not self._due(split):
            return
        with self._turn:
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._carry, args=(split,), name="exports")
                self._running.start()
        self._running.join(self._wait)

    def _due(self, split: Split) -> list[str]:
        known, now = exported(self._record), self._now()
        return [
            name
            for name in self._others
            if (done := known.get(name, Exported())).seq < split.seq and (done.again is None or now >= done.again)
        ]

    def _carry(self, split: Split) -> None:
        with locked(self._record.with_suffix(".lock")):
            for name in self._due(split):  # looked at anew: another process may just have done it
                why = carried(self._others[name], split)
                before = exported(self._record)
                after = _after(before.get(name, Exported()), split, why, self._now())
                write_atomically(self._record, ExportedTo(exports={**before, name: after}).model_dump_json().encode())


def exported(record: Path) -> dict[str, Exported]:
    """How far each export is; nothing where none ever was."""
    try:
        return dict(ExportedTo.model_validate_json(record.read_bytes()).exports)
    except (OSError, ValidationError):
        return {}


def _after(before: Exported, split: Split, why: str, now: datetime) -> Exported:
    if not why:
        return Exported(seq=split.seq)
    wait = min(_LATEST, _SOONEST * 2 ** min(before.tries, 10))
    return Exported(seq=before.seq, problem=why, since=before.since or now, tries=before.tries + 1, again=now + wait)


def carried(to: Export, split: Split) -> str:
    """Carry the split out; '' when it is so, else why not. Never raises."""
    try:
        if isinstance(to, FolderExport):
            write_atomically(Path(to.path) / f"{split.model}.json", split.model_dump_json(indent=1).encode())
        elif isinstance(to, HttpRouteExport):
            _routed(to, split)
        else:
            function_named(to.call)(split)
    except subprocess.CalledProcessError as error:
        said = " ".join((error.stderr or error.stdout or "").split())
        return f"{to.kind}: {error.cmd[0]} ended with {error.returncode}: {said}"[:_CUT]
    except Exception as error:  # the user's own function may fail in any way
        return f"{to.kind}: {type(error).__name__}: {' '.join(str(error).split())}"[:_CUT]
    return ""


def _routed(to: HttpRouteExport, split: Split) -> None:
    path = Path(to.path) / f"{split.model}.yaml"
    write_atomically(path, http_route(split, to).encode())
    if to.apply:
        words = [word.replace(FILE, str(path)) for word in to.apply]
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
