"""Which rows to label next, on a road whose source has labels for some of its rows alone."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.period import Period
from retrain_platform.replay.walk import walk, watch
from retrain_platform.steps.dataset.labelling import (
    Asked,
    AskedRow,
    LabelQueue,
    NothingToLabel,
    queue_of,
    remember,
    source_rows,
)
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, outcome, rows, tiny_spec
from retrain_platform_tests.steps.tiny_tasks import classes_shop, graded, ranking_shop, searched

DAYS = 8
SPEC = tiny_spec()


def unlabelled(frame: pd.DataFrame) -> np.ndarray:
    """Every fifth row, and half of the southern ones: the segment with few labels."""
    number = np.arange(len(frame))
    return (number % 5 == 0) | ((frame["shop"] == "south").to_numpy() & (number % 2 == 0))


def some(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    return frame.assign(bad=frame["bad"].where(~unlabelled(frame)))


def walked(shop: Workshop) -> Workshop:
    for _ in walk(shop):
        pass
    return shop


@pytest.fixture(scope="module")
def places() -> Places:
    made = Places()
    walked(made.shop(SPEC, Rows(DAYS, some)))
    return made


@pytest.fixture
def shop(places: Places) -> Workshop:
    return places.copy().shop(SPEC, Rows(DAYS, some))


def places_of(queue: LabelQueue) -> list[tuple[str, str, int]]:
    return [(f"{row.event_time}", row.entity, row.nth) for row in queue.rows]


def test_rows_without_a_label_are_asked_for_each_by_its_reason(shop: Workshop) -> None:
    queue = queue_of(shop, budget=50, explore=0.2)
    every = pd.concat(rows(period)[unlabelled(rows(period))] for period in _periods())
    due = every["at"] + pd.Timedelta("12h") <= pd.Timestamp(SPEC.period.at(DAYS).start)
    assert (queue.pool, queue.earlier, queue.explored) == (due.sum(), 0, 10)
    assert queue.notes[0] == f"{(~due).sum()} rows are younger than label.delay == 12h: theirs may still come"
    assert all(row.event_time.isoformat() < f"{SPEC.period.at(DAYS - 1).key}T12" for row in queue.rows)
    assert len(set(places_of(queue))) == len(queue.rows) == 50
    assert {row.kind for row in queue.rows} == {"unsure", "coverage", "explored"}
    assert source_rows(shop, queue)["bad"].isna().all()
    assert {row.segments["shop"] for row in queue.rows if row.kind == "coverage"} == {"south"}
    labels = sum(int((~unlabelled(day) & (day["shop"] == "south")).sum()) for day in map(rows, _periods()))
    assert labels <= min(map(labels_told, queue.rows)) <= labels + 1  # the first turn may have been of the south, too
    assert {row.probability for row in queue.rows if row.kind == "explored"} == {10 / queue.pool}


def labels_told(row: AskedRow) -> float:
    """How many labels the row's segment was told to have; infinite where that is not its reason."""
    found = re.match(r"few labels: shop = \w+ has ([\d,]+),", row.reason)
    return float(found[1].replace(",", "")) if found else np.inf


def _periods() -> list[Period]:
    return [SPEC.period.at(day) for day in range(DAYS)]


def test_the_scores_are_those_of_todays_champion_and_the_least_sure_are_nearest_to_the_limit(shop: Workshop) -> None:
    queue, other = (queue_of(shop, budget=40, explore=0.0, limit=limit) for limit in (0.5, 0.9))
    scores = pd.concat(shop.lake.read(shop.predictions, [p.key]) for p in _periods() if _champion_of(shop, p))
    known = {(str(row["_event_time"]), row["_entity"]): row["champion"] for _, row in scores.iterrows()}
    answered = [row for row in queue.rows if row.score is not None]
    assert {row.score == known[str(pd.Timestamp(row.event_time)), row.entity] for row in answered} == {True}
    nearest = [
        max(abs(row.score - limit) for row in each.rows if row.kind == "unsure" and row.score is not None)
        for each, limit in ((queue, 0.5), (other, 0.9))
    ]
    assert nearest[0] < 0.1
    assert all(abs((row.score or 0) - 0.9) <= nearest[1] for row in other.rows if row.kind == "unsure")
    assert "rows have no answer of version" in queue.notes[1]  # those before its shadow


