"""What staying has cost, where it is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from retrain_platform.stats.staying import (
    AT_ONCE,
    AVOIDABLE,
    DOUBT,
    OPTIMISM,
    ORDINARY,
    PRIOR_GROWTH,
    PRIOR_SLOPE,
    SLOPE_WEIGHT,
    Past,
    Seen,
    Staying,
    staying,
)

NEWEST_5 = Past(-20, (5.0,))


def models(
    slope: float, *cuts: int, until: int, span: float = 5.0, growth: float = 0.0, level: float = 0.2
) -> list[Seen]:
    """Models whose loss rises by `slope` a period, each scored from its first period until the end.

    With `growth` each learns from twice as many periods as the one before, and loses so much less by e times as many.
    """
    seen = []
    for place, cut in enumerate(cuts):
        size = span * 2**place if growth else span
        middle = cut - size / 2
        losses = {
            period: float(level + slope * (period - middle) - growth * np.log(size / span))
            for period in range(cut, until)
        }
        stop = cuts[place + 1] if place + 1 < len(cuts) else until
        seen.append(Seen(cut, size, losses, tuple(range(cut, stop))))
    return seen


def test_of_one_model_alone_a_gap_is_what_is_expected_before_anything_is_seen() -> None:
    found = staying(models(0.0, 0, until=4), 4, NEWEST_5)
    assert found.slope == pytest.approx(PRIOR_SLOPE * 0.2)
    assert found.expected == pytest.approx(PRIOR_SLOPE * 0.2 * (0 + 1 + 2 + 3))
    assert found.growth == pytest.approx(PRIOR_GROWTH * 0.2)
    assert found.ahead == pytest.approx(0.0)
    assert found.total == pytest.approx((found.expected + found.beyond) / DOUBT)


def test_paired_losses_tell_how_fast_the_gap_opens() -> None:
    found = staying(models(0.02, 0, 10, until=16), 6, NEWEST_5)
    pairs, apart = 6, 10
    level = 0.2 + 0.02 * (2.5 + 2.5)
    ridge = (SLOPE_WEIGHT * PRIOR_SLOPE * level + pairs * apart * 0.2) / (SLOPE_WEIGHT + pairs * apart**2)
    assert found.slope == pytest.approx(ridge)
    assert found.slope == pytest.approx(0.02, rel=0.1)
    assert found.expected == pytest.approx(ridge * 15)


def test_weather_that_both_models_meet_is_no_gap() -> None:
    calm = models(0.02, 0, 10, until=16)
    storm = {period: 0.3 * (period % 3) for period in range(16)}
    stormy = [each._replace(losses={at: loss + storm[at] for at, loss in each.losses.items()}) for each in calm]
    assert staying(stormy, 6, NEWEST_5).slope == pytest.approx(staying(calm, 6, NEWEST_5).slope, abs=0.001)


def test_what_came_of_more_rows_is_no_ageing() -> None:
    found = staying(models(0.0, 0, 8, 24, until=40, growth=0.1), 16, NEWEST_5)
    assert 0.07 < found.growth < 0.11
    assert found.slope < 0.002


def test_a_training_that_would_have_more_rows_is_missed_from_the_beginning() -> None:
    seen = models(0.0, 0, until=7)
    same, more = staying(seen, 7, NEWEST_5), staying(seen, 7, Past(-20))
    spans = 20.0 + np.arange(7)
    older = same.slope * (spans - 5) / 2
    gained = same.growth * np.log(spans / 5) - older + same.slope * np.arange(7)
    assert more.expected == pytest.approx(np.maximum(0, gained).sum())
    assert more.ahead > 0.5 * more.expected
    assert same.ahead == pytest.approx(0.0)


def test_of_several_windows_the_best_is_missed() -> None:
    seen = models(0.02, 0, 10, 20, until=26)
    one = [staying(seen, 6, Past(-40, (window,))) for window in (2.0, 5.0, None)]
    both = staying(seen, 6, Past(-40, (2.0, 5.0, None)))
    assert both.expected >= max(each.expected for each in one) - 1e-12
    assert both.expected == pytest.approx(max(each.expected for each in one), rel=0.05)


def test_a_model_that_is_no_better_than_the_one_before_has_no_gap() -> None:
    assert staying(models(-0.05, 0, 5, until=10), 5, NEWEST_5).slope == 0.0


def jumped(*losses: float, span: float = 4.0) -> Staying:
    """One model, with these losses in the periods that it served."""
    seen = Seen(0, span, dict(enumerate(losses)), tuple(range(len(losses))))
    return staying([seen], len(losses), Past(-20, (span,)))


def test_losses_beyond_a_fresh_models_are_summed_as_far_as_a_retrain_could_spare_them() -> None:
    losses = [0.2, 0.6, 0.6, 0.6]
    found = jumped(*losses)
    noise = float(np.median(np.abs(np.diff(losses)))) / 0.954
    usual = 0.2 * (1 - OPTIMISM) + ORDINARY * noise
    left, spared, since = 0.0, 0.0, 0
    for place, loss in enumerate(losses):
        over = loss - found.slope * place - usual
        left, since = left + over, since + 1
        if left <= 0:
            left, spared, since = 0.0, 0.0, 0
            continue
        spared += (AT_ONCE + (1 - AT_ONCE) * min(1, since / 4)) * over
    assert found.beyond == pytest.approx(AVOIDABLE * spared)
    assert found.beyond > 0.5
    assert found.excess == pytest.approx(left / since)
    assert found.since == since


def test_a_surprise_ends_where_losses_are_again_as_they_were() -> None:
    sharp = jumped(0.3, 0.9, *[0.05] * 10)
    assert (sharp.beyond, sharp.excess, sharp.since) == (0.0, 0.0, 0)


def test_a_model_that_does_better_than_fresh_ones_did_is_known_by_it() -> None:
    lucky = jumped(0.4, 0.3, 0.2)
    assert lucky.better == pytest.approx(0.0 + 0.1 + 0.2)
    assert jumped(0.2, 0.3, 0.4).better == 0.0


def test_a_longer_training_takes_longer_to_learn_what_changed() -> None:
    short, long = (jumped(*[0.2] * 3, *[0.6] * 4, span=span) for span in (2.0, 12.0))
    assert short.beyond > long.beyond > AT_ONCE * short.beyond


def test_noise_from_period_to_period_is_no_surprise() -> None:
    draw = np.random.default_rng(1)
    losses = draw.normal(0.3, 0.05, 80)
    cuts = [0, 20, 40, 60, 80]
    seen = [Seen(cut, 5.0, dict(enumerate(losses)), tuple(range(cut, stop))) for cut, stop in pairwise(cuts)]
    assert staying(seen, 20, NEWEST_5).beyond < 0.15


def test_later_losses_change_little_of_pairs_long_ago() -> None:
    early = models(0.02, 0, 10, until=20)
    late = models(0.02, 0, 10, until=40)
    assert staying(early, 10, NEWEST_5).slope == pytest.approx(staying(late, 30, NEWEST_5).slope, abs=0.0005)


class TestTheWindow:
    """Of the newest 2, 5 and 20 periods, and all of 40."""

    PAST = Past(-40, (2.0, 5.0, 20.0, None))

    def chosen(self, slope: float, growth: float, excess: float = 0.0, since: int = 0) -> int:
        found = Staying(0, 0, 0, slope, growth, excess, since, 0, 0.3, 1)
        return found.window(self.PAST, 0)

    def test_where_nothing_ages_all_the_past_teaches_most(self) -> None:
        assert self.chosen(0.0, 0.02) == 3

    def test_where_rows_age_fast_the_newest_teach_most(self) -> None:
        assert self.chosen(0.1, 0.02) == 0

    @pytest.mark.parametrize("best", [2.0, 5.0, 20.0])
    def test_between_them_it_is_where_both_weigh_alike(self, best: float) -> None:
        # slope w / 2 - growth ln w is least at w = 2 growth / slope
        assert self.PAST.windows[self.chosen(0.01, 0.01 * best / 2)] == best

    def test_after_a_change_it_takes_what_lies_after_it(self) -> None:
        assert [self.chosen(0.0, 0.05, 0.3, since) for since in (2, 5, 20, 40)] == [0, 1, 2, 3]

    def test_a_window_is_no_longer_than_the_past(self) -> None:
        assert Past(-3, (2.0, 5.0, None)).spans(np.array([0.0, 4.0])).tolist() == [[2, 3, 3], [2, 5, 7]]
