"""What happens to a retrain on a road: time, canaries, gates, rollbacks."""

from __future__ import annotations

import pytest

from retrain_platform.replay.road import Retrain, Road
from retrain_platform.replay.rules import Beside, Margin, Rules, Ruling
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix

NOTHING = Margin(worse_by=0.0)


def cut_loss(*losses: float, count: int = 10) -> GivenPast:
    """A model's loss is that of its cut, in every period; the last one's is that of all later cuts."""
    return GivenPast(lambda first, last, period: losses[min(last, len(losses) - 1)], count)


def on(past: GivenPast, rules: Rules, *, delay: int = 0) -> Road:
    return Road(matrix(past), delay=delay, rules=rules)


class TestTime:
    def test_the_champion_answers_while_the_next_is_trained_and_in_shadow(self) -> None:
        road = on(cut_loss(0.9, 0.9, 0.1), Rules(takes=1, shares=(0.0,)))
        assert road.way([Retrain(2)], 0.0).losses[1:].tolist() == pytest.approx([0.9] * 4 + [0.1] * 5)

    def test_a_canary_mixes_the_two(self) -> None:
        road = on(cut_loss(0.9, 0.9, 0.1), Rules(shares=(0.25, 0.5)))
        assert road.way([Retrain(2)], 0.0).losses[1:].tolist() == pytest.approx([0.9, 0.9, 0.7, 0.5] + [0.1] * 5)

    def test_a_step_waits_for_the_labels_of_its_periods(self) -> None:
        for ripens, mixed in ((True, 3), (False, 1)):
            road = on(cut_loss(0.9, 0.9, 0.1), Rules(takes=1, shares=(0.5,), ripens=ripens), delay=2)
            losses = road.way([Retrain(4)], 0.0).losses[5:]
            assert losses.tolist() == pytest.approx([0.9, *[0.5] * mixed, *[0.1] * (4 - mixed)])

    def test_the_next_fixed_retrain_waits_until_the_release_is_closed(self) -> None:
        road = on(GivenPast(by_age(), 10), Rules(takes=1, shares=(0.5,), bake=1))
        assert [each.at for each in road.every(1, 0.0).retrains] == [1, 4, 7]
        assert [each.at for each in road.every(4, 0.0).retrains] == [4]
        assert [each.at for each in road.every(5, 0.0).retrains] == [5]

    def test_none_is_decided_that_could_answer_nothing_any_more(self) -> None:
        assert list(on(GivenPast(by_age(), 8), Rules(takes=2, shares=(0.0, 0.5))).decisions) == [1, 2, 3]
        assert list(on(GivenPast(by_age(), 8), Rules(takes=2, shares=(0.5,))).decisions) == [1, 2, 3, 4]

    def test_what_the_end_of_history_cuts_off_counts_as_far_as_it_went(self) -> None:
        way = on(cut_loss(0.9, 0.9, 0.1, count=6), Rules(shares=(0.5, 0.5))).way([Retrain(4)], 0.2)
        assert (way.outcomes, way.losses[5], way.total) == (("on its way",), pytest.approx(0.5), pytest.approx(4.3))

    def test_a_newer_one_takes_its_place_until_it_answers_all(self) -> None:
        road = on(cut_loss(0.9, 0.5, 0.1), Rules(shares=(0.5, 0.5), bake=1))
        way = road.way([Retrain(1), Retrain(2)], 0.1)
        assert way.outcomes == ("superseded", "serves")
        assert way.losses[1:].tolist() == pytest.approx([0.9, 0.7, 0.5, 0.5] + [0.1] * 5)
        with pytest.raises(ValueError, match="at == 3, must not be while the model before it is watched"):
            road.way([Retrain(1), Retrain(3)], 0.1)
        assert road.way([Retrain(1), Retrain(4)], 0.1).outcomes == ("serves", "serves")


