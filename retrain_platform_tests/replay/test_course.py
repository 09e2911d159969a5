"""A release on a walk moves as one live does: the same evidence, the same moves at the same periods' ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.release.advance import advance, open_release, stage_periods
from retrain_platform.release.base import Evidence, ReleasePlan, ReleaseState, Stage
from retrain_platform.release.fold import apply
from retrain_platform.replay.course import released
from retrain_platform.replay.rules import Outcome, Rules, Ruling
from retrain_platform.validation.margin import Standing

WEEK, START = timedelta(weeks=1), datetime(2024, 1, 1, tzinfo=UTC)
BOUNDS: dict[Standing, tuple[float, float, float] | tuple[None, None, None]] = {
    "worse": (-0.05, -0.06, -0.04),
    "not worse": (0.0, -0.001, 0.001),
    "cannot tell": (None, None, None),
}
ENDED: dict[Stage, Outcome] = {
    Stage.DONE: "serves",
    Stage.ABORTED: "aborted",
    Stage.ROLLED_BACK: "rolled back",
}


def end(at: int) -> datetime:
    return START + (at + 1) * WEEK


def live(plan: ReleasePlan, decided: int, standings: list[Standing], delay: int) -> tuple[str, int, int | None]:
    """What becomes of version 2 by `advance`: how it ended and when, and when it took over."""
    state = ReleaseState(champion="1", released_as_of=START, proven_as_of=START)
    for moved in open_release(state, "2", "d", end(decided), plan, mode="act"):
        state = apply(state, moved, end(decided), "d")
    promoted, began = None, decided
    for at in range(decided + 1, len(standings)):
        opened = state.open
        if opened is None:
            break
        since = began if opened.stage is Stage.BAKE else decided
        periods = tuple(str(place) for place in range(since + 1, at - delay + 1))
        difference, low, high = BOUNDS[standings[at]]
        found = Evidence(
            version="2",
            other="1",
            periods=periods,
            rows=len(periods),
            difference=difference,
            low=low,
            high=high,
            in_stage=max(0, at - delay - began),
        )
        moves = advance(state, found if periods else None, plan, as_of=end(at), period=WEEK)
        for moved in moves:
            state, began = apply(state, moved, end(at)), at
            promoted = at if moved.stage is Stage.BAKE else promoted
            if moved.stage in ENDED:
                return ENDED[moved.stage], at, promoted
    return "open", len(standings), promoted


@settings(max_examples=100, deadline=None)
@given(
    shadow=st.integers(1, 3),
    canary=st.sampled_from([(100,), (50, 100), (10, 40, 100)]),
    bake=st.integers(1, 3),
    patience=st.integers(1, 4),
    delay=st.integers(0, 2),
    standings=st.lists(st.sampled_from(["worse", "not worse", "not worse", "cannot tell"]), min_size=26, max_size=26),
)
def test_a_walk_moves_a_release_as_the_live_road_does(
    shadow: int, canary: tuple[int, ...], bake: int, patience: int, delay: int, standings: list[Standing]
) -> None:
    plan = ReleasePlan(shadow=shadow * WEEK, canary=canary, bake=bake * WEEK, patience=patience)
    needed = stage_periods(plan, WEEK)
    steps = tuple(share / 100 for share in canary[:-1] for _ in range(needed[Stage.CANARY]))
    rules = Rules(shares=(*(0.0,) * needed[Stage.SHADOW], *steps), bake=needed[Stage.BAKE], patience=patience)

    def look(since: int, at: int) -> Ruling:
        return Ruling(standings[at] if at - delay > since else "cannot tell", "as drawn")

    course = released(rules, 2, len(standings) - 1, delay, look)
    how, ended, promoted = live(plan, 2, standings, delay)
    if how == "open":
        assert course.end >= len(standings)
    else:
        assert (course.outcome, course.end) == (how, ended)
    assert course.promoted == promoted
