"""Whatever happens in whatever order, a release keeps its promises."""

from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retrain_platform.release.advance import advance
from retrain_platform.release.aliases import aliases
from retrain_platform.release.base import ReleasePlan, ReleaseState, Stage
from retrain_platform.release.by_hand import approve, open_version, reject, roll_back
from retrain_platform.release.fold import apply, fold
from retrain_platform.release.route import route, scored_versions
from retrain_platform.release.table import IllegalMove
from retrain_platform_tests.release.roads import SEEN, WEEK, Road, evidence

PLAN = ReleasePlan.model_validate({"shadow": "1w", "canary": [5, 25, 100], "bake": "2w", "patience": 3})


class Releases(RuleBasedStateMachine):
    """A team that retrains, looks, approves, rejects, rolls back, crashes and repeats itself."""

    def __init__(self) -> None:
        super().__init__()
        self.road = Road(PLAN)
        self.registered: list[str] = []
        self.shares: dict[str, int] = {}

    @rule(mode=st.sampled_from(["propose", "act"]), urgent=st.booleans())
    def a_retrain_ends(self, mode: Literal["propose", "act"], urgent: bool) -> None:
        self.registered.append(str(len(self.registered) + 1))
        self.road.open(self.registered[-1], mode=mode, urgent=urgent)
        assert self.road.open(self.registered[-1], mode=mode, urgent=urgent) == ()

    @rule(seen=st.sampled_from(sorted(SEEN)), ripe=st.integers(0, 4))
    def a_period_closes(self, seen: str, ripe: int) -> None:
        self.road.close(seen, ripe)

    @precondition(lambda self: self.road.state.open is not None)
    @rule(seen=st.sampled_from(sorted(SEEN)), written=st.integers(0, 3))
    def a_tick_is_killed_and_repeated(self, seen: str, written: int) -> None:
        expected = before = self.road.state
        whole = advance(before, evidence(before, seen, 4), PLAN, as_of=self.road.as_of, period=WEEK)
        for moved in whole:
            expected = apply(expected, moved, self.road.as_of)
        self.road.record(whole[:written])
        self.road.record(advance(self.road.state, None, PLAN, as_of=self.road.as_of, period=WEEK) if written else whole)
        assert self.road.state == expected

    @rule()
    def a_person_approves(self) -> None:
        self._by_hand(lambda state: approve(state, self.road.as_of))

    @rule()
    def a_person_rejects(self) -> None:
        self._by_hand(lambda state: reject(state, self.road.as_of, "why"))

    @precondition(lambda self: self.registered)
    @rule(data=st.data(), expedited=st.booleans())
    def a_person_opens_a_version(self, data: st.DataObject, expedited: bool) -> None:
        version, before = data.draw(st.sampled_from(self.registered)), self.road.state
        self._by_hand(lambda state: open_version(state, version, "d", self.road.as_of, PLAN, expedited=expedited))
        if self.road.state != before:
            self.shares.pop(version, None)

    @rule(data=st.data())
    def a_person_rolls_back(self, data: st.DataObject) -> None:
        to = data.draw(st.sampled_from([None, *self.registered]))
        self._by_hand(lambda state: roll_back(state, self.road.as_of, "why", to, self.registered))

    @precondition(lambda self: self.registered)
    @rule(data=st.data())
    def an_alias_is_moved_elsewhere(self, data: st.DataObject) -> None:
        self.road.outside(data.draw(st.sampled_from(self.registered)))

    def _by_hand(self, move: Any) -> None:
        before = self.road.state
        try:
            self.road.record(move(before))
        except IllegalMove:
            assert self.road.state == before

    @invariant()
    def at_most_one_is_under_way_and_one_waits_behind_it(self) -> None:
        state = self.road.state
        if state.open is not None:
            assert state.open.stage in (Stage.APPROVAL, Stage.SHADOW, Stage.CANARY, Stage.BAKE)
        if state.waiting is not None:
            assert state.waiting.stage is Stage.WAITING
        versions = [release.version for release in (state.open, state.waiting, *state.ended) if release is not None]
        assert len(versions) == len(set(versions))
        assert all(not release.stage.open for release in state.ended)

    @invariant()
    def the_champion_was_handed_the_traffic(self) -> None:
        entries = self.road.ledger.entries("m")
        taken = {entry.body.get("to") or entry.body["version"] for entry in entries if entry.kind in _TAKES}
        champion = self.road.state.champion
        assert champion is None or champion in taken
        assert (champion is None) == (not taken)

    @invariant()
    def the_fold_of_every_prefix_stands_and_repeats(self) -> None:
        entries = self.road.ledger.entries("m")
        assert fold(entries) == self.road.state
        fold(entries[: len(entries) // 2])

    @invariant()
    def shares_only_grow_while_a_release_is_under_way(self) -> None:
        release = self.road.state.open
        if release is not None:
            assert release.share >= self.shares.get(release.version, 0)
            assert (release.share == 100) == (release.stage is Stage.BAKE)
            self.shares[release.version] = release.share

    @invariant()
    def who_answers_is_scored_and_has_an_alias(self) -> None:
        state = self.road.state
        named = {version for version in aliases(state).values() if version is not None}
        if state.champion is not None:
            answering = {route(f"N{number}", state) for number in range(20)}
            assert answering <= named
            assert answering <= set(scored_versions(state).values())
        _previous_is_scored_in_bake(state)


_TAKES = ("promoted", "rolled_back", "outside_promotion")


def _previous_is_scored_in_bake(state: ReleaseState) -> None:
    baking = state.open is not None and state.open.stage is Stage.BAKE
    assert ("previous" in scored_versions(state)) == baking


TestReleases = Releases.TestCase
TestReleases.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
