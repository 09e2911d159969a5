"""What every outbox does, run on the memory fake and on SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from retrain_platform.spec.notify import Severity
from retrain_platform.steps.notices.base import Away, Notice, Outbox, Told

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def notice(key: str, seq: int = 1, incident: str = "i", severity: Severity = "info") -> Notice:
    return Notice(
        key=key, incident=incident, kind="moved", severity=severity, model="m", title="t", why="w", seq=seq, at=AT
    )


def test_what_is_queued_waits_in_the_ledger_s_order_until_it_is_settled(outbox: Outbox) -> None:
    assert (outbox.reached("m"), outbox.waiting("m", "team"), outbox.away("m")) == (None, [], {})
    outbox.queue("m", 7, [("team", notice(key, seq)) for key, seq in (("b", 5), ("c", 2), ("a", 2))])
    outbox.queue("m", 7, [("ops", notice("a", 2))])
    assert outbox.reached("m") == 7
    assert [each.key for each in outbox.waiting("m", "team")] == ["a", "c", "b"]
    outbox.settle("m", "team", ["a", "c"], "sent", AT)
    assert [each.key for each in outbox.waiting("m", "team")] == ["b"]
    assert outbox.waiting("m", "ops") == [notice("a", 2)]


def test_the_same_notice_is_queued_once_and_stays_settled(outbox: Outbox) -> None:
    outbox.queue("m", 1, [("team", notice("a")), ("team", notice("a"))])
    outbox.settle("m", "team", ["a"], "sent", AT)
    outbox.queue("m", 1, [("team", notice("a")), ("team", notice("b"))])
    assert [each.key for each in outbox.waiting("m", "team")] == ["b"]
    assert outbox.known("m", "team", ["a", "b", "c"]) == {"a", "b"}
    assert outbox.known("m", "ops", ["a"]) == set()


def test_the_mark_moves_with_nothing_to_tell_and_never_back(outbox: Outbox) -> None:
    outbox.queue("m", 9, [])
    outbox.queue("m", 4, [("team", notice("a"))])
    assert outbox.reached("m") == 9
    assert outbox.reached("other") is None


def test_what_was_told_of_an_incident_is_its_newest_message_and_what_was_held_since(outbox: Outbox) -> None:
    keys = ("a", "b", "c", "d")
    outbox.queue("m", 4, [("team", notice(key, seq, severity="warning")) for seq, key in enumerate(keys)])
    outbox.queue("m", 5, [("team", notice("x", 5, incident="another"))])
    assert outbox.told("m", "team", "i") is None
    for minutes, (key, how) in enumerate([("a", "sent"), ("b", "held"), ("c", "sent"), ("d", "held"), ("x", "sent")]):
        outbox.settle("m", "team", [key], how, AT + minutes * MINUTE)
    assert outbox.told("m", "team", "i") == Told(at=AT + 2 * MINUTE, severity="warning", held=1)
    assert outbox.told("m", "ops", "i") is None


def test_one_claims_a_target_until_it_is_given_back_or_its_time_is_over(outbox: Outbox) -> None:
    assert outbox.claim("m", "team", AT, AT + 2 * MINUTE)
    assert not outbox.claim("m", "team", AT + MINUTE, AT + 3 * MINUTE)
    assert outbox.claim("m", "ops", AT, AT + MINUTE)
    outbox.free("m", "team", None)
    assert outbox.claim("m", "team", AT + MINUTE, AT + 3 * MINUTE)
    assert outbox.claim("m", "team", AT + 3 * MINUTE, AT + 5 * MINUTE)  # whoever held it died


def test_of_many_that_claim_at_once_one_sends(outbox: Outbox) -> None:
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: outbox.claim("m", "team", AT, AT + MINUTE), range(8)))
    assert sum(taken) == 1


def test_a_target_that_is_away_is_told_until_it_is_back(outbox: Outbox) -> None:
    away = Away(since=AT, tries=2, again=AT + MINUTE, why="refused")
    for target in ("team", "ops"):
        assert outbox.claim("m", target, AT, AT + MINUTE)
        outbox.free("m", target, away)
    assert outbox.away("m") == {"ops": away, "team": away}
    assert outbox.claim("m", "team", AT, AT + MINUTE)
    assert outbox.away("m") == {"ops": away, "team": away}
    outbox.free("m", "team", None)
    assert outbox.away("m") == {"ops": away}
