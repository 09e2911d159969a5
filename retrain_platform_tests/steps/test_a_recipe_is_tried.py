"""A recipe on a sample: the real steps, their numbers, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from retrain_platform.adapters.scratch import LAKE_READS, REGISTRY_READS, OnlyReads, ScratchLedger, ScratchValues
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.selection import Sample
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.validation.trying import CannotTry, Tried, _alone, try_recipe
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, outcome, quick_gate, rows, tiny_spec
from retrain_platform_tests.steps.tiny_tasks import classes_shop, ranking_shop

RECIPE = {**attributes()["training"], "holdout": "3d"}


def shop_of(places: Places, days: int, reader: Any = None, **changed: Any) -> Workshop:
    spec = tiny_spec(**{"training": RECIPE, "segments": [], **changed})
    ticks = count()
    return replace(places.shop(spec, reader or Rows(days)), stopwatch=lambda: float(next(ticks)))


def walked(shop: Workshop, until: str | None = None) -> Workshop:
    for _ in walk(shop, until):
        pass
    return shop


def scratch(shop: Workshop, share: float, unit: str | None = None) -> Workshop:
    """What `resources.scratch` makes of a workshop."""
    return replace(
        shop,
        lake=OnlyReads(shop.lake, LAKE_READS),
        values=ScratchValues(shop.values),
        ledger=ScratchLedger(shop.ledger),
        registry=OnlyReads(shop.registry, REGISTRY_READS),
        sample=Sample(share=share, unit=unit),
        frames={},
        loaded={},
        references={},
    )


def tried(shop: Workshop, key: str, share: float) -> Tried:
    return try_recipe(scratch(shop, share), shop.spec.period.period(key), lambda _: None)


@pytest.fixture(scope="module")
def road() -> Workshop:
    """Ten days: a first model answers, others were trained since."""
    return walked(shop_of(Places(), 10))


def test_it_works_before_anything_was_decided_and_moves_nothing() -> None:
    shop = walked(shop_of(Places(), 8, mode="observe"))
    assert not any(entry.kind == "retrained" for entry in shop.entries())
    before, kept = outcome(shop), {key: dict(value) for key, value in shop.values._kept.items()}  # type: ignore[attr-defined]

    found = tried(shop, "2024-01-07", 0.5)

    assert found.champion is None
    assert found.learner == "lightgbm"
    assert found.rounds > 0
    assert [each.gate for each in found.gates][-2:] == ["floor auc", "against_champion auc"]
    assert {each.metric for each in found.metrics} == set(shop.spec.metrics)
    for each in found.metrics:
        assert each.champion is None
        assert each.candidate.low is not None
        assert each.candidate.value is not None
        assert each.candidate.high is not None
        assert each.candidate.low < each.candidate.value < each.candidate.high
    assert set(found.features) == {"x", "shop"}
    assert found.seconds == {"dataset": 1.0, "fit": 1.0, "exam": 1.0, "all": 3.0}
    assert outcome(shop) == before
    assert {key: dict(value) for key, value in shop.values._kept.items()} == kept  # type: ignore[attr-defined]


def test_a_check_that_the_sample_fails_is_shown_and_stops_nothing(road: Workshop) -> None:
    found = tried(road, "2024-01-09", 0.2)
    assert [(each.name, each.verdict) for each in found.checks] == [("row_minimum", "failed")]
    assert found.rows["train"] > 0
    assert found.verdict in ("passed", "failed", "cannot judge")
    assert any(said == "sample: 0.2 of the rows by draws" for said in found.said)


def test_the_same_share_gives_the_same_answer_and_a_larger_one_holds_it(road: Workshop) -> None:
    one, again = (tried(road, "2024-01-09", 0.3) for _ in range(2))
    assert one == again
    small, large = ({*_rows(road, share)} for share in (0.3, 0.6))
    assert small < large
    assert len(small) / 0.3 == pytest.approx(len(large) / 0.6, rel=0.15)


def _rows(shop: Workshop, share: float) -> list[tuple[Any, ...]]:
    place = scratch(shop, share)
    try_recipe(place, shop.spec.period.period("2024-01-09"), lambda _: None)
    (made,) = [
        each
        for each in place.values.all(shop.model, "training_dataset", DatasetSnapshot).values()
        if each.selection.sample
    ]
    place.frames.clear()
    frame = rows_of(place, made)
    assert len(frame) == made.rows
    return list(frame[["_event_time", "_entity", "x"]].itertuples(index=False, name=None))


def test_the_share_of_labels_is_judged_among_the_samples_own_rows(road: Workshop) -> None:
    told: list[tuple[int, int]] = []

    def gate(frame: Any, spec: Any, *, total_rows: int, **more: Any) -> Any:
        told.append((len(frame), total_rows))
        return quick_gate(frame, spec, **more)

    tried(replace(road, gate=gate), "2024-01-09", 0.3)
    ((labelled, rows_of_any),) = told
    assert labelled <= rows_of_any <= 1.1 * labelled


def test_the_whole_is_what_a_retrain_would_be(road: Workshop) -> None:
    """At the share of 1 rows, model and exam are those of the decision that the road made there."""
    (real,) = [e for e in road.entries() if e.kind == "retrained"][-1:]
    key = real.body["period"]
    whole = tried(road, key, 1.0)
    made = road.values.get("tiny", "training_dataset", key, real.body["decision_id"], DatasetSnapshot)
    assert made is not None
    assert whole.rows == {name: part.rows for name, part in made.parts.items()}
    assert whole.verdict == real.body["verdict"]


def test_intervals_beside_a_champion_are_those_of_each_model_alone(road: Workshop) -> None:
    place = scratch(road, 0.9)
    found = try_recipe(place, road.spec.period.period("2024-01-09"), lambda _: None)
    assert found.champion is not None
    (made,) = [
        each for each in place.values.all("tiny", "training_dataset", DatasetSnapshot).values() if each.selection.sample
    ]
    alone = _alone(place, made)
    for each in found.metrics:
        assert each.champion is not None
        assert each.difference is not None
        mine, theirs = each.candidate, alone[each.metric]
        np.testing.assert_allclose(
            np.array([mine.value, mine.low, mine.high], dtype=float),
            np.array([theirs.value, theirs.low, theirs.high], dtype=float),
            rtol=1e-9,
        )


def test_what_cannot_be_trained_says_why() -> None:
    def one_class(frame: Any, period: Period) -> Any:
        return frame.assign(bad=0.0)

    shop = walked(shop_of(Places(), 8, Rows(8, one_class), mode="observe"))
    with pytest.raises(CannotTry, match=r"could not be tried on sample: 0\.5 of the rows by draws: labels == 0 in all"):
        tried(shop, "2024-01-07", 0.5)


def test_a_workshop_that_keeps_what_it_is_told_tries_nothing(road: Workshop) -> None:
    with pytest.raises(ValueError, match="only a scratch workshop tries a recipe"):
        try_recipe(road, road.spec.period.period("2024-01-09"), lambda _: None)


def test_rows_of_one_list_are_drawn_together() -> None:
    frame = rows(tiny_spec().period.at(3)).rename(columns={"at": "_event_time", "who": "_entity"})
    frame["list"] = frame["_entity"]
    chosen = Sample(share=0.4, unit="list").of(frame, 7)
    together = frame.assign(chosen=chosen).groupby("list")["chosen"].nunique()
    assert (together == 1).all()
    assert 0.2 < frame.loc[chosen, "list"].nunique() / frame["list"].nunique() < 0.6
    alone = Sample(share=0.4).of(frame, 7)
    assert (frame.assign(chosen=alone).groupby("list")["chosen"].nunique() == 2).any()


@pytest.mark.parametrize("made", [classes_shop, ranking_shop], ids=["classes", "ranking"])
def test_every_task_is_tried_beside_its_champion(made: Callable[[int], Workshop]) -> None:
    shop = walked(made(8))
    place = scratch(shop, 0.7, shop.spec.label.query)
    found = try_recipe(place, shop.spec.period.period("2024-01-08"), lambda _: None)
    assert found.champion is not None
    assert found.gates
    assert [each.metric for each in found.metrics] == list(shop.spec.metrics)
    assert all(each.candidate.value is not None and each.champion is not None for each in found.metrics)
    (sample,) = [
        each for each in place.values.all("tiny", "training_dataset", DatasetSnapshot).values() if each.selection.sample
    ]
    if shop.spec.label.query:
        whole = [len(list_) for _, list_ in rows_of(place, sample).groupby(shop.spec.label.query, observed=True)]
        assert set(whole) == {10}
        assert found.said[0] == "sample: 0.7 of the values of search, with all rows of each, by draws"
