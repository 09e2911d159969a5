"""A package that is gone, a disk that is full, two runs at once: the road ends as if it had not been so."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.dataset.stores import StoreFull
from retrain_platform.replay.walk import retrain, take, walk
from retrain_platform.steps.due import Step, due
from retrain_platform.steps.workshop import CannotLoad, Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, tiny_spec

SPEC = tiny_spec()


def walked(places: Places, reader: Rows, until: str | None = None) -> Workshop:
    shop = places.shop(SPEC, reader)
    for _ in walk(shop, until):
        pass
    return shop


def test_a_champion_that_cannot_be_loaded_is_named_and_the_road_goes_on_once_it_is_back() -> None:
    places, reader = Places(), Rows(9)
    walked(places, reader, "2024-01-07")
    package = places.registry.package("tiny", "1")
    away = package.with_name("away")
    shutil.move(package, away)
    before = places.ledger.entries("tiny")
    with pytest.raises(CannotLoad, match=r"version == '1' of model 'tiny', must be loadable: .*put its package back"):
        walked(places, reader)
    assert places.ledger.entries("tiny") == before
    assert "2024-01-08" not in places.lake.periods("tiny/predictions")
    shutil.move(away, package)
    unharmed = walked(Places(), reader)
    assert outcome(walked(places, reader)) == outcome(unharmed)


class Full:
    """A store whose disk is full from its write number `at` on."""

    def __init__(self, inner: Any, name: str, at: int) -> None:
        self._inner, self._name, self._left = inner, name, at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name != self._name:
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise StoreFull(errno.ENOSPC, "no space left; what stood before still stands")
            return found(*args, **kwargs)

        return write


@pytest.mark.parametrize(("store", "write"), [("lake", "replace"), ("values", "put"), ("values", "put_bytes")])
@pytest.mark.parametrize("at", [0, 5])
def test_a_full_disk_stops_the_run_and_the_next_one_ends_the_same(store: str, write: str, at: int) -> None:
    places, reader = Places(), Rows(8)
    full = replace(places.shop(SPEC, reader), **{store: Full(getattr(places, store), write, at)})
    with pytest.raises(StoreFull, match="no space left"):
        for _ in walk(full):
            pass
    assert outcome(walked(places, reader)) == outcome(walked(Places(), reader))


def test_two_runs_of_the_same_retrain_at_once_make_one_version_and_one_release(tmp_path: Path) -> None:
    """Both begin together, each with a ledger and files of its own over the same places."""
    places, reader = Places(), Rows(7)

    def process() -> Workshop:
        ledger, values = SqlLedger(f"sqlite:///{tmp_path / 'ledger.db'}"), FileValues(tmp_path / "values")
        return replace(places.shop(SPEC, reader), ledger=ledger, values=values)

    shop = process()
    step = next_retrain(shop)
    together, errors = Barrier(2), []

    def run() -> None:
        mine = process()
        together.wait()
        try:
            retrain(mine, step.period, step.decision_id)
        except Exception as error:
            errors.append(repr(error))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for _ in walk(shop):
        pass
    alone = walked(Places(), reader)
    assert outcome(shop) == outcome(alone)
    assert len({entry.key for entry in shop.entries()}) == len(shop.entries())
    assert [version.tags["decision_id"] for version in shop.registry.versions("tiny")] == [step.decision_id]


def next_retrain(shop: Workshop) -> Step:
    """Walk until the next step is a retrain."""
    while True:
        step = due(SPEC, shop.entries(), shop.reader.watermark(), by_hand=True).step
        assert step is not None
        if step.kind == "retrain":
            return step
        take(shop, step)
