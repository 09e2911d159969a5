"""What every ledger does, run on the memory fake and on SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from retrain_platform.release.base import Ledger, LedgerMoved

AS_OF = datetime(2013, 3, 3, 5, tzinfo=UTC)
AT = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)


def test_an_entry_comes_back_as_it_was_written(ledger: Ledger) -> None:
    body = {"version": "3", "share": 50, "nested": {"list": [1, 2.5, None, "ü"]}}
    written = ledger.append("m", "opened", "k1", AS_OF, body=body, actor="ann", why="because")
    assert ledger.entries("m") == [written]
    assert (written.seq, written.model, written.kind, written.key) == (1, "m", "opened", "k1")
    assert (written.as_of, written.at, written.actor, written.why, written.body) == (AS_OF, AT, "ann", "because", body)


def test_defaults_and_nobody(ledger: Ledger) -> None:
    plain = ledger.append("m", "opened", "k1", AS_OF)
    assert (plain.actor, plain.why, plain.body) == ("platform", "", {})
    assert ledger.append("m", "opened", "k2", AS_OF, actor="").actor == "unattributed"


def test_models_count_for_themselves(ledger: Ledger) -> None:
    keys = [("b", "1"), ("a", "1"), ("b", "2")]
    assert [ledger.append(model, "x", key, AS_OF).seq for model, key in keys] == [1, 1, 2]
    assert ledger.models() == ["a", "b"]
    assert [entry.key for entry in ledger.entries("b")] == ["1", "2"]


def test_an_unknown_model_is_empty(ledger: Ledger) -> None:
    assert ledger.entries("nobody") == []
    assert ledger.models() == []


def test_the_same_key_returns_the_entry_that_stands(ledger: Ledger) -> None:
    first = ledger.append("m", "opened", "k", AS_OF, why="first")
    again = ledger.append("m", "other", "k", AS_OF + timedelta(days=1), why="second", body={"x": 1})
    assert again == first
    assert ledger.entries("m") == [first]


def test_expect_is_the_last_seq(ledger: Ledger) -> None:
    assert ledger.append("m", "x", "1", AS_OF, expect=0).seq == 1
    with pytest.raises(LedgerMoved, match="expect == 0, must be the last seq of 'm', which is 1"):
        ledger.append("m", "x", "2", AS_OF, expect=0)
    assert ledger.append("m", "x", "2", AS_OF, expect=1).seq == 2
    assert len(ledger.entries("m")) == 2


def test_a_repeat_is_no_move(ledger: Ledger) -> None:
    first = ledger.append("m", "x", "1", AS_OF, expect=0)
    ledger.append("m", "x", "2", AS_OF)
    assert ledger.append("m", "x", "1", AS_OF, expect=0) == first


def test_a_refused_first_entry_makes_no_model(ledger: Ledger) -> None:
    with pytest.raises(LedgerMoved):
        ledger.append("m", "x", "1", AS_OF, expect=4)
    assert ledger.models() == []


def test_times_of_other_zones_come_back_in_utc(ledger: Ledger) -> None:
    there = AS_OF.astimezone(timezone(timedelta(hours=-5)))
    ledger.append("m", "x", "1", there)
    back = ledger.entries("m")[0].as_of
    assert back == AS_OF
    assert back.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="as_of == 2013-03-03T05:00:00, must carry a zone"):
        ledger.append("m", "x", "1", AS_OF.replace(tzinfo=None))


@pytest.mark.parametrize("body", [{"x": AS_OF}, {"x": float("nan")}, {"x": {1, 2}}])
def test_a_body_that_is_not_json_is_refused(ledger: Ledger, body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"body == .*must be plain JSON"):
        ledger.append("m", "x", "1", AS_OF, body=body)
    assert ledger.entries("m") == []


def test_threads_neither_lose_nor_double(ledger: Ledger) -> None:
    keys = [str(number % 30) for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda key: ledger.append("m", "x", key, AS_OF), keys))
    entries = ledger.entries("m")
    assert [entry.seq for entry in entries] == list(range(1, 31))
    assert {entry.key for entry in entries} == set(keys)
    by_key = {entry.key: entry for entry in entries}
    assert all(answer == by_key[key] for answer, key in zip(answers, keys, strict=True))


def test_of_two_that_expect_the_same_one_wins(ledger: Ledger) -> None:
    def attempt(key: str) -> bool:
        try:
            ledger.append("m", "x", key, AS_OF, expect=0)
        except LedgerMoved:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, "abcdefgh")) == 1
    assert len(ledger.entries("m")) == 1