class TestGates:
    def test_a_candidate_that_is_worse_on_the_newest_ripe_periods_never_serves(self) -> None:
        past = cut_loss(0.5, 0.8, 0.8, 0.2)
        way = on(past, Rules(gate=NOTHING)).way([Retrain(2), Retrain(4)], 0.1)
        assert way.outcomes == ("refused", "serves"), "the models of cuts 1 and 3 stood for them"
        assert way.losses[1:].tolist() == pytest.approx([0.5] * 4 + [0.2] * 5)
        assert way.total == pytest.approx(way.loss + 0.2)

    def test_a_training_that_comes_to_nothing_takes_its_time_too(self) -> None:
        worse = GivenPast(lambda first, last, _: 0.1 + 0.1 * last, 10)
        assert [each.at for each in on(worse, Rules(takes=3, gate=NOTHING)).every(1, 0.0).retrains] == [1, 4]

    def test_beyond_the_margin_only(self) -> None:
        told = [on(cut_loss(0.5, 0.6), Rules(gate=Margin(worse_by=by))).way([Retrain(2)], 0.0) for by in (0.09, 0.11)]
        assert [way.outcomes for way in told] == [("refused",), ("serves",)]

    def test_it_is_compared_where_neither_has_learned(self) -> None:
        seen: list[tuple[int, ...]] = []

        class Asked(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                seen.append(beside.periods)
                return Ruling("not worse")

        road = on(GivenPast(by_age(), 12), Rules(gate=Asked(worse_by=0), holdout=3), delay=1)
        road.way([Retrain(6), Retrain(8), Retrain(9)], 0.0)
        assert seen == [(3, 4, 5), (6, 7), (8,)], "from the period after the champion's newest, labelled by then"

    def test_without_a_period_to_compare_in_it_goes_on(self) -> None:
        assert on(cut_loss(0.1, 0.9), Rules(gate=NOTHING, holdout=3)).way([Retrain(1)], 0.0).outcomes == ("serves",)

    def test_where_no_model_can_stand_for_it_nobody_asks(self) -> None:
        class Never(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                raise AssertionError(beside)

        past = GivenPast(by_age(), 8, untrainable=[2])
        assert on(past, Rules(gate=Never(worse_by=0))).way([Retrain(3)], 0.0).outcomes == ("serves",)

    def test_a_gap_is_none_of_the_newest_periods(self) -> None:
        past = GivenPast(lambda first, last, _: 0.2 + 0.1 * last, 8, rows=[9, 9, 9, 0, 0, 9, 9, 9])
        assert on(past, Rules(gate=NOTHING)).course(Retrain(0), Retrain(4)).outcome == "refused"


class TestRollbacks:
    def test_a_bad_release_is_taken_back_when_its_labels_are_in(self) -> None:
        for delay in (0, 2):
            road = on(cut_loss(0.1, 0.9), Rules(bake=2, watch=NOTHING), delay=delay)
            way = road.way([Retrain(3)], 0.0)
            served = [0.1] * (3 - delay) + [0.9] * (1 + delay) + [0.1] * (6 - delay)
            assert way.outcomes == ("rolled back",)
            assert way.losses[1 + delay :].tolist() == pytest.approx(served[: 9 - delay])

    def test_a_bad_canary_is_withdrawn_before_it_answers_all(self) -> None:
        for shares, mixed in (((0.5, 0.75), [0.5]), ((0.5, 0.5), [0.5, 0.5])):
            road = on(cut_loss(0.1, 0.9), Rules(shares=shares, bake=2, watch=NOTHING))
            way = road.way([Retrain(3)], 0.0)
            assert way.outcomes == ("aborted",)
            assert way.losses[4:].tolist() == pytest.approx([*mixed, *[0.1] * (6 - len(mixed))])

    def test_the_bake_is_judged_by_what_came_after_the_take_over(self) -> None:
        past = GivenPast(lambda first, last, period: 0.5 if not last else 0.1 if period < 6 else 0.6, 10)
        road = on(past, Rules(shares=(0.5, 0.5), bake=2, watch=NOTHING))
        assert road.way([Retrain(3)], 0.0).outcomes == ("rolled back",), "over all four it would be better by far"

    def test_a_canary_is_judged_by_all_since_its_training_ended(self) -> None:
        past = GivenPast(lambda first, last, period: 0.5 if not last else 0.1 if period == 4 else 0.6, 10)
        road = on(past, Rules(shares=(0.5, 0.75), watch=NOTHING))
        assert road.way([Retrain(3)], 0.0).outcomes == ("serves",), "it lost in the second period, not over both"

    def test_with_patience_a_step_waits_until_it_can_be_told(self) -> None:
        class Slow(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                return super().ruling(beside) if len(beside.periods) >= 3 else Ruling("cannot tell", "too few")

        better, slow = cut_loss(0.9, 0.1), Slow(worse_by=0.0)
        hasty = on(better, Rules(shares=(0.5,), watch=slow)).way([Retrain(1)], 0.0)
        assert hasty.losses[2:5].tolist() == pytest.approx([0.5, 0.1, 0.1])
        waits = on(better, Rules(shares=(0.5,), watch=slow, patience=4)).way([Retrain(1)], 0.0)
        assert waits.losses[2:6].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.1])
        road = on(better, Rules(shares=(0.5,), watch=slow, patience=2))
        course = road.course(Retrain(0), Retrain(1))
        assert (course.outcome, course.end, course.why) == ("aborted", 3, "undecided after 2 ripe periods: too few")

    def test_what_is_seen_after_the_watch_changes_nothing(self) -> None:
        past = GivenPast(lambda first, last, period: 0.9 if last and period > 5 else 0.2, 10)
        assert on(past, Rules(bake=2, watch=NOTHING)).way([Retrain(3)], 0.0).outcomes == ("serves",)
        assert on(past, Rules(bake=3, watch=NOTHING)).way([Retrain(3)], 0.0).outcomes == ("rolled back",)

    def test_after_it_the_next_is_held_against_the_one_that_came_back(self) -> None:
        road = on(cut_loss(0.3, 0.9, 0.9, 0.5), Rules(bake=1, watch=NOTHING))
        assert road.way([Retrain(1), Retrain(4)], 0.0).outcomes == ("rolled back", "rolled back")
