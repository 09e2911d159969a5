"""The candidate matrix: each training once, kept by content, resumable, shared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from retrain_platform.adapters.kept_texts import KeptTexts, MemoryTexts
from retrain_platform.replay.matrix import Scorer, Strategy, build
from retrain_platform_tests.replay.pasts import ALL, GivenPast, by_age, matrix

THREE, TWO = Strategy(name="newest 3", window=3), Strategy(name="newest 2", window=2)


def place_of(first: int, last: int, period: int) -> float:
    return first + 10 * last + 100 * period


def test_each_cut_is_trained_once_and_scored_on_every_later_period() -> None:
    past = GivenPast(place_of, 5)
    made = matrix(past, THREE)
    assert past.trained == [(0, 0), (0, 1), (0, 2), (1, 3)]
    assert made.loss[0, 3, 4] == place_of(1, 3, 4)
    later = np.arange(5) > np.arange(5)[:, None]
    assert (np.isfinite(made.loss[0]) == later)[:4].all()
    assert made.judged.tolist() == [False, True, True, True, True]
    assert (made.fits, made.scored) == (4, 4 + 3 + 2 + 1)
    assert made.rows[0].tolist() == [100, 200, 300, 300, 0]


def test_strategies_that_take_the_same_rows_share_a_training() -> None:
    past = GivenPast(place_of, 5)
    made = matrix(past, ALL, THREE)
    assert sorted(past.trained) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 3)]
    assert np.array_equal(made.loss[0, :3], made.loss[1, :3], equal_nan=True)
    assert made.loss[0, 3, 4] != made.loss[1, 3, 4]


def test_what_is_kept_is_not_trained_again_and_one_more_strategy_trains_only_what_is_new() -> None:
    kept, past = MemoryTexts(), GivenPast(place_of, 5)
    first = build(past, [THREE], kept, range(4))
    past.trained.clear()
    again = build(past, [THREE], kept, range(4))
    assert (past.trained, again.fits, again.scored) == ([], 0, 0)
    assert np.array_equal(first.loss, again.loss, equal_nan=True)
    more = build(past, [THREE, TWO], kept, range(4))
    assert past.trained == [(1, 2), (2, 3)]
    assert more.fits == 2


def test_rows_or_a_recipe_that_changed_are_trained_anew_and_no_others() -> None:
    kept, digests = MemoryTexts(), list("abcde")
    build(GivenPast(place_of, 5, digests=digests), [TWO], kept, range(4))
    digests[2] = "other rows"
    changed = GivenPast(place_of, 5, digests=digests)
    build(changed, [TWO], kept, range(4))
    assert changed.trained == [(0, 0), (0, 1), (1, 2), (2, 3)], "those before are scored on the changed period"
    recipe = GivenPast(place_of, 5, digests=digests, recipe="another")
    build(recipe, [TWO], kept, range(4))
    assert len(recipe.trained) == 4


def test_a_new_period_is_scored_and_what_was_scored_before_is_kept() -> None:
    kept = MemoryTexts()
    build(GivenPast(place_of, 4), [ALL], kept, range(3))
    longer = build(GivenPast(place_of, 5), [ALL], kept, range(4))
    assert longer.scored == 4, "one a training, the new one included"
    assert longer.loss[0, 0, 1:].tolist() == [place_of(0, 0, period) for period in range(1, 5)]


class Interrupted(GivenPast):
    """Is killed at its third training."""

    def train(self, first: int, last: int) -> Scorer:
        if len(self.trained) == 2:
            raise KeyboardInterrupt
        return super().train(first, last)


def test_a_build_that_was_interrupted_goes_on_where_it_stopped() -> None:
    kept = MemoryTexts()
    with pytest.raises(KeyboardInterrupt):
        build(Interrupted(place_of, 6), [ALL], kept, range(5))
    rest = GivenPast(place_of, 6)
    made = build(rest, [ALL], kept, range(5))
    assert rest.trained == [(0, 2), (0, 3), (0, 4)]
    assert np.isfinite(made.loss[0, :5, 5]).all()


class Meeting(GivenPast):
    """Its first training waits until another process is at one, too."""

    def __init__(self, meet: Barrier) -> None:
        super().__init__(place_of, 7)
        self._meet = meet

    def train(self, first: int, last: int) -> Scorer:
        if not self.trained:
            self._meet.wait(30)
        return super().train(first, last)


def test_two_replays_at_once_share_the_trainings(tmp_path: Path) -> None:
    meet = Barrier(2)
    pasts = [Meeting(meet), Meeting(meet)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda past: build(past, [ALL], KeptTexts(tmp_path), range(6)), pasts))
    assert np.array_equal(made[0].loss, made[1].loss, equal_nan=True)
    assert sorted(pasts[0].trained + pasts[1].trained) == [(0, cut) for cut in range(6)]
    assert all(past.trained for past in pasts)


def test_trainings_beside_each_other_give_the_same_matrix() -> None:
    one = build(GivenPast(place_of, 9), [ALL, TWO], MemoryTexts(), range(8))
    four = build(GivenPast(place_of, 9), [ALL, TWO], MemoryTexts(), range(8), at_once=4)
    assert np.array_equal(one.loss, four.loss, equal_nan=True)
    assert one.fits == four.fits


def test_what_cannot_be_trained_is_told_and_not_tried_again() -> None:
    kept = MemoryTexts()
    made = build(GivenPast(place_of, 5, untrainable=[1]), [ALL], kept, range(4))
    assert made.trained[0].tolist() == [True, False, True, True, False]
    assert made.why == {(0, 1): "one class only"}
    assert made.judged.tolist() == [False, True, True, True, True], "it takes no period from the others"
    again = GivenPast(place_of, 5, untrainable=[1])
    build(again, [ALL], kept, range(4))
    assert again.trained == []


def test_an_undefined_metric_counts_for_nobody() -> None:
    past = GivenPast(lambda first, last, period: float("nan") if (last, period) == (1, 3) else 0.5, 5)
    made = matrix(past)
    assert made.judged.tolist() == [False, True, True, False, True]


def test_a_gap_is_neither_scored_nor_trained_anew() -> None:
    past = GivenPast(by_age(), 5, rows=[100, 100, 0, 100, 100])
    made = matrix(past)
    assert made.judged.tolist() == [False, True, False, True, True]
    assert len(past.trained) == made.trainings == made.fits == 3, "the cut at the gap is the one before it"
    assert made.loss[0, 2, 3] == made.loss[0, 1, 3]
    assert made.trained[0, 2]


def test_progress_counts_the_trainings() -> None:
    told: list[tuple[int, int]] = []
    build(GivenPast(by_age(), 4), [ALL], MemoryTexts(), range(3), told=lambda done, of: told.append((done, of)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_damaged_memory_is_trained_over() -> None:
    kept, past = MemoryTexts(), GivenPast(by_age(), 3)
    build(past, [ALL], kept, range(2))
    for key in list(kept._texts):
        kept.put(key, '{"rows": "none"')
    build(past, [ALL], kept, range(2))
    assert past.trained == [(0, 0), (0, 1)] * 2
