"""What walks measured is kept by what it was made of: the next process makes none of it anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.replay.cells import Cells
from retrain_platform.replay.effects import Effects
from retrain_platform.replay.ground import Ground
from retrain_platform.replay.matrix import training_key
from retrain_platform.replay.measured import Measured
from retrain_platform.replay.of_spec import SpecReplay, replay_spec, set_up
from retrain_platform.replay.remembered import Remembered
from retrain_platform.replay.ripening import Ripening
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.spec_lens import SpecLens
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.replay.trainings import Trainings
from retrain_platform_tests.replay.spec_shops import POLICY, ground_of, shop_of, stores

DRIFT = {"kind": "feature_drift", "features": ["x"], "over": 0.2}
DAYS = 11
EASILY = Effects(labels=False, release=False, gates=False, rollback=False)


def numbers(kept: MemoryTexts) -> Remembered[int]:
    return Remembered(kept, "key", TypeAdapter(int))


def made(value: int, times: list[int]) -> Callable[[], int]:
    def make() -> int:
        times.append(value)
        return value

    return make


def test_a_value_is_made_once_for_as_long_as_it_is_kept() -> None:
    kept, times = MemoryTexts(), list[int]()
    first = numbers(kept)
    assert [first.of("a", made(1, times)), first.of("a", made(2, times)), first.of("b", made(3, times))] == [1, 1, 3]
    assert numbers(kept).of("a", made(4, times)) == 4  # nothing was saved yet
    first.save()
    again = numbers(kept)
    assert [again.of("b", made(5, times)), again.of("a", made(6, times))] == [3, 1]
    assert times == [1, 3, 4]


def test_two_that_save_keep_what_both_made_and_a_damaged_line_is_made_anew() -> None:
    kept, times = MemoryTexts(), list[int]()
    mine, theirs = numbers(kept), numbers(kept)
    mine.of("a", made(1, times))
    theirs.of("b", made(2, times))
    mine.save()
    theirs.save()
    text = kept.get("key")
    assert text is not None
    kept.put("key", text.replace("a\t1", "a\tone") + "\nno line of ours")
    found = numbers(kept)
    assert [found.of("a", made(3, times)), found.of("b", made(4, times))] == [3, 2]


def test_nobody_else_saves_between_the_look_at_what_stands_and_the_text_with_what_is_new() -> None:
    class Watched(MemoryTexts):
        def get(self, key: str) -> str | None:
            with self.claimed(key, wait=False) as free:
                alone.append(not free)
            return super().get(key)

        def put(self, key: str, text: str) -> None:
            with self.claimed(key, wait=False) as free:
                alone.append(not free)
            super().put(key, text)

    kept, alone = Watched(), list[bool]()
    found = numbers(kept)
    found.of("a", made(1, []))
    alone.clear()
    found.save()
    assert alone == [True, True]


def test_the_next_process_measures_nothing_anew() -> None:
    kept, scores = stores()
    asked = SpecReplay(costs=(0.1,), effects=EASILY)
    replay_spec(ground(), asked, kept, scores)
    anew = ground()
    setting = set_up(anew, asked, kept, scores, lambda done, of: None).setting
    past = SpecPast(anew, setting.loss, Cells(kept, scores))
    first = setting.road.first
    told = Measured(past, kept).reading(training_key(past, 0, first), first + 1, True, never)
    assert told is not None
    assert told.metrics["auc"].value is not None
    trainings = Trainings(past, setting.road.matrix.strategies, 0)
    lens = SpecLens(Ripening(anew, at_once=True), trainings, Measured(past, kept))
    found = lens.drift(anew.shop.spec.policy, Retrain(first), "any", first + 1)
    assert found is not None
    assert [each.feature for each in found.features] == ["shop", "x"]
    assert "version any" in found.said
    # Without what was kept the rows would have been counted for it.
    shop = anew.shop
    assert [shop.values.newest_bytes(shop.model, "profile", each.key) for each in anew.periods] == [None] * DAYS


def ground() -> Ground:
    return ground_of(shop_of(days=DAYS, policy={"kind": "any_of", "policies": [*POLICY["policies"], DRIFT]}))


def never() -> Any:
    pytest.fail("it was to be remembered")
