"""What each line of the ledger tells people: kind, severity, what to do, what to type."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from retrain_platform.policy import POLICIES
from retrain_platform.policy.base import Finding, FindingVerdict
from retrain_platform.policy.history import DATA_REFUSED
from retrain_platform.release.base import Evidence, Stage
from retrain_platform.spec.notify import SEVERITY
from retrain_platform.steps.notices.base import Notice
from retrain_platform.steps.notices.reading import notices_of
from retrain_platform.steps.notices.triggers import PLANNED
from retrain_platform_tests.steps.telling import People

Write = Callable[[People], None]


def read(people: People, after: int = 0) -> list[Notice]:
    return notices_of(people.spec, people.post().entries(), people.values, after)


def finding(trigger: str, verdict: FindingVerdict, held: int = 1, needed: int = 3) -> Finding:
    return Finding(
        trigger=trigger, verdict=verdict, value=0.31, limit=0.2, held=held, needed=needed, sentence=f"{trigger} moved"
    )


LINES: list[tuple[Write, str, str, str]] = [
    (lambda p: p.decided("d1"), "decision", "info", "retrain decided"),
    (lambda p: p.decided("d1", urgent=True), "decision", "warning", "retrain decided, urgent"),
    (lambda p: p.retrained("d1", "failed"), "turned_away", "warning", "candidate turned away"),
    (lambda p: p.say("failed", "failed:r1", work="watch:x", run_id="r1"), "run", "warning", "run failed: watch:x"),
    (lambda p: p.incident("gate", "gate:d1"), "gate", "warning", "training data refused"),
    (lambda p: p.incident("data", "data:x"), "infrastructure", "critical", "data of a period is broken"),
    (lambda p: p.incident("source", "source:x"), "infrastructure", "critical", "the source cannot be read"),
    (lambda p: p.incident("scoring", "scoring:x"), "champion", "critical", "a version cannot score"),
    (lambda p: p.incident("control", "control:x"), "champion", "critical", "the champion answers otherwise"),
    (lambda p: p.incident("going_back", "going_back:x"), "champion", "critical", "there is no way back"),
    (lambda p: p.incident("alias", "alias:x"), "outside", "warning", "an alias is somebody else's"),
    (
        lambda p: p.say("staged", "s:1", version="2", verdict={"outcome": "failed"}),
        "gate",
        "warning",
        "failed in staging",
    ),
    (
        lambda p: p.say("staged", "s:1", version="2", verdict={"outcome": "cannot_tell"}),
        "gate",
        "warning",
        "could not be judged in staging",
    ),
    (
        lambda p: p.say("drilled", "d:1", version="1", drill={"problem": "gone"}),
        "champion",
        "critical",
        "the drill found",
    ),
    (lambda p: p.incident("search", "search:x"), "run", "critical", "a search came to nothing"),
    (lambda p: p.incident("deadline", "deadline:x"), "deadline", "warning", "deadline missed"),
    (lambda p: p.incident("flood", "flood:x"), "infrastructure", "critical", "incident of kind flood"),
    (lambda p: p.move("opened", Stage.SHADOW), "opened", "info", "version 2: release opened"),
    (lambda p: p.move("opened", Stage.APPROVAL), "approval", "warning", "version 2 waits for approval"),
    (lambda p: p.move("advanced", Stage.APPROVAL), "approval", "warning", "version 2 waits for approval"),
    (lambda p: p.move("advanced", Stage.CANARY, share=50), "moved", "info", "version 2 answers 50%"),
    (lambda p: p.move("promoted", Stage.BAKE), "moved", "info", "version 2 answers everything"),
    (lambda p: p.move("proven", Stage.DONE), "ended", "info", "version 2: proven"),
    (lambda p: p.move("aborted", Stage.ABORTED), "rolled_back", "warning", "version 2: release aborted"),
    (lambda p: p.move("rolled_back", Stage.ROLLED_BACK, to="1"), "rolled_back", "critical", "rolled back to 1"),
    (lambda p: p.move("rejected", Stage.REJECTED), "ended", "info", "version 2: rejected"),
    (lambda p: p.say("outside_promotion", "o:1", version="9"), "outside", "warning", "version 9 answers"),
]


@pytest.mark.parametrize(
    ("write", "kind", "severity", "title"), LINES, ids=lambda each: each[:40] if isinstance(each, str) else ""
)
def test_a_line_is_told_as_its_kind_with_what_to_type(write: Write, kind: str, severity: str, title: str) -> None:
    people = People()
    write(people)
    (notice,) = read(people)
    assert (notice.kind, notice.severity) == (kind, severity)
    assert title in notice.title
    assert all("retrain " in command and "tiny" in command for command in notice.commands)
    assert notice.commands
    assert notice.why
    assert (notice.seq, notice.key) == (1, people.ledger.entries("tiny")[0].key)


def test_every_kind_that_a_target_can_ask_for_is_told_of_something() -> None:
    told = {kind for _, kind, _, _ in LINES} | {"soft_trigger", "hard_trigger", "retrains"}
    assert told == set(SEVERITY)


def test_a_line_that_nobody_understands_is_told_as_such_and_keeps_none_behind_it() -> None:
    people = People()
    people.say("retrained", "retrained:x")
    people.move("opened", Stage.SHADOW)
    torn, opened = read(people)
    assert (torn.kind, torn.title) == ("infrastructure", "a line of the ledger cannot be told")
    assert torn.why == "line 1, of kind retrained: KeyError: 'version'"
    assert opened.kind == "opened"


@pytest.mark.parametrize(
    "write",
    [
        lambda p: p.incident("run", "incident:r1"),  # the line of the failed run tells more
        lambda p: p.retrained("d1", DATA_REFUSED),
        lambda p: p.retrained("d1", "passed", "2"),
        lambda p: p.say("requested", "requested:1", kind="manual"),
        lambda p: p.say("paused", "paused:1"),
        lambda p: p.say("staged", "s:1", version="2", verdict={"outcome": "passed"}),
        lambda p: p.say("drilled", "d:1", version="1", drill={"problem": ""}),
        lambda p: p.say("decided", "decided:x", retrains=False, decision_id="x"),
        lambda p: p.watched(3),
    ],
)
def test_what_is_no_news_or_told_by_another_line_is_not_told(write: Write) -> None:
    people = People()
    write(people)
    assert read(people) == []


def test_an_approval_says_who_may_not_answer_and_names_the_version() -> None:
    people = People()
    four = people.spec.release.model_copy(update={"approval": True, "four_eyes": True})
    people.spec = people.spec.model_copy(update={"release": four})
    people.say("requested", "requested:1", by="ana", kind="manual")
    people.say("decided", "decided:d1", decision_id="d1", retrains=False, answers=["requested:1"])
    people.move("opened", Stage.APPROVAL)
    (notice,) = read(people)
    assert notice.todo == "Review it and answer, another than ana."
    assert notice.version == "2"
    assert "retrain release approve tiny --version 2 --why '...'" in notice.commands


def test_a_rollback_carries_its_numbers_and_who_did_it() -> None:
    people = People()
    seen = Evidence(version="2", other="1", periods=("a",), rows=4321, difference=-0.02, low=-0.03, high=-0.01)
    people.move("rolled_back", Stage.ROLLED_BACK, to="1", evidence=seen, actor="bob")
    (notice,) = read(people)
    assert notice.numbers == ("difference -0.0200 [-0.0300, -0.0100]", "4,321 rows", "by bob")


class TestTriggers:
    def test_hard_and_soft_ones_are_told_apart_with_value_limit_and_dwell(self) -> None:
        people = People()
        people.watched(5, finding("feature_drift", "fired", 3), finding("performance north", "holding", 1))
        hard, soft = read(people)
        assert (hard.kind, hard.severity, hard.title) == (
            "hard_trigger",
            "warning",
            "hard trigger feature_drift: fired",
        )
        assert (soft.kind, soft.severity) == ("soft_trigger", "info")
        assert soft.numbers == ("value 0.31", "limit 0.2", "held 1 of 3 periods", "period 2024-01-06")

    def test_a_soft_one_that_served_its_dwell_is_told_louder(self) -> None:
        people = People()
        people.watched(5, finding("performance", "fired", 3))
        assert [each.severity for each in read(people)] == ["warning"]

    def test_what_was_planned_or_is_quiet_is_left_to_the_decision(self) -> None:
        people = People()
        people.watched(5, finding("schedule", "fired"), finding("performance", "quiet"), finding("event", "fired"))
        assert read(people) == []

    def test_every_policy_is_told_by_its_trigger_or_by_its_decision(self) -> None:
        kinds = {policy.model_fields["kind"].default for policy in POLICIES}
        whole = {"all_of", "any_of", "at_least", "escalation"}  # their parts are told
        drift = {"feature_drift", "prediction_drift", "new_categories", "correlation", "segment_mix", "severe_features"}
        soft = {"performance", "floor", "estimate", "calibration", "concept_drift", "error_stream", "measure"}
        assert kinds - PLANNED - whole == drift | soft | {"schema", "versions", "code_changed"}
        assert PLANNED - kinds == {"broken_data"}

    def test_a_measure_that_the_spec_calls_hard_is_hard(self) -> None:
        people = People()
        people.watched(5, finding("measure", "fired"))
        assert [each.kind for each in read(people)] == ["soft_trigger"]
        hard = {"kind": "measure", "name": "latency", "above": 5.0, "soft": False}
        policy = people.spec.policy.model_validate({"kind": "any_of", "policies": [hard]})
        people.spec = people.spec.model_copy(update={"policy": policy})
        assert [each.kind for each in read(people)] == ["hard_trigger"]

    def test_one_streak_is_one_notice_and_a_new_one_another(self) -> None:
        people = People()
        for day, held in ((4, 1), (5, 2), (8, 1)):
            people.watched(day, finding("performance", "holding", held, 5))
        assert len({each.key for each in read(people)}) == 2


class TestHowRetrainsDo:
    def test_one_that_took_long_is_told_with_its_time(self) -> None:
        people = People(retrains={"longer_than": "2h"})
        people.decided("d1")
        people.later(hours=3)
        people.retrained("d1", "passed", "2")
        assert [(n.kind, n.numbers) for n in read(people, after=1)] == [("retrains", ("took 3:00:00", "limit 2h"))]

    def test_one_within_its_time_is_not(self) -> None:
        people = People(retrains={"longer_than": "2h"})
        people.decided("d1")
        people.later(hours=2)
        people.retrained("d1", "passed", "2")
        assert read(people, after=1) == []

    def test_a_share_of_failures_is_told_from_three_tries_on(self) -> None:
        people = People()
        people.decided("d1")
        shares = []
        for run in ("r1", "r2", "r3"):
            people.say("failed", f"failed:{run}", "out of memory", work="d1", run_id=run)
            newest = read(people, after=len(people.ledger.entries("tiny")) - 1)
            shares.append([each.title for each in newest if each.kind == "retrains"])
        assert shares == [[], [], ["3 of the newest 3 tries to retrain failed"]]

    def test_watch_runs_that_fail_are_no_failed_retrains(self) -> None:
        people = People()
        for run in ("r1", "r2", "r3"):
            people.say("failed", f"failed:{run}", work="watch:2024-01-04", run_id=run)
        assert [each.kind for each in read(people)] == ["run"] * 3
        assert [each.severity for each in read(people)] == ["warning", "warning", "critical"]
        assert "given up" in read(people)[-1].title
