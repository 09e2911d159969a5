"""What each process of the gateway says of itself: a small file in `status/`, written about every second.

`/ready` and `/metrics` of any worker read all of them, so that whoever asks one door hears of every process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.dataset.record import Record
from retrain_platform.release.split import Applied

SILENT = timedelta(seconds=10)
"""Whoever has said nothing for so long is not counted as there."""

Role = Literal["worker", "collector", "controller", "office", "supervisor"]


class Trouble(Record):
    """What is away or broken, since when: 'ledger', 'registry', 'log', or a model's own ('model:NAME')."""

    place: str
    since: datetime
    sentence: str


class ProcessState(Record):
    """How a process is: `name` is unique on this home ('8000-w1'), `instance` the supervisor's.

    A worker tells by model what it `applied`, and how many lines of the log it could not write (`unlogged`); the
    supervisor how often it started which process again (`restarts`). `leads` is False for a collector or controller
    that waits because another instance's acts. `memory` is resident bytes. A collector tells the bytes that wait for it
    (`waiting`), and what it `passed_over` since the home's beginning, by why.
    """

    name: str
    role: Role
    instance: str
    pid: int
    started: datetime
    at: datetime
    leads: bool = True
    memory: int = 0
    troubles: tuple[Trouble, ...] = ()
    applied: Mapping[str, Applied] = {}
    unlogged: int = 0
    restarts: Mapping[str, int] = {}
    waiting: int = 0
    passed_over: Mapping[str, int] = {}


def write_state(home: GatewayHome, state: ProcessState) -> None:
    """Say how this process is.

    Raises:
        OSError: the disk is full or away; the process goes on without.
    """
    path = home.states / f"{state.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".writing")  # one writer a name, and no fsync: after a power cut nothing of it is true
    draft.write_text(state.model_dump_json(), encoding="utf-8")
    os.replace(draft, path)


def read_states(home: GatewayHome, now: datetime) -> list[ProcessState]:
    """Every process that spoke within `SILENT`, by name; a file that cannot be read is one that says nothing."""
    found = []
    for path in sorted(home.states.glob("*.json")):
        try:
            state = ProcessState.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        if now - state.at < SILENT:
            found.append(state)
    return found


def forget_state(home: GatewayHome, name: str) -> None:
    """Take away what an ended process said."""
    (home.states / f"{name}.json").unlink(missing_ok=True)
