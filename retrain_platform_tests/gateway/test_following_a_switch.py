"""A published split on its way to the workers, and aliases that are set in the background."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.processes.states import ProcessState, write_state
from retrain_platform.gateway.service import late_aliases
from retrain_platform.gateway.service.applying import LATE, Reaching
from retrain_platform.gateway.service.late_aliases import LateAliases
from retrain_platform.gateway.service.shares import told
from retrain_platform.release.base import Stage
from retrain_platform.release.split import Applied, Split

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPLIT = Split(model="tiny", seq=7, champion="1", canary="2", share=30, beside=("1", "2"), stage=Stage.CANARY, since=NOW)


def says(home: GatewayHome, worker: str, seq: int, at: datetime, problem: str = "") -> None:
    applied = Applied(seq=seq, at=at, problem=problem)
    write_state(
        home,
        ProcessState(name=worker, role="worker", instance="8000", pid=1, started=NOW, at=at, applied={"tiny": applied}),
    )


def test_a_switch_is_told_once_when_the_last_worker_has_it(tmp_path: Path) -> None:
    home, reaching = GatewayHome(tmp_path), Reaching(SPLIT, NOW, first=False)
    assert reaching.arrived(home, NOW) is None  # nobody serves
    says(home, "8000-w1", 7, NOW)
    says(home, "8000-w2", 6, NOW)
    assert reaching.arrived(home, NOW) is None
    at = NOW + timedelta(seconds=0.4)
    says(home, "8000-w2", 8, at)  # newer still is not older
    found = reaching.arrived(home, at)
    assert found is not None
    assert (found.event, found.about["workers"], found.about["seconds"]) == ("applied", 2, pytest.approx(0.4))
    assert "version 1 answers 70%, version 2 answers 30% (canary), in all 2 workers 0.4 s" in found.sentence
    assert reaching.arrived(home, at) is None


def test_who_is_late_is_named_once_with_its_problem(tmp_path: Path) -> None:
    home, reaching = GatewayHome(tmp_path), Reaching(SPLIT, NOW, first=False)
    for seconds in (1, LATE.total_seconds(), LATE.total_seconds() + 1):
        at = NOW + timedelta(seconds=seconds)
        says(home, "8000-w1", 6, at, "version 2: booster.txt is torn")
        found = reaching.arrived(home, at)
        assert (found is not None) == (seconds == LATE.total_seconds())
        if found is not None:
            assert found.event == "late"
            assert "8000-w1: version 2: booster.txt is torn" in found.sentence
    says(home, "8000-w1", 7, at)
    assert reaching.arrived(home, at) is not None


def test_a_worker_that_fell_silent_keeps_no_switch_from_being_told(tmp_path: Path) -> None:
    home = GatewayHome(tmp_path)
    says(home, "8000-w1", 7, NOW)
    says(home, "8000-w2", 6, NOW - timedelta(minutes=1))
    found = Reaching(SPLIT, NOW, first=True).arrived(home, NOW)
    assert found is not None
    assert found.about == {"model": "tiny", "seq": 7, "first": True, "workers": 1, "seconds": None}


def test_a_split_in_words() -> None:
    assert SPLIT.shares == {"1": 70, "2": 30}
    assert told(SPLIT.model_copy(update={"canary": None, "share": 0, "stage": Stage.SHADOW, "beside": ("2",)})) == (
        "version 1 answers 100%, 2 scored beside (shadow)"
    )
    assert told(Split(model="tiny")) == "nobody answers yet (503); a first model comes with: retrain run tiny"


class Registry:
    """One that hangs until `there` is set."""

    def __init__(self) -> None:
        self.there, self.set, self.asked = threading.Event(), threading.Event(), threading.Event()
        self.aliases: dict[str, Any] = {}

    def set_aliases(self, model: str, wanted: Mapping[str, str | None]) -> None:
        self.asked.set()
        assert self.there.wait(5)
        self.aliases = {model: dict(wanted)}
        self.set.set()


def test_a_registry_that_hangs_holds_nobody_up_and_gets_the_newest_wish() -> None:
    registry = Registry()
    late = LateAliases(registry, lambda said: None)
    assert late.set_aliases("tiny", {"champion": "1"}) == {}
    assert registry.asked.wait(5)
    for version in ("2", "3"):
        late.set_aliases("tiny", {"champion": version})
    registry.there.set()
    while registry.aliases != {"tiny": {"champion": "3"}}:
        assert registry.set.wait(5)
        registry.set.clear()
    late.retire()


def test_a_registry_that_is_away_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_aliases, "_RETRY", 0.01)
    registry, told, back = Registry(), [], threading.Event()

    def refuses(model: str, wanted: Mapping[str, str | None]) -> None:
        if len(told) < 2:
            raise OSError("no route to\nthe registry")
        registry.aliases = {model: dict(wanted)}

    def trouble(said: str | None) -> None:
        told.append(said)
        if said is None:
            back.set()

    registry.set_aliases = refuses  # type: ignore[method-assign]
    late = LateAliases(registry, trouble)
    late.set_aliases("tiny", {"champion": "1"})
    assert back.wait(5)
    late.retire()
    assert told == ["OSError: no route to the registry"] * 2 + [None]
    assert registry.aliases == {"tiny": {"champion": "1"}}
