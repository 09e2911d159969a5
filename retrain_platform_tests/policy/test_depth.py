"""How deep a retrain goes: by its triggers, and one rung deeper where the last one did not help."""

import pytest

from retrain_platform.policy import AnyOf, SchedulePolicy
from retrain_platform.policy.base import Action, Depth, Finding
from retrain_platform.policy.decide import decide
from retrain_platform.policy.depth import asked_depth
from retrain_platform.policy.history import Retrained
from retrain_platform.policy.waiting import last_attempt
from retrain_platform_tests.policy.histories import champion, end_of, history, released, requested, retrained

LIGHT, FULL = SchedulePolicy(every="2w", depth="light"), SchedulePolicy(every="8w", depth="full")
BOTH = AnyOf(policies=(LIGHT, FULL))
DEEPER = SchedulePolicy(every="2w", depth="incremental")


def went(week: int, depth: Depth, version: str | None = None, verdict: str | None = None) -> Retrained:
    told = {"depth": depth} if verdict is None else {"depth": depth, "verdict": verdict}
    return retrained(week, version).model_copy(update=told)


def fired(depth: Depth | None, action: Action = Action.RETRAIN) -> Finding:
    return Finding(trigger="t", verdict="fired", action=action, sentence="s", depth=depth)


def test_a_full_cadence_counts_from_the_last_full_retrain_beside_a_light_one() -> None:
    past = tuple(went(week, "light") for week in (5, 7, 9))
    assert decide(BOTH, history(10, retrained=past)).action is Action.NONE
    light, full = (decide(BOTH, history(week, retrained=past)) for week in (11, 12))
    assert (light.action, light.depth) == (Action.RETRAIN, "full")  # week 3 was the last full one: 8 weeks
    assert light.reason.startswith("retrain (full): last light or full training 2013-03-12, 14 days ago")
    assert (
        "last full training 2013-01-29, 56 days ago; due every 8w, on 2013-03-26" in full.reason or full.depth == "full"
    )


def test_a_light_cadence_alone_asks_for_a_light_retrain() -> None:
    told = decide(BOTH, history(9, retrained=(went(5, "light"), went(7, "light"))))
    assert (told.depth, told.finding.depth) == ("light", "light")
    assert told.reason.startswith("retrain (light): last light or full training")


@pytest.mark.parametrize(("depth", "week"), [("incremental", 9), ("light", 7), ("full", 3)])
def test_only_attempts_as_deep_count(depth: Depth, week: int) -> None:
    past = (went(7, "light"), went(9, "incremental"))
    assert last_attempt(history(11, retrained=past), depth) == end_of(week)


def test_where_none_was_as_deep_the_first_counts() -> None:
    light = history(11, champion=None, retrained=(went(5, "light"), went(8, "light")))
    assert last_attempt(light, "full") == end_of(5)
    assert last_attempt(history(11, champion=None), "full") is None
    known = champion(8).model_copy(update={"decision_id": "retrain-8"})
    assert last_attempt(history(11, champion=known, retrained=(went(5, "full"), went(8, "light"))), "full") == end_of(5)


@pytest.mark.parametrize(
    ("depths", "asked"),
    [
        (("light",), "light"),
        (("light", "incremental"), "light"),
        (("light", "full"), "full"),
        (("light", None), "full"),
        ((None, None), None),
        ((), None),
    ],
)
def test_the_deepest_of_what_fires_is_asked_and_silence_is_full(
    depths: tuple[Depth | None, ...], asked: Depth | None
) -> None:
    assert asked_depth([fired(depth) for depth in depths]) == asked
    assert asked_depth([fired(depth) for depth in depths], "light") == ("light" if depths else None)


def test_what_only_asks_to_look_says_nothing_of_depth() -> None:
    assert asked_depth([fired("light"), fired(None, Action.INVESTIGATE)]) == "light"


def test_a_composition_says_how_deep_its_triggers_go() -> None:
    told = decide(AnyOf(policies=(SchedulePolicy(every="2w"),), depth="light"), history(11))
    assert told.depth == "light"
    assert AnyOf(policies=(SchedulePolicy(every="2w"),), depth="light").describe().startswith("(depth light) any of")


def test_a_person_says_how_deep_and_says_nothing_for_full() -> None:
    quiet = SchedulePolicy(every="52w")
    light = requested().model_copy(update={"depth": "light"})
    assert decide(quiet, history(requested=(light,))).depth == "light"
    assert "ana asks (manual, depth light): new fares" in decide(quiet, history(requested=(light,))).reason
    assert decide(quiet, history(requested=(requested(),))).depth == "full"
    assert decide(quiet, history(requested=(light, requested(key="request:2")))).depth == "full"


def test_a_first_model_is_trained_in_full() -> None:
    told = decide(DEEPER, history(champion=None, rows_needed=1, periods_needed=1))
    assert (told.action, told.depth) == (Action.RETRAIN, "full")


@pytest.mark.parametrize(
    ("last", "releases", "depth", "why"),
    [
        (went(9, "incremental"), (), "full", "was turned away"),
        (went(9, "incremental", "9"), (), "full", "never took over"),
        (went(9, "incremental", "9"), (released(9),), "incremental", ""),
        (went(9, "incremental", "9"), (released(9), released(4, "rollback")), "full", "was rolled back"),
        (went(9, "incremental", "9"), (released(9), released(10)), "incremental", ""),
        (went(9, "incremental", None, "data refused"), (), "incremental", ""),
        (went(9, "full"), (), "incremental", ""),
        (went(9, "light"), (), "incremental", ""),
    ],
)
def test_the_next_rung_only_where_the_last_did_not_help(
    last: Retrained, releases: tuple[object, ...], depth: Depth, why: str
) -> None:
    told = decide(DEEPER, history(11, retrained=(last,), released=releases))
    assert told.depth == depth
    assert (f"retrain (full, for the last incremental one, of 2013-03-12, {why})" in told.reason) == bool(why)
