"""Faults of the gateway that stand for a while, put on record as incidents, so that people hear of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from retrain_platform.adapters.exporters import Exported
from retrain_platform.gateway.processes.states import ProcessState
from retrain_platform.release.base import Entry, Ledger
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import INCIDENT, on_calendar
from retrain_platform.steps.release.live_time import moved_at

STANDS = timedelta(minutes=1)
"""What is over sooner is no news: a server that was started again, a full disk that was cleared."""
_OFTEN = 3
_MODEL = "model:"


class Fault(NamedTuple):
    """What is wrong since when; `key` is the same for as long as it lasts. `model` '' is every model's."""

    key: str
    since: datetime
    sentence: str
    model: str = ""


def standing_faults(states: Sequence[ProcessState], now: datetime) -> list[Fault]:
    """What has been wrong for `STANDS` or longer, each once, however many processes say so."""
    found: dict[str, Fault] = {}
    for fault in (each for state in states for each in _of(state)):
        known = found.get(fault.key.rpartition("@")[0])
        if known is None or fault.since < known.since:
            found[fault.key.rpartition("@")[0]] = fault
    return [fault for fault in found.values() if now - fault.since >= STANDS]


def _of(state: ProcessState) -> Iterator[Fault]:
    for trouble in state.troubles:
        name, at = trouble.place, trouble.since
        model = name.removeprefix(_MODEL) if name.startswith(_MODEL) else ""
        yield Fault(f"{name}@{at.isoformat(timespec='seconds')}", at, f"{name}: {trouble.sentence}", model)
    for name, times in state.restarts.items():
        if times >= _OFTEN:
            told = f"{name} was started again {times - times % _OFTEN} times or more"
            yield Fault(f"restarts:{name}:{times // _OFTEN}@{state.started.isoformat()}", state.started, told)


def stuck_exports(model: str, exports: Mapping[str, Exported], now: datetime) -> list[Fault]:
    """The places where the model's newest split could not be made true for `STANDS` or longer."""
    return [
        Fault(f"{name}@{done.since.isoformat(timespec='seconds')}", done.since, f"{name}: {done.problem}", model)
        for name, done in exports.items()
        if done.since is not None and now - done.since >= STANDS
    ]


def put_on_record(spec: ModelSpec, ledger: Ledger, faults: Sequence[Fault], now: datetime) -> list[Entry]:
    """An incident for each fault of the model that is not on record yet."""
    mine = [fault for fault in faults if fault.model in ("", spec.name)]
    if not mine:
        return []
    entries = on_calendar(spec.period, ledger.entries(spec.name))
    known = {entry.key for entry in entries}
    as_of = moved_at(spec, entries, now)
    return [
        ledger.append(
            spec.name,
            INCIDENT,
            f"gateway:{fault.key}",
            as_of,
            body={"kind": "gateway"},
            why=f"{fault.sentence} (since {fault.since:%Y-%m-%d %H:%M:%S} UTC)",
        )
        for fault in mine
        if f"gateway:{fault.key}" not in known
    ]
