"""The data's time of what happens to a release that is served, whether the road keeps up or plays old data."""

from datetime import UTC, datetime, timedelta

import pytest

from retrain_platform.adapters.memory import MemoryLedger
from retrain_platform.release.base import Entry, Stage
from retrain_platform.release.by_hand import reject
from retrain_platform.steps.lines import WATCHED
from retrain_platform.steps.release.live_time import keeps_up, live_time, moved_at
from retrain_platform.steps.release.releasing import record
from retrain_platform_tests.release.roads import road_to
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

SPEC = tiny_spec(gateway={})
END = datetime(2024, 1, 6, tzinfo=UTC)


def watched(*keys: str) -> list[Entry]:
    ledger = MemoryLedger()
    for key in keys:
        ledger.append("tiny", WATCHED, f"watched:{key}", END, body={"period": key})
    return ledger.entries("tiny")


@pytest.mark.parametrize(
    ("late", "as_of"),
    [
        (timedelta(0), END),
        (timedelta(days=2, hours=12), END + timedelta(days=2, hours=12)),  # the delay and 2 periods, to the second
        (timedelta(days=2, hours=12, seconds=1), END),
        (timedelta(days=700), END),
        (timedelta(hours=-1), END),  # a clock behind the data goes back no further than the road
    ],
)
def test_the_road_that_keeps_up_lives_now_and_the_one_that_plays_the_past_lives_there(
    late: timedelta, as_of: datetime
) -> None:
    entries = watched("2024-01-04", "2024-01-05")
    assert live_time(SPEC, entries, END + late) == as_of
    assert moved_at(SPEC, entries, END + late) == as_of


def test_before_the_first_period_it_is_where_the_calendar_starts() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert live_time(SPEC, [], start + timedelta(days=900)) == start
    assert keeps_up(SPEC, [], start + timedelta(hours=3))


def test_a_model_that_nobody_serves_moves_in_its_periods() -> None:
    assert moved_at(tiny_spec(), watched("2024-01-05"), END + timedelta(hours=7)) == END


def test_no_move_is_dated_before_one_that_stands() -> None:
    shop = Places().shop(SPEC, Rows(3))
    moves = road_to(Stage.SHADOW).ledger.entries("m")
    later, earlier = END + timedelta(hours=9), END
    for number, entry in enumerate(moves):
        shop.ledger.append("tiny", entry.kind, f"m{number}", later, body=entry.body)
    record(shop, reject(shop.state(), earlier, "no"), key="reject:3", as_of=earlier, decision_id="")
    assert shop.entries()[-1].as_of == later
    assert shop.state(before=later).open is None  # a cut between them is before both
