"""What the controller's tick does to a release: moves on evidence, on record first, and finished after any kill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from retrain_platform.release.base import LedgerMoved, Stage
from retrain_platform.release.fold import fold
from retrain_platform.release.live.bins import Bin, BinStore
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import LiveEvidence
from retrain_platform.release.staging import Asked, Staged
from retrain_platform.steps.by_hand.acting import Act
from retrain_platform.steps.by_hand.moving import roll_back
from retrain_platform.steps.lines import PAUSED, RETRAINED, STAGED
from retrain_platform.steps.release.live import LiveRelease, live_evidence
from retrain_platform.steps.release.live_bins import LiveBins
from retrain_platform.steps.release.quarantine import quarantines
from retrain_platform.steps.release.releasing import move
from retrain_platform.steps.release.staging import judge, staged, under_trial
from retrain_platform_tests.steps.live_roads import LIVE, T0, LiveRoad, traffic
from retrain_platform_tests.steps.tiny import tiny_spec

MINUTES = timedelta(minutes=1)


def test_from_staging_over_shadow_and_canary_to_proven() -> None:
    road = LiveRoad()
    road.open("1")
    assert (road.tick(), road.stage()) == ([], "1 staging 0%")
    road.staged("1")
    assert road.tick() == ["promoted"]
    road.open("2")
    road.staged("2")
    assert (road.tick(), road.stage()) == (["advanced"], "2 shadow 0%")
    assert road.tick(4 * MINUTES) == []
    assert (road.tick(2 * MINUTES), road.stage()) == (["advanced"], "2 canary 10%")
    assert (road.tick(6 * MINUTES), road.stage()) == (["promoted"], "2 bake 100%")
    assert road.tick(timedelta(hours=47)) == []
    assert road.tick(timedelta(hours=2)) == ["proven"]
    shares = [(s.champion, s.canary, s.share, s.beside) for s in road.published.splits]
    assert shares == [
        (None, None, 0, ()),
        ("1", None, 0, ()),
        ("1", None, 0, ("2",)),
        ("1", "2", 10, ("1", "2")),
        ("2", None, 0, ("1",)),
        ("2", None, 0, ()),
    ]
    assert road.shop.registry.aliases("tiny") == {"champion": "2"}
    live = [entry for entry in road.shop.entries() if entry.body.get("live")]
    assert [entry.body["live"]["version"] for entry in live] == ["2", "2", "2"]


def test_a_worse_canary_goes_back_at_the_next_look_and_after_the_promotion_the_one_before_answers() -> None:
    road = LiveRoad().to(Stage.CANARY)
    road.says = "worse"
    assert (road.tick(), road.stage(), road.shop.state().champion) == (["aborted"], "none", "1")
    assert (road.published.splits[-1].champion, road.published.splits[-1].share) == ("1", 0)
    road = LiveRoad().to(Stage.BAKE)
    road.says = "worse"
    assert (road.tick(), road.shop.state().champion) == (["rolled_back"], "1")
    assert road.shop.registry.aliases("tiny") == {"champion": "1"}


def test_what_a_canary_learned_that_evidence_sent_back_is_in_quarantine_and_what_ran_out_of_time_is_not() -> None:
    for says, after, held in (("worse", MINUTES, ["2"]), ("unclear", timedelta(hours=2), [])):
        road = LiveRoad().to(Stage.CANARY)
        for version, until in (("1", "2024-01-02T00:00:00+00:00"), ("2", "2024-01-03T00:00:00+00:00")):
            body = {"version": version, "decision_id": f"d{version}", "training_rows": 100}
            road.shop.ledger.append(
                "tiny", RETRAINED, f"r{version}", road.now, body={**body, "seen_until": until, "ripe_until": until}
            )
        road.says = says
        assert road.tick(after) == ["aborted"]
        assert [each.version for each in quarantines(road.spec, road.shop.entries())] == held
        limits = {
            **LIVE,
            "triggers": {"preset": "shipped"},
            "level": 1e-9,
        }  # a plan that was changed since judges nothing anew
        changed = tiny_spec(gateway={}, release={"live": limits})
        assert [each.version for each in quarantines(changed, road.shop.entries())] == held


def test_a_version_that_fails_in_staging_ends_and_one_that_cannot_be_told_is_tried_again() -> None:
    road = LiveRoad().to(Stage.STAGING)
    assert under_trial(road.shop) == "2"
    road.staged("2", problem="port 9 is taken")
    road.staged("2", problem="port 9 is taken")
    assert sum(entry.kind == STAGED for entry in road.shop.entries()) == 2  # version 1's and one of version 2's
    assert (road.tick(), under_trial(road.shop)) == ([], "2")
    judge(road.shop, Staged(version="2", asked=(Asked(name="smoke", requests=20, broke=("request 3: 0.1",)),)))
    assert under_trial(road.shop) is None
    assert road.tick() == ["aborted"]
    assert "request 3: 0.1" in road.shop.state().ended[-1].sentence
    assert staged(road.shop.entries(), road.shop.state()) is None


def test_what_was_tried_must_be_what_is_in_staging() -> None:
    road = LiveRoad().to(Stage.SHADOW)
    with pytest.raises(ValueError, match=r"run\.version == '2', must be the version in staging"):
        road.staged("2")


class Watched:
    """A store of bins of which a test hears each reading, before it."""

    def __init__(self, bins: BinStore, heard: Callable[..., Any]) -> None:
        self._bins, self._heard = bins, heard

    def bins(self, *args: Any) -> list[Bin]:
        self._heard(*args)
        return self._bins.bins(*args)

    def complete_until(self) -> datetime | None:
        return self._bins.complete_until()


def test_nothing_is_judged_twice_and_a_new_line_is_looked_at_at_once() -> None:
    road = LiveRoad().to(Stage.CANARY)
    asked: list[datetime] = []
    road.control = LiveRelease(Watched(road.bins, lambda _, since, until, *__: asked.append(until)))
    road.tick()
    road.tick(timedelta(seconds=1))
    road.tick(timedelta(seconds=1))
    assert len(asked) == 1
    road.shop.ledger.append("tiny", "note", "note:1", road.now)
    road.tick(timedelta(seconds=1))
    road.tick(timedelta(seconds=10))
    assert len(asked) == 3, asked
    assert all(moment.second % 10 == 0 for moment in asked)


def test_a_pause_holds_what_would_go_up_and_never_what_goes_back() -> None:
    road = LiveRoad().to(Stage.CANARY)
    road.shop.ledger.append("tiny", PAUSED, "paused:1", road.now, actor="ana", why="fair")
    assert road.tick(10 * MINUTES) == []
    road.says = "unclear"
    assert road.tick(timedelta(hours=3)) == []
    road.says = "worse"
    assert road.tick(10 * MINUTES) == ["aborted"]


def test_who_writes_between_reading_and_writing_wins() -> None:
    road = LiveRoad().to(Stage.BAKE)
    road.says = "worse"
    road.control = LiveRelease(Watched(road.bins, lambda *_: roll_back(road.shop, Act(actor="ana", why="odd scores"))))
    with pytest.raises(LedgerMoved):
        road.tick(6 * MINUTES)
    road.control = LiveRelease(road.bins)
    last = road.shop.entries()[-1]
    assert (last.kind, last.actor) == ("rolled_back", "ana")
    assert road.tick() == []
    assert road.published.splits[-1].by == "ana"


class Killed(BaseException):
    """The process is gone."""


def killing(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """The next call of the method kills, before or after its work."""
    real = getattr(owner, name)

    def dies(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        if after:
            real(*args, **named)
        raise Killed

    monkeypatch.setattr(owner, name, dies)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", ["ledger", "published", "registry"])
@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.BAKE])
def test_killed_between_any_two_writes_the_next_tick_finishes(
    stage: Stage, write: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    road, whole = LiveRoad().to(stage), LiveRoad().to(stage)
    for each in (road, whole):  # one waits behind, so that two lines are written
        each.says = "worse" if stage is Stage.BAKE else "not worse"
        if stage is not Stage.SHADOW:
            each.open("3")
    owner = {"ledger": road.places.ledger, "published": road.published, "registry": road.places.registry}[write]
    method = {"ledger": "append", "published": "publish", "registry": "set_aliases"}[write]
    killing(owner, method, monkeypatch, after=after)
    with pytest.raises(Killed):
        road.tick(6 * MINUTES)
    road.control = LiveRelease(road.bins)
    whole.tick(6 * MINUTES)
    for each in (road, whole):
        each.tick()
        each.tick()
    told = [[(e.kind, e.body.get("version"), e.body.get("stage")) for e in r.shop.entries()] for r in (road, whole)]
    assert told[0] == told[1]
    assert road.stage() == whole.stage()
    assert road.shop.registry.aliases("tiny") == whole.shop.registry.aliases("tiny")
    bare = [r.published.splits[-1].model_copy(update={"since": None, "why": ""}) for r in (road, whole)]
    assert bare[0] == bare[1]


def test_evidence_that_cannot_be_read_moves_nothing_and_is_asked_for_again() -> None:
    road = LiveRoad().to(Stage.CANARY)
    before = road.shop.entries()

    def away(*_: Any) -> None:
        raise OSError("disk")

    road.control = LiveRelease(Watched(road.bins, away))
    with pytest.raises(OSError, match="disk"):
        road.tick(10 * MINUTES)
    assert road.shop.entries() == before
    road.control = LiveRelease(road.bins)
    assert road.tick(timedelta(seconds=10)) == ["promoted"]


def test_the_periods_watch_run_shows_a_live_release_and_leaves_it_alone() -> None:
    road = LiveRoad().to(Stage.CANARY)
    before = road.shop.entries()
    state, evidence, moves = move(road.shop, road.spec.period.at(2))
    assert (state, evidence, moves) == (road.shop.state(), None, ())
    assert road.shop.entries() == before


def test_a_ledger_that_did_not_grow_is_folded_once() -> None:
    shop = LiveRoad().to(Stage.CANARY).shop
    state = shop.state()
    assert shop.state() is state
    shop.ledger.append("tiny", "note", "note:1", T0)
    assert shop.state() is not state
    assert shop.state() == state == fold(shop.entries())


def test_a_model_without_a_live_plan_is_published_and_not_judged() -> None:
    road = LiveRoad()
    road.spec = road.spec.model_copy(update={"release": road.spec.release.model_copy(update={"live": None})})
    road.open("1")
    assert road.tick() == []
    assert road.published.splits[-1].champion == "1"
    assert road.shop.registry.aliases("tiny") == {"champion": "1"}


def evidence(road: LiveRoad, reader: LiveBins) -> LiveEvidence | None:
    """What a reader finds now."""
    entries = road.shop.entries()
    state = fold(entries)
    return live_evidence(road.shop, reader, state, stage_clock(entries, state), road.now)


def test_bins_that_still_grow_are_not_judged() -> None:
    road = LiveRoad().to(Stage.BAKE)
    road.now = T0 + 60 * MINUTES
    road.bins.add("tiny", traffic(road.shop.state(), "not worse", T0, road.now))
    reader = LiveBins(road.bins)
    road.bins.complete = road.now - 20 * MINUTES - timedelta(seconds=4)
    behind = evidence(road, reader)
    assert behind is not None
    assert behind.until == road.now - 20 * MINUTES - timedelta(seconds=10)
    road.bins.complete = T0 - timedelta(days=1)  # before the stage began
    before = evidence(road, reader)
    assert before is not None
    assert before.calls == 0
    road.bins.complete = road.now
    assert evidence(road, reader) == evidence(road, LiveBins(road.bins))


def test_evidence_of_days_is_the_same_whether_it_was_kept_or_is_read_anew() -> None:
    road, kept = LiveRoad().to(Stage.BAKE), 0
    read: list[datetime] = []
    store = Watched(road.bins, lambda _, since, *__: read.append(since))
    reader = LiveBins(store)
    for hours in (1, 2, 3.4, 9, 9.1, 20, 30.7):
        road.bins.add("tiny", traffic(road.shop.state(), "not worse", road.now, T0 + hours * 60 * MINUTES))
        road.now = T0 + hours * 60 * MINUTES
        found = evidence(road, reader)
        assert found is not None
        assert found == evidence(road, LiveBins(road.bins))
        kept = max(kept, found.calls)
    assert kept > 1_000_000
    assert road.now - read[-1] <= timedelta(hours=13)  # the look before was at 20 hours
    assert road.now - read[0] > timedelta(hours=24)
