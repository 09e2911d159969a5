"""No adapter escapes its conformance suite."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform import adapters
from retrain_platform.dataset.stores import Lake, Values
from retrain_platform.release.base import Ledger
from retrain_platform.release.live.bins import BinStore
from retrain_platform.replay.matrix import Kept
from retrain_platform.steps.notices.base import Notifier, Outbox
from retrain_platform.training.base import Registry

PROTOCOLS = (Lake, Values, Ledger, Outbox, Notifier, Registry, BinStore, Kept)


def asked(protocol: type) -> set[str]:
    return {name for name, value in vars(protocol).items() if inspect.isfunction(value) and not name.startswith("_")}


def classes() -> Iterator[type]:
    for module in pkgutil.iter_modules(adapters.__path__):
        found = importlib.import_module(f"{adapters.__name__}.{module.name}")
        for value in vars(found).values():
            if inspect.isclass(value) and value.__module__ == found.__name__:
                yield value


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.__name__)
def test_every_adapter_of_a_protocol_takes_part(protocol: type, members: dict[type, set[type]]) -> None:
    there = {made for made in classes() if asked(protocol) <= set(dir(made))}
    assert there == members[protocol]
    assert {made for made in there if made.__name__.startswith("Memory")}, "each protocol has a fake for tests"


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.__name__)
def test_every_member_takes_what_the_protocol_says(protocol: type, members: dict[type, set[type]]) -> None:
    for made in members[protocol]:
        for name in asked(protocol):
            assert inspect.signature(getattr(made, name)) == inspect.signature(getattr(protocol, name)), (made, name)


def test_every_protocol_has_a_suite(members: dict[type, set[type]]) -> None:
    suites = {path.name for path in Path(__file__).parent.glob("test_*_contract.py")}
    assert suites >= {f"test_{protocol.__name__.lower()}_contract.py" for protocol in members}
