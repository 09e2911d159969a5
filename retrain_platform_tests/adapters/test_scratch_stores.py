"""What a try writes over: it sees what stands, and what stands never moves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retrain_platform.adapters.memory import MemoryLake, MemoryLedger, MemoryValues
from retrain_platform.adapters.scratch import LAKE_READS, OnlyReads, ScratchLedger, ScratchValues, WriteRefused
from retrain_platform.dataset.record import Record
from retrain_platform_tests.steps.tiny import rows, tiny_spec

AS_OF = datetime(2024, 1, 1, tzinfo=UTC)


class Number(Record):
    value: int


def test_values_are_read_through_and_written_over() -> None:
    standing = MemoryValues()
    for period, value in (("a", 1), ("c", 3)):
        standing.put("m", "asset", period, "id", Number(value=value))
    standing.put_bytes("m", "profile", "a", "id", b"standing")
    scratch = ScratchValues(standing)
    assert scratch.get("m", "asset", "a", "id", Number) == Number(value=1)
    assert scratch.newest_bytes("m", "profile", "a") == b"standing"

    scratch.put("m", "asset", "a", "tried", Number(value=9))
    scratch.put("m", "asset", "b", "tried", Number(value=2))
    scratch.put_bytes("m", "profile", "a", "tried", b"own")

    assert list(scratch.all("m", "asset", Number).items()) == [
        ("a", Number(value=9)),
        ("b", Number(value=2)),
        ("c", Number(value=3)),
    ]
    assert scratch.newest("m", "asset", "a", Number) == Number(value=9)
    assert scratch.get("m", "asset", "a", "id", Number) == Number(value=1)
    assert scratch.newest_bytes("m", "profile", "a") == b"own"
    assert standing.all("m", "asset", Number) == {"a": Number(value=1), "c": Number(value=3)}
    assert standing.newest_bytes("m", "profile", "a") == b"standing"
    assert not any(scratch.folder("m", "asset", "id").iterdir())


def test_a_ledger_goes_on_from_the_one_that_stands() -> None:
    standing = MemoryLedger()
    first = standing.append("m", "watched", "k1", AS_OF)
    standing.append("other", "watched", "k1", AS_OF)
    scratch = ScratchLedger(standing)
    assert scratch.append("m", "other", "k1", AS_OF) == first
    assert scratch.append("m", "incident", "k2", AS_OF, expect=1).seq == 2
    scratch.append("new", "incident", "k1", AS_OF)
    assert [entry.key for entry in scratch.entries("m")] == ["k1", "k2"]
    assert scratch.models() == ["m", "new", "other"]
    assert standing.entries("m") == [first]
    assert standing.models() == ["m", "other"]


def test_what_only_reads_refuses_to_write() -> None:
    lake = MemoryLake()
    period = tiny_spec().period.at(0)
    lake.replace("m/events", period.key, rows(period, 5))
    only = OnlyReads(lake, LAKE_READS)
    assert only.version("m/events") == 0
    assert len(only.read("m/events", [period.key])) == 5
    with pytest.raises(WriteRefused, match="replace == asked of a store that only reads"):
        only.replace("m/events", period.key, rows(period, 5))
