"""Faults of the gateway that stand become incidents, once each, and people hear of them."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from retrain_platform.adapters import clock
from retrain_platform.adapters.exporters import Exported
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.office.desk import Desk
from retrain_platform.gateway.office.faults import STANDS, Fault, put_on_record, standing_faults, stuck_exports
from retrain_platform.gateway.office.process import Telling, run
from retrain_platform.gateway.processes.life import Life
from retrain_platform.gateway.processes.states import ProcessState, Trouble, write_state
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.notices.delivering import Post
from retrain_platform_tests.steps.telling import People

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def state(*troubles: Trouble, name: str = "8000-w1", **restarts: int) -> ProcessState:
    return ProcessState(
        name=name,
        role="worker",
        instance="8000",
        pid=1,
        started=NOW - timedelta(days=1),
        at=NOW,
        troubles=troubles,
        restarts=restarts,
    )


def trouble(place: str, seconds: float, sentence: str = "refused") -> Trouble:
    return Trouble(place=place, since=NOW - timedelta(seconds=seconds), sentence=sentence)


def test_only_what_stands_is_told_and_once_for_all_processes_that_say_it() -> None:
    stands = STANDS.total_seconds()
    states = [
        state(trouble("ledger", stands + 5), trouble("registry", stands - 1)),
        state(trouble("ledger", stands + 9, "the first to say so"), name="8000-w2"),
        state(trouble("model:tiny", stands), name="8000-controller"),
    ]
    found = standing_faults(states, NOW)
    assert [(fault.sentence, fault.model) for fault in found] == [
        ("ledger: the first to say so", ""),
        ("model:tiny: refused", "tiny"),
    ]


@pytest.mark.parametrize(("restarts", "told"), [(2, []), (3, [3]), (5, [3]), (6, [6])])
def test_a_process_that_dies_again_and_again_is_told_at_every_third_time(restarts: int, told: list[int]) -> None:
    found = standing_faults([state(w1=restarts)], NOW)
    assert [fault.sentence for fault in found] == [f"w1 was started again {times} times or more" for times in told]


def test_each_is_on_record_once_of_the_models_that_it_concerns_and_told() -> None:
    people = People()
    faults = [Fault("ledger@1", NOW, "ledger: refused"), Fault("model:other@1", NOW, "x", "other")]
    assert len(put_on_record(people.spec, people.ledger, faults, people.now)) == 1
    assert put_on_record(people.spec, people.ledger, faults, people.now) == []
    assert people.round() == ["[critical] tiny: fault of the gateway"]
    assert people.newest.startswith("ledger: refused (since 2026-11-21 09:00:00 UTC)")


def test_an_export_that_is_stuck_is_a_fault_of_its_model() -> None:
    since = NOW - STANDS
    exports = {
        "exporters[0] folder": Exported(seq=3),
        "exporters[1] python": Exported(problem="no mesh there", since=since, tries=4),
        "exporters[2] python": Exported(problem="just now", since=NOW, tries=1),
    }
    (found,) = stuck_exports("tiny", exports, NOW)
    assert (found.sentence, found.since, found.model) == ("exporters[1] python: no mesh there", since, "tiny")


class Office:
    """An office of the models `names`, whose troubles and people are at hand."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.home, self.troubles = GatewayHome(folder), dict[str, str | None]()
        self._names, self.people, self.away = names, People(), dict[str, str]()
        self.telling = Telling(cast(Life, self), cast(Desk, self), self.post)

    def trouble(self, place: str, sentence: str | None) -> None:
        self.troubles[place] = sentence

    def names(self) -> list[str]:
        return list(self._names)

    def spec(self, model: str) -> ModelSpec:
        return self.people.spec.model_copy(update={"name": model})

    def post(self, spec: ModelSpec) -> Post:
        if spec.name in self.away:
            raise ConnectionError(self.away[spec.name])
        return replace(self.people.post(), spec=spec)


def test_a_model_that_nobody_can_be_told_of_is_a_trouble_while_others_are_well(tmp_path: Path) -> None:
    office = Office(tmp_path, "other", "tiny")
    office.away["other"] = "no ledger there"
    office.telling.round()
    assert office.troubles == {"notices": "ConnectionError: no ledger there"}
    office.away.clear()
    office.telling.round()
    assert office.troubles == {"notices": None}


def test_a_fault_that_is_over_before_the_ledger_is_back_is_told_then_and_once(tmp_path: Path) -> None:
    office = Office(tmp_path, "tiny")
    now = clock.now()
    stood = Trouble(place="lake", since=now - 2 * STANDS, sentence="refused")
    write_state(office.home, state(stood).model_copy(update={"at": now}))
    office.away["tiny"] = "no ledger there"
    office.telling.round()
    write_state(office.home, state().model_copy(update={"at": now}))
    office.away.clear()
    for _ in range(2):
        office.telling.round()
    assert [entry.why.split(" (")[0] for entry in office.people.ledger.entries("tiny")] == ["lake: refused"]


def test_an_office_of_which_a_part_has_ended_ends_to_be_started_again(tmp_path: Path) -> None:
    orders = SimpleNamespace(instance="8000", grace=5.0)
    life = SimpleNamespace(home=GatewayHome(tmp_path), orders=orders, ending=threading.Event(), write=lambda: None)
    telling = SimpleNamespace(run=lambda: None)
    run(cast(Life, life), Desk({}, lambda _: None), cast(Telling, telling))
    assert not life.home.office("8000").exists()
