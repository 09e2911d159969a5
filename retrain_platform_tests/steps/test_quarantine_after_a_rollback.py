"""After a rollback what the version learned last is left out of training, said, and let in again by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import Action
from retrain_platform.release.base import Entry
from retrain_platform.release.by_hand import roll_back
from retrain_platform.replay.walk import walk
from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse
from retrain_platform.steps.by_hand.asking import pause
from retrain_platform.steps.by_hand.clearing import clear
from retrain_platform.steps.by_hand.moving import roll_back as roll_back_by_hand
from retrain_platform.steps.by_hand.opening import open_by_hand
from retrain_platform.steps.lines import CLEARED, REQUESTED
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.release.drilling import drill, drill_due
from retrain_platform.steps.release.fitness import known_problem
from retrain_platform.steps.release.quarantine import held_out, quarantines
from retrain_platform.steps.release.releasing import record
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, decision, tiny_spec

RELEASE = {**attributes()["release"], "canary": [100]}
SPEC = tiny_spec(release=RELEASE, operation={"retry_after": 0.9})
DAYS = 24


def fresh(places: Places) -> Workshop:
    return places.shop(SPEC, Rows(DAYS))


def rolled(shop: Workshop) -> None:
    """The version that answers is rolled back by hand, as the command line does it."""
    entries, state = shop.entries(), shop.state()
    as_of = shop.spec.period.period(shop.frontier() or "").end
    versions = [made.version for made in shop.registry.versions(shop.model)]
    record(
        shop,
        roll_back(state, as_of, "odd scores", None, versions),
        key=f"rollback:{len(entries) + 1}",
        as_of=as_of,
        decision_id="",
        actor="ana",
        why="odd scores",
    )


@pytest.fixture(scope="module")
def answering() -> Places:
    """Version 2 has just taken over from version 1."""
    kept = Places()
    for number in range(6, DAYS):
        shop = fresh(kept)
        list(walk(shop, f"2024-01-{number:02d}"))
        if shop.state().champion == "2":
            return kept
    raise AssertionError("version 2 never took over")


@pytest.fixture(scope="module")
def places(answering: Places) -> Places:
    """Version 2 answered, and was rolled back to version 1."""
    kept = answering.copy()
    rolled(fresh(kept))
    return kept


def test_the_window_is_what_the_version_before_had_not_seen(places: Places) -> None:
    shop = fresh(places)
    (held,) = quarantines(shop.spec, shop.entries())
    one, two = (e for e in shop.entries() if e.kind == "retrained" and e.body["version"] in ("1", "2"))
    assert (held.version, held.training_rows, held.cleared) == ("2", two.body["training_rows"], "")
    assert held.since.isoformat() == one.body["seen_until"]
    assert held.until.isoformat() == two.body["ripe_until"]
    assert held.since < held.until
    assert quarantines(tiny_spec(release={**RELEASE, "quarantine": False}), shop.entries()) == ()


def test_no_retrain_starts_by_itself_until_enough_new_rows_are_ripe(places: Places) -> None:
    shop = fresh(places.copy())
    (held,) = held_out(shop, shop.entries()[-1].as_of)
    walked = [step.period.key for step in walk(shop, f"2024-01-{DAYS:02d}") if step.kind == "watch"]
    decisions = {key: decision(shop, key) for key in walked}
    waits = [key for key, made in decisions.items() if "the rollback of version 2" in made.reason]
    retrains = [key for key, made in decisions.items() if made.action.retrains]
    assert waits
    assert retrains
    assert max(waits) < min(retrains)
    first = shop.spec.period.period(waits[0])
    assert decisions[waits[0]].action is Action.WATCH
    assert "or clears the quarantine" in " ".join(decisions[waits[0]].finding.held_by)
    known = history(shop, first)
    assert known.new_ripe_rows == sum(p.labelled for p in known.ripe if p.start >= held.until)
    made = shop.values.newest("tiny", "training_dataset", retrains[0], DatasetSnapshot)
    assert made is not None
    assert not any(held.holds(shop.spec.period.period(key).start) for key in made.read_periods)
    assert any("since version 2, which learned them last, was rolled back" in said for said in made.selection.said)


def test_a_person_who_asks_is_heard_at_once_and_the_rows_stay_out(places: Places) -> None:
    shop = fresh(places.copy())
    last = shop.entries()[-1]
    body = {"kind": "manual", "urgent": False}
    shop.ledger.append("tiny", REQUESTED, "requested:1", last.as_of, body=body, actor="ana", why="try again")
    step = next(iter(walk(shop, f"2024-01-{DAYS:02d}")))
    assert step.kind == "decide"
    made = decision(shop, step.period.key)
    assert "the rollback of version 2" not in " ".join(made.finding.held_by)


def test_clearing_ends_the_wait_and_lets_the_rows_in(places: Places) -> None:
    shop = fresh(places.copy())
    frontier = shop.spec.period.period(shop.frontier() or "")
    before = history(shop, shop.spec.period.at(shop.spec.period.index(frontier.key) + 1)).new_ripe_rows
    shop.ledger.append("tiny", CLEARED, "cleared:1", frontier.end, body={"version": "2"}, actor="bob", why="sound")
    (cleared,) = quarantines(shop.spec, shop.entries())
    assert cleared.cleared == "sound (bob)"
    assert held_out(shop, frontier.end) == ()
    after = history(shop, shop.spec.period.at(shop.spec.period.index(frontier.key) + 1))
    assert after.new_ripe_rows > before
    steps = [step for step in walk(shop, f"2024-01-{DAYS:02d}") if step.kind == "watch"]
    assert not any("the rollback of version 2" in decision(shop, s.period.key).reason for s in steps)


def test_by_hand_the_newest_is_cleared_once_with_who_and_why(places: Places) -> None:
    shop = fresh(places.copy())
    act = Act(actor="bob", why=" the feed was sound ")
    with pytest.raises(NotNow, match="no rows of version 7 are in quarantine; those of version 2 are"):
        clear(shop.spec, shop.ledger, act, "7")
    with pytest.raises(WrongUse, match="must give a reason"):
        clear(shop.spec, shop.ledger, Act(actor="bob", why=" "))
    assert clear(shop.spec, shop.ledger, act).version == "2"
    (cleared,) = quarantines(shop.spec, shop.entries())
    assert cleared.cleared == "the feed was sound (bob)"
    with pytest.raises(NotNow, match="no rows of version any are in quarantine; none are"):
        clear(shop.spec, shop.ledger, act)


DOINGS: dict[str, Callable[[Workshop, Act], object]] = {
    "clear": lambda shop, act: clear(shop.spec, shop.ledger, act),
    "pause": lambda shop, act: pause(shop.spec, shop.ledger, act),
    "open": lambda shop, act: open_by_hand(shop, act, "2"),
}


@pytest.mark.parametrize("doing", DOINGS)
def test_of_two_who_act_at_once_the_second_is_told_and_nothing_is_done_twice(
    places: Places, doing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = fresh(places.copy())
    before, read = len(shop.entries()), shop.ledger.entries

    def read_before_ana_wrote(model: str) -> list[Entry]:
        found = read(model)
        monkeypatch.undo()
        DOINGS[doing](shop, Act(actor="ana", why="odd scores"))
        return found

    monkeypatch.setattr(shop.ledger, "entries", read_before_ana_wrote)
    with pytest.raises(NotNow, match="somebody wrote to the record of tiny meanwhile, nothing was done"):
        DOINGS[doing](shop, Act(actor="bob", why="odd scores"))
    assert [entry.actor for entry in shop.entries()[before:]] == ["ana"]


def next_period(shop: Workshop) -> str:
    calendar = shop.spec.period
    return calendar.at(calendar.index(shop.frontier() or "") + 1).key


def test_a_target_that_cannot_score_todays_rows_is_an_incident_and_refused_without_force(answering: Places) -> None:
    kept = answering.copy()
    shop = kept.shop(SPEC, Rows(DAYS, lambda frame, period: frame.drop(columns="x") if period.key == last else frame))
    last = next_period(shop)
    assert known_problem(shop.values, "tiny", "1") == ""
    list(walk(shop, last))
    why = [entry.why for entry in shop.entries() if entry.key == f"going_back:{last}"]
    assert why == [
        "there is no way back: version 1 cannot score today's rows: columns x are missing: the model was fitted on them"
    ]
    act = Act(actor="ana", why="odd scores")
    with pytest.raises(NotNow, match=r"version 1 cannot score today's rows: .*; name another version, or .* --force"):
        roll_back_by_hand(shop, act)
    assert shop.state().champion == "2"
    roll_back_by_hand(shop, act, force=True)
    assert shop.state().champion == "1"


def test_a_drill_loads_asks_and_publishes_apart_and_is_on_record(answering: Places) -> None:
    shop, dry = fresh(answering.copy()), []
    state = shop.state()
    now = shop.now()
    assert drill_due(shop.entries(), state, now) == "the way back to version 1 was never drilled"
    before = (shop.split(), shop.registry.aliases("tiny"))
    found = drill(shop, actor="ana", smoke=lambda _: None, dry=dry.append)
    assert found is not None
    assert (found.champion, found.target, found.problem, found.rows) == ("2", "1", "", 300)
    assert [(split.champion, split.versions) for split in dry] == [("1", ("1",))]
    assert (shop.split(), shop.registry.aliases("tiny")) == before
    last = shop.entries()[-1]
    assert (last.kind, last.actor, last.why) == ("drilled", "ana", found.sentence)
    assert drill_due(shop.entries(), state, last.at + timedelta(days=30)) == ""
    late = drill_due(shop.entries(), state, last.at + timedelta(days=31))
    assert late == "the way back to version 1 was drilled 31 days ago"


def test_a_drill_that_fails_says_what_stands_in_the_way(answering: Places, tmp_path: Path) -> None:
    shop = fresh(answering.copy())
    smoke = tmp_path / "smoke.json"
    smoke.write_text('{"features": ["x", "shop"], "rows": [{"x": 1.0, "shop": "north"}], "answers": [0.123]}')
    found = drill(shop, actor="ana", smoke=lambda _: smoke, dry=None)
    assert found is not None
    assert "stored requests are answered apart by" in found.problem
    (shop.registry.package("tiny", "1") / "learner.json").unlink()
    found = drill(shop, actor="ana", smoke=lambda _: None, dry=None)
    assert found is not None
    assert "learner.json is missing" in found.problem
    due = drill_due(shop.entries(), shop.state(), shop.entries()[-1].at)
    assert due.startswith("version 2 cannot go back to version 1: ")


def test_where_there_is_nothing_to_go_back_to_nothing_is_drilled() -> None:
    shop = fresh(Places())
    assert drill(shop, actor="ana", smoke=lambda _: None, dry=None) is None
    assert drill_due([], shop.state(), shop.now()) == ""
    assert shop.entries() == []
