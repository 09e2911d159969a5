"""What was freed is handed back, and a system that cannot take it is left alone."""

from __future__ import annotations

import pytest

from retrain_platform.adapters import freed_memory


def test_it_asks_the_c_library_where_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(freed_memory, "_trim", lambda: asked.append)
    freed_memory.give_back()
    assert asked == [0]


def test_without_such_a_library_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    freed_memory._trim.cache_clear()
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert freed_memory._trim() is None
    freed_memory.give_back()
    freed_memory._trim.cache_clear()
