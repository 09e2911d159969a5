"""A fall within a segment, corrected for how many there are; a baseline of the same season."""

from typing import Any

import numpy as np
from scipy import stats

from retrain_platform.policy import PerformancePolicy
from retrain_platform.policy.base import Finding
from retrain_platform_tests.policy.histories import by_origin, champion, history, readings, ripe

WEEK = 20


def judge(*weeks: dict[str, float | None], half: float = 0.01, **fields: Any) -> Finding:
    known = tuple(by_origin(4 + place, half, **each) for place, each in enumerate(weeks))
    policy = PerformancePolicy(**{"metric": "auc", "falls_by": 0.05, "dwell": "2w", "segments": ["origin"], **fields})
    return policy.decide(history(WEEK, performance=known))


GOOD: dict[str, float | None] = {"EWR": 0.7, "JFK": 0.7, "LGA": 0.7}
FALLEN = {**GOOD, "JFK": 0.6}


class TestSegments:
    def test_one_that_fell_fires_and_is_named(self) -> None:
        found = judge(GOOD, GOOD, GOOD, FALLEN, FALLEN)
        assert (found.verdict, found.held, found.trigger) == ("fired", 2, "performance")
        assert found.sentence.startswith("auc where origin = JFK was worse than its baseline 0.7 by 0.1")
        assert "corrected for 3 segments" in found.sentence
        assert [(part.trigger, part.verdict) for part in found.parts] == [
            ("performance origin = EWR", "quiet"),
            ("performance origin = JFK", "fired"),
            ("performance origin = LGA", "quiet"),
        ]

    def test_a_whole_that_stands_hides_no_segment_and_the_other_way_round(self) -> None:
        known = tuple(by_origin(4 + place, **each) for place, each in enumerate([GOOD] * 3 + [FALLEN] * 2))
        whole = PerformancePolicy(metric="auc", falls_by=0.05, dwell="2w").decide(history(WEEK, performance=known))
        assert whole.verdict == "quiet"

    def test_small_ones_cannot_be_told_and_block_nothing(self) -> None:
        small: dict[str, float | None] = {**FALLEN, "LGA": None}
        found = judge(GOOD, GOOD, GOOD, small, small)
        assert found.verdict == "fired"
        assert "(2 of 3 segments can be told)" in found.sentence
        assert found.parts[2].verdict == "cannot tell"
        assert found.parts[2].sentence == "origin = LGA: cannot tell: 5 rows, needs 50"

    def test_a_segment_that_went_small_is_not_judged_by_its_old_readings(self) -> None:
        gone: dict[str, float | None] = {**GOOD, "JFK": None}
        assert judge(GOOD, GOOD, GOOD, FALLEN, FALLEN, gone).verdict == "quiet"

    def test_all_too_small_is_cannot_tell_and_not_quiet(self) -> None:
        none: dict[str, float | None] = {"EWR": None, "JFK": None}
        found = judge(none, none, none, none, none)
        assert found.verdict == "cannot tell"
        assert len(found.parts) == 2
        assert judge().verdict == "cannot tell"

    def test_more_segments_ask_for_a_surer_fall(self) -> None:
        """A fall that is confirmed at 95% where it is alone, and not where it is the least of twenty."""
        many: dict[str, float | None] = {f"S{number:02d}": 0.7 for number in range(20)}
        alone, among = {"S00": 0.7}, many
        fallen = {"S00": 0.6}
        arguments = {"half": 0.09}
        assert judge(alone, alone, alone, fallen, fallen, **arguments).verdict == "fired"
        worst = {**among, **fallen}
        assert judge(among, among, among, worst, worst, **arguments).verdict == "holding"

    def test_segments_that_do_not_change_fire_as_often_as_one_test_may(self) -> None:
        """A tiny limit, five segments: the family errs at most once in twenty."""
        rng, error = np.random.default_rng(3), 0.02
        half = float(stats.norm.ppf(0.975)) * error
        names, fired = [f"S{number}" for number in range(5)], 0
        for _ in range(300):
            weeks = [dict(zip(names, (0.7 + error * rng.normal(size=5)).tolist(), strict=True)) for _ in range(4)]
            fired += judge(*weeks, half=half, falls_by=1e-9, dwell="1w").fired
        assert fired <= stats.binom.ppf(0.99, 300, 0.05)


def season(*now: float, then: tuple[float, ...], **fields: Any) -> Finding:
    """Readings of version 0 a year (52 weeks) before those of version 1."""
    first = 60 - len(now)
    old = readings(*then, first=first - 52 - (len(then) - len(now)) // 2, version="0")
    policy = PerformancePolicy(
        **{"metric": "auc", "falls_by": 0.05, "against": "season", "cycle": "52w", "dwell": "2w", **fields}
    )
    new = readings(*now, first=first, version="1")
    return policy.decide(history(61, champion=champion(50), ripe=ripe(61), performance=(*old, *new)))


class TestSeason:
    def test_a_low_season_is_no_fall(self) -> None:
        now = (0.7, 0.7, 0.7, 0.6, 0.6)
        assert season(*now, then=(), against="proven").verdict == "fired"
        found = season(*now, then=(0.75, 0.7, 0.7, 0.6, 0.61, 0.6, 0.6))
        assert found.verdict == "quiet"
        assert "the baseline of its season, 2013-" in found.sentence
        assert "(version 0)" in found.sentence

    def test_a_fall_below_the_same_season_fires(self) -> None:
        found = season(0.7, 0.7, 0.7, 0.6, 0.6, then=(0.7,) * 9)
        assert (found.verdict, found.held) == ("fired", 2)

    def test_a_young_champion_is_judged_without_waiting_for_its_own_baseline(self) -> None:
        assert season(0.6, 0.6, then=(0.7,) * 6).verdict == "fired"

    def test_without_such_a_season_it_is_the_proven_one_and_says_so(self) -> None:
        found = season(0.7, 0.7, 0.7, 0.6, 0.6, then=())
        assert found.verdict == "fired"
        assert "its baseline (no 3 ripe periods of its season a cycle ago) 0.7" in found.sentence

    def test_too_few_periods_make_no_season(self) -> None:
        assert season(0.6, 0.6, then=(0.7,) * 2).verdict == "cannot tell"