def _champion_of(shop: Workshop, period: Period) -> bool:
    scored = shop.values.newest(shop.model, "predictions", period.key, Scored)
    return scored is not None and scored.versions.get("champion") == shop.state().champion


def test_a_champion_that_was_the_shadow_is_asked_for_what_it_answered_then(shop: Workshop) -> None:
    key, champion = SPEC.period.at(DAYS - 2).key, str(shop.state().champion)
    table = shop.lake.read(shop.predictions, [key])
    shop.lake.replace(shop.predictions, key, table.assign(champion=0.5, shadow=0.875))
    versions = {"champion": "77", "shadow": champion}
    scored = shop.values.newest(shop.model, "predictions", key, Scored)
    assert scored is not None
    shop.values.put(shop.model, "predictions", key, "then", scored.model_copy(update={"versions": versions}))
    then = [row for row in queue_of(shop, budget=2000, explore=0.0).rows if row.period == key]
    assert {row.score for row in then} == {0.875}


def test_rows_alike_in_time_and_entity_are_asked_for_one_by_one() -> None:
    def alike(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        return some(frame.assign(at=frame["at"].dt.floor("6h"), who="u1"), period)

    shop = walked(Places().shop(SPEC, Rows(2, alike)))
    first = queue_of(shop, budget=20, explore=0.5)
    remember(shop, first)
    second = queue_of(shop, budget=2000, explore=0.0)
    assert (len(second.rows), second.earlier) == (first.pool - 20, 20)
    asked = pd.concat([source_rows(shop, first), source_rows(shop, second)])
    assert asked["x"].is_unique
    assert asked["bad"].isna().all()


def test_rows_that_were_made_in_another_way_are_left_out() -> None:
    places = Places()
    walked(places.shop(tiny_spec(versions={"encoder": "1"}), Rows(2, some)))
    shop = walked(places.shop(tiny_spec(versions={"encoder": "2"}), Rows(3, some)))
    queue = queue_of(shop, budget=2000, explore=0.2)
    assert {row.period for row in queue.rows} == {"2024-01-03"}
    assert queue.notes[0] == "left out: 2 earlier periods, whose rows were made in another way"


def test_asking_changes_nothing_and_remembering_keeps_what_was_asked_alone(shop: Workshop) -> None:
    before = outcome(shop)
    remember(shop, queue_of(shop, budget=30, explore=0.2))
    assert outcome(shop) == before


def test_the_next_queue_asks_for_others_and_again_asks_for_the_same(shop: Workshop) -> None:
    first = queue_of(shop, budget=30, explore=0.2)
    remember(shop, first)
    second = queue_of(shop, budget=30, explore=0.2)
    assert not set(places_of(first)) & set(places_of(second))
    assert (second.earlier, second.pool) == (30, first.pool - 30)
    assert second.seed != first.seed
    south = sum(row.segments["shop"] == "south" for row in first.rows)
    assert min(map(labels_told, second.rows)) >= min(map(labels_told, first.rows)) + south
    remember(shop, second)
    assert queue_of(shop, budget=30, explore=0.2, again=True).rows == first.rows
    kept = shop.values.all(shop.model, "label_queue", Asked)
    assert {row.queue for each in kept.values() for row in each.rows} == {first.id, second.id}
    assert sum(len(each.rows) for each in kept.values()) == 60
    remember(shop, second)
    assert shop.values.all(shop.model, "label_queue", Asked) == kept


def test_when_all_were_asked_for_nothing_is_left(shop: Workshop) -> None:
    remember(shop, queue_of(shop, budget=10_000, explore=0.0))
    with pytest.raises(NothingToLabel, match=r"rows that lack a label were asked for already; --again asks"):
        queue_of(shop, budget=5, explore=0.2)


def test_a_label_comes_back_by_the_source(places: Places, shop: Workshop) -> None:
    queue = queue_of(shop, budget=20, explore=0.2)
    remember(shop, queue)
    told = {(row.event_time.isoformat(), row.entity) for row in queue.rows}
    named = next(note for note in queue.notes if "not read again by themselves" in note)
    assert queue.rows[0].period in named
    stores = places.copy()
    filled = stores.shop(SPEC, Rows(DAYS, lambda frame, period: filled_in(frame, told)))
    for key in {row.period for row in queue.rows}:
        watch(filled, SPEC.period.period(key))
    assert queue_of(filled, budget=20, explore=0.2).pool == queue.pool - 20
    assert source_rows(filled, queue)["bad"].notna().all()


def filled_in(frame: pd.DataFrame, told: Collection[tuple[str, str]]) -> pd.DataFrame:
    asked = [(at.isoformat(), who) in told for at, who in zip(frame["at"], frame["who"], strict=True)]
    return frame.assign(bad=frame["bad"].where(~unlabelled(frame) | asked))


def test_without_a_champion_coverage_and_chance_choose() -> None:
    queue = queue_of(walked(Places().shop(SPEC, Rows(2, some))), budget=20, explore=0.25)
    assert queue.champion is None
    assert {row.kind for row in queue.rows} == {"coverage", "explored"}
    assert {row.score for row in queue.rows} == {None}
    assert "no champion yet" in queue.notes[1]


def test_of_several_classes_the_two_likeliest_are_near_each_other() -> None:
    shop = walked(classes_shop(DAYS, some_graded))
    queue = queue_of(shop, budget=20, explore=0.0)
    unsure = [row for row in queue.rows if row.kind == "unsure"]
    assert unsure
    assert all("two likeliest classes" in row.reason for row in unsure)
    assert {row.answer for row in unsure} <= {"fine", "bad", "awful"}


def some_graded(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    made = graded(frame, period)
    return made.assign(grade=made["grade"].where(np.arange(len(made)) % 25 > 0))


def some_searched(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Some rows have no relevance, others no search: of those no label could be read."""
    made, number = searched(frame, period), np.arange(len(frame))
    return made.assign(relevance=made["relevance"].where(number % 25 > 0), search=made["search"].where(number % 30 > 0))


def _due_of_the_last_day() -> int:
    made = some_searched(rows(SPEC.period.at(DAYS - 1)), SPEC.period.at(DAYS - 1))
    lacks = made["relevance"].isna() & made["search"].notna() & (made["at"].dt.hour < 12)
    return int(lacks.sum())


def test_a_ranking_has_no_decision_and_rows_without_a_query_are_not_asked_for() -> None:
    shop = walked(ranking_shop(DAYS, some_searched))
    queue = queue_of(shop, budget=100, explore=0.2)
    assert queue.champion is not None
    assert queue.notes[1] == "ranking: no score is near a decision, so no row is chosen by one"
    assert queue.pool == 10 * (DAYS - 1) + _due_of_the_last_day()
    assert {row.kind for row in queue.rows} == {"coverage", "explored"}
    assert source_rows(shop, queue)["search"].notna().all()


def test_a_broken_period_is_left_out_and_where_all_labels_are_there_nothing_is_asked() -> None:
    texts = Rows(2, lambda frame, period: frame.assign(bad="?") if period.key == "2024-01-02" else frame)
    with pytest.raises(
        NothingToLabel, match=r"no label that is due is missing among the 300 rows .*; left out: 1 broken"
    ):
        queue_of(walked(Places().shop(SPEC, texts)), budget=5, explore=0.2)
    with pytest.raises(NothingToLabel, match="no period was watched yet"):
        queue_of(Places().shop(SPEC, Rows(2)), budget=5, explore=0.2)
