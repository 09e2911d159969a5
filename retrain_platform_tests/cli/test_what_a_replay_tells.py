"""What `retrain replay` says of a report on the screen."""

from __future__ import annotations

import pytest

from retrain_platform.cli.replay_told import tell
from retrain_platform.policy import SchedulePolicy
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.report import replay
from retrain_platform.replay.walked import Named
from retrain_platform_tests.replay.pasts import ALL, GivenPast, by_age, matrix, setting


@pytest.mark.parametrize("windows", [(ALL,), (ALL, Strategy(name="newest 2", window=2))])
def test_the_present_policy_by_another_window_is_other_advice(
    windows: tuple[Strategy, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every 2 days is best, by whatever window; the newest 2 days teach more than all the past."""

    def loss(first: int, last: int, period: int) -> float:
        return by_age(0.07, 0.1)(first, last, period) + 0.2 * (last - first > 1)

    on = setting(matrix(GivenPast(loss, 24), *windows))
    on = on._replace(road=on.road._replace(start=3))
    report = replay("tiny", on, [Named(NOW, SchedulePolicy(every="2d"))], (0.1,), "day")
    tell(report, limits=False)
    [advice], shown = report.recommended, capsys.readouterr().out
    several = len(windows) > 1
    assert advice.name == (f"{NOW} (newest 2)" if several else NOW)
    assert advice.instead.startswith(f"{advice.name} {'would have given' if several else 'was the cheapest of all'}")
    assert (f"; {NOW} (all the past) accuracy " in advice.instead) == several
    assert ("as the spec writes it" in shown) == several
    assert ("  window: 2d" in shown) == several
