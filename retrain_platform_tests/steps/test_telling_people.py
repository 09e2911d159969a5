"""Notices reach people once, however often it is tried, whoever dies, whatever is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.spec.notify import SEVERITY
from retrain_platform.steps.notices.choosing import MOST_AT_ONCE
from retrain_platform.steps.notices.delivering import LEASE, preview, standing
from retrain_platform_tests.steps.telling import TEAM, People

OPS = {"name": "ops", "url": "json://ops"}


def test_a_message_says_what_why_what_to_do_and_what_to_type() -> None:
    people = People({**TEAM, "owner": "team:growth"}, environment="production", pages="https://dag", links="https://gw")
    people.link = lambda notice: f"https://gw/approvals/{notice.version}"
    people.move("opened", Stage.APPROVAL)
    assert people.round() == ["[warning] tiny: version 2 waits for approval"]
    told = people.newest.split("\n")
    assert told[0] == "opened it is"
    assert "What to do: Review it and answer." in told
    assert "    retrain release approve tiny --version 2 --why '...'" in told
    assert "Answer here: https://gw/approvals/2" in told
    assert "Dagster: https://dag/assets/tiny/release" in told
    assert "Gateway: https://gw/models/tiny" in told
    assert told[-1].startswith("retrain (production), for team:growth: line 1 of the ledger, 2026-11-21 09:00 UTC, ")


def test_the_same_again_sends_nothing() -> None:
    people = People()
    people.incident("data", "data:1")
    assert len(people.round()) == 1
    assert people.round() == []
    people.later(days=3)
    assert people.round() == []


def test_a_crash_before_sending_loses_nothing_and_one_after_repeats_once(monkeypatch: pytest.MonkeyPatch) -> None:
    people = People()
    people.incident("data", "data:1")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(people.outbox, "settle", dies)  # after the service took it, before that is on record
        patch.setattr(people.outbox, "free", lambda *_: None)  # a killed process gives nothing back
        with pytest.raises(KeyboardInterrupt):
            people.deliver()
    assert people.round() == []  # its claim still holds
    people.later(seconds=LEASE.total_seconds())
    assert people.round() == ["[critical] tiny: data of a period is broken"]
    assert people.round() == []


class TestOneMessageAnIncident:
    def test_more_of_it_within_the_cooldown_is_held_and_counted_into_the_next(self) -> None:
        people = People(cooldown="4h")
        people.incident("data", "data:1")
        assert len(people.round()) == 1
        for key in ("data:2", "data:3"):
            people.later(minutes=20)
            people.incident("data", key)
            assert people.round() == []
        people.later(hours=4)
        people.incident("data", "data:4")
        assert len(people.round()) == 1
        assert "(2 more of the same since the last message)" in people.newest

    def test_what_is_worse_than_told_is_not_held(self) -> None:
        people = People()
        for run, titles in (("r1", 1), ("r2", 0), ("r3", 1)):
            people.say("failed", f"failed:{run}", work="watch:x", run_id=run)
            assert len(people.round()) == titles, run

    def test_other_incidents_are_not_held(self) -> None:
        people = People()
        people.incident("data", "data:1")
        people.round()
        people.incident("source", "source:1")
        assert people.round() == ["[critical] tiny: the source cannot be read"]

    def test_several_at_once_are_one_message_of_the_newest(self) -> None:
        people = People()
        for number in range(3):
            people.incident("data", f"data:{number}", f"day {number}")
        assert len(people.round()) == 1
        assert people.newest.startswith("day 2\n(2 more of the same")


class TestATargetThatIsAway:
    def test_is_tried_later_and_later_and_told_all_when_it_is_back(self) -> None:
        people = People()
        people.notifier.broken = "no way there"
        people.incident("data", "data:1")
        waits = []
        for _ in range(4):
            away = people.deliver().away["team"]
            waits.append((away.again - people.now).total_seconds())
            people.now = away.again
        assert waits == [30, 60, 120, 240]
        assert (away.why, away.tries, people.now - away.since) == ("no way there", 4, timedelta(seconds=450))
        people.notifier.broken = ""
        assert people.round() == ["[critical] tiny: data of a period is broken"]
        assert standing(people.post()).away == {}

    def test_is_asked_again_an_hour_later_at_the_latest_and_not_before(self) -> None:
        people = People()
        people.notifier.broken = "no way there"
        people.incident("data", "data:1")
        for _ in range(12):
            away = people.deliver().away["team"]
            people.now = away.again - timedelta(seconds=1)
            assert people.deliver().away["team"].tries == away.tries
            people.now = away.again
        assert away.again - away.since > timedelta(hours=4)
        assert people.deliver().away["team"].again - people.now == timedelta(hours=1)

    def test_keeps_no_message_from_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        people = People(TEAM, OPS)
        send = people.notifier.send
        monkeypatch.setattr(
            people.notifier, "send", lambda url, *more: "away" if url.endswith("team") else send(url, *more)
        )
        people.incident("data", "data:1")
        assert len(people.round()) == 1
        assert list(standing(people.post()).away) == ["team"]
        assert standing(people.post()).waiting == 1


class TestWhoWantsWhat:
    @pytest.mark.parametrize(
        ("wants", "told"),
        [
            ({}, 2),
            ({"at_least": "critical"}, 1),
            ({"kinds": ["decision"]}, 1),
            ({"kinds": ["decision"], "at_least": "warning"}, 0),
        ],
    )
    def test_kinds_and_severity(self, wants: dict[str, object], told: int) -> None:
        people = People({**TEAM, **wants})
        people.decided("d1")
        people.incident("data", "data:1")
        assert len(people.round()) == told

    def test_a_target_of_another_environment_is_not_told(self) -> None:
        people = People({**TEAM, "environment": "production"}, OPS, environment="staging")
        people.incident("data", "data:1")
        people.round()
        assert [url for url, *_ in people.notifier.sent] == ["json://ops"]

    def test_nobody_named_reads_and_records_nothing(self) -> None:
        people = People({**TEAM, "environment": "production"})
        people.incident("data", "data:1")
        assert people.round() == []
        assert people.outbox.reached("tiny") is None


class TestWhatCanWait:
    def test_comes_in_one_digest_once_its_time_is_over_and_the_rest_at_once(self) -> None:
        people = People(digest={"every": "1d"})
        people.decided("d1")
        people.later(hours=5)
        people.move("opened", Stage.SHADOW)
        people.incident("data", "data:1")
        assert people.round() == ["[critical] tiny: data of a period is broken"]
        people.later(hours=18)
        assert people.round() == []
        people.later(hours=1)
        assert people.round() == ["tiny: 2 notices"]
        assert "- retrain decided: schedule" in people.newest
        assert people.round() == []

    def test_what_is_critical_never_waits(self) -> None:
        people = People(digest={"every": "1d", "kinds": list(SEVERITY)})
        people.incident("data", "data:1")
        assert len(people.round()) == 1


def test_a_flood_is_one_message_that_lists_the_worst_first() -> None:
    people = People()
    for number in range(MOST_AT_ONCE):
        people.move("opened", Stage.SHADOW, version=str(number))
    people.incident("data", "data:1", "the feed broke")
    assert people.round() == ["[critical] tiny: 6 notices"]
    assert people.newest.split("\n")[2] == "- [critical] data of a period is broken: the feed broke"
    assert people.round() == []


def test_a_ledger_that_was_never_looked_at_tells_its_last_day_alone() -> None:
    people = People()
    people.incident("data", "data:1", "long ago")
    people.later(days=2)
    people.incident("data", "data:2", "today")
    assert len(people.round()) == 1
    assert people.newest.startswith("today\n")
    assert "more of the same" not in people.newest


def test_a_preview_shows_what_would_be_sent_and_records_nothing() -> None:
    people = People()
    people.incident("data", "data:1")
    assert [(target, message.title) for target, message in preview(people.post())] == [
        ("team", "[critical] tiny: data of a period is broken")
    ]
    assert people.outbox.reached("tiny") is None
    assert len(people.round()) == 1
    assert preview(people.post()) == []
