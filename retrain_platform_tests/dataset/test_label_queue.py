"""Laws of the labelling queue: budget, no row twice, what is drawn, who is least sure, whose labels are few."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.labelling import Doubt, Pool, by_limit, by_margin, label_queue

SHARES = st.one_of(st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.floats(0, 1))


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    rows = draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = draw(st.sampled_from([(), ("shop",), ("shop", "carrier")]))
    segments = {name: random.choice(["a", "b", "c"], rows).astype(object) for name in names}
    labels = {name: {text: int(random.integers(0, 9)) for text in ("a", "b")} for name in names}
    scores = np.where(random.random(rows) < draw(st.sampled_from([0, 0.3, 1])), np.nan, random.random(rows).round(1))
    return Pool(rows, segments, labels, draw(st.sampled_from([None, by_limit(scores)])))


def is_blind(pool: Pool) -> bool:
    return not pool.segments and (pool.doubt is None or bool(np.isnan(pool.doubt.sureness).all()))


@settings(max_examples=300)
@given(pools(), st.integers(1, 60), SHARES, st.integers(0, 2**32 - 1))
def test_the_budget_is_used_and_never_passed_no_row_comes_twice_and_as_many_are_drawn_as_asked(
    pool: Pool, budget: int, explore: float, seed: int
) -> None:
    found = label_queue(pool, budget=budget, explore=explore, seed=seed)
    places = [choice.place for choice in found]
    assert len(set(places)) == len(places) == min(budget, pool.rows)
    assert all(0 <= place < pool.rows for place in places)
    drawn = [choice for choice in found if choice.kind == "explored"]
    asked = Fraction(1) if is_blind(pool) else Fraction(explore)
    assert len(drawn) == math.floor(asked * len(places) + Fraction(1, 2))
    assert all(choice.probability == len(drawn) / pool.rows for choice in drawn)
    assert all(choice.probability is None for choice in found if choice.kind != "explored")
    assert all(choice.reason for choice in found)
    assert found == label_queue(pool, budget=budget, explore=explore, seed=seed)


@settings(max_examples=300)
@given(pools(), st.integers(1, 60), st.integers(0, 30), SHARES, st.integers(0, 2**32 - 1))
def test_a_larger_budget_begins_with_the_rows_of_a_smaller_and_draws_those_that_it_drew(
    pool: Pool, budget: int, more: int, explore: float, seed: int
) -> None:
    small = label_queue(pool, budget=budget, explore=explore, seed=seed)
    large = label_queue(pool, budget=budget + more, explore=explore, seed=seed)
    assert [choice.place for choice in large[: len(small)]] == [choice.place for choice in small]
    drawn = [{choice.place for choice in found if choice.kind == "explored"} for found in (small, large)]
    assert drawn[0] <= drawn[1]


@settings(max_examples=200)
@given(pools(), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_what_is_chosen_by_score_is_what_the_model_is_least_sure_of(pool: Pool, budget: int, seed: int) -> None:
    found = label_queue(pool, budget=budget, explore=0.0, seed=seed)
    if pool.doubt is None:
        assert all(choice.kind != "unsure" for choice in found)
        return
    sureness, left = pool.doubt.sureness, set(range(pool.rows))
    for choice in found:
        if choice.kind == "unsure":
            assert sureness[choice.place] == np.nanmin(sureness[list(left)])
        left.remove(choice.place)
    if pool.segments and np.isfinite(sureness).sum() >= len(found):
        assert [choice.kind for choice in found] == [("unsure", "coverage")[turn % 2] for turn in range(len(found))]


@settings(max_examples=200)
@given(pools(), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_what_is_chosen_for_coverage_is_of_the_segment_with_the_fewest_labels_that_has_rows_left(
    pool: Pool, budget: int, seed: int
) -> None:
    has: Counter[tuple[str, str]] = Counter(
        {(name, text): pool.labels[name].get(text, 0) for name in pool.segments for text in ("a", "b", "c")}
    )
    left = set(range(pool.rows))
    for choice in label_queue(pool, budget=budget, explore=0.0, seed=seed):
        own = {(name, str(texts[choice.place])) for name, texts in pool.segments.items()}
        if choice.kind == "coverage" and pool.segments:
            there = {(name, str(texts[place])) for name, texts in pool.segments.items() for place in left}
            fewest = min(has[key] for key in there)
            assert min(has[key] for key in own) == fewest
            name, text = next(key for key in own if f"{key[0]} = {key[1]} " in choice.reason and has[key] == fewest)
            assert choice.reason == f"few labels: {name} = {text} has {fewest}, those asked for before it included"
        left.remove(choice.place)
        has.update(own)


def test_a_row_is_drawn_with_the_chance_that_it_is_told_and_sums_over_the_drawn_are_unbiased() -> None:
    """4000 seeds: 6 of 24 rows; each comes within 5 standard errors of 1/4, the sum of the values of theirs."""
    values = np.linspace(0, 1, 24) ** 3
    shops = np.array(["a", "b", "b", "b"] * 6, dtype=object)
    pool = Pool(24, {"shop": shops}, {}, by_limit(values))
    seeds, came, sums = 4000, np.zeros(24), []
    for seed in range(seeds):
        drawn = [c for c in label_queue(pool, budget=12, explore=0.5, seed=seed) if c.probability is not None]
        came[[choice.place for choice in drawn]] += 1
        sums.append(sum(values[choice.place] / choice.probability for choice in drawn if choice.probability))
    assert np.abs(came / seeds - 0.25).max() < 5 * math.sqrt(0.25 * 0.75 / seeds)
    assert abs(np.mean(sums) - values.sum()) < 5 * np.std(sums) / math.sqrt(seeds)


def test_a_rare_segment_gets_its_share_though_the_model_is_sure_of_it() -> None:
    shops = np.array(["rare"] * 5 + ["usual"] * 95, dtype=object)
    pool = Pool(
        100, {"shop": shops}, {"shop": {"usual": 900, "rare": 3}}, by_limit(np.where(shops == "rare", 0.99, 0.5))
    )
    found = label_queue(pool, budget=10, explore=0.0, seed=1)
    assert [shops[choice.place] for choice in found] == ["usual", "rare"] * 5
    assert found[1].reason == "few labels: shop = rare has 3, those asked for before it included"
    assert found[3].reason == "few labels: shop = rare has 4, those asked for before it included"


def test_without_a_model_all_is_coverage_and_chance_and_without_segments_all_is_chance() -> None:
    shops = np.array(["a", "b"] * 10, dtype=object)
    found = label_queue(Pool(20, {"shop": shops}, {}), budget=10, explore=0.2, seed=1)
    assert Counter(choice.kind for choice in found) == {"coverage": 8, "explored": 2}
    blind = label_queue(Pool(20, {}, {}), budget=10, explore=0.2, seed=1)
    assert {(choice.kind, choice.probability) for choice in blind} == {("explored", 0.5)}
    assert blind[0].reason == "drawn evenly at random: 10 of 20 rows"


def test_rows_without_an_answer_come_last_where_there_are_no_segments() -> None:
    found = label_queue(Pool(3, {}, {}, by_limit(np.array([np.nan, 0.9, 0.45]), 0.4)), budget=3, explore=0.0, seed=1)
    assert [choice.place for choice in found] == [2, 1, 0]
    assert [choice.reason for choice in found] == [
        "unsure: its score is 0.05 from 0.4",
        "unsure: its score is 0.5 from 0.4",
        "it has no answer of the model",
    ]


def test_the_margin_of_several_classes() -> None:
    margins = by_margin(np.array([[0.2, 0.5, 0.3], [np.nan] * 3, [0.1, 0.1, 0.8]]))
    np.testing.assert_allclose(margins.sureness, [0.2, np.nan, 0.7])
    assert margins.told.format(margins.sureness[0]) == "unsure: its two likeliest classes are 0.2 apart"
    assert np.isnan(by_margin(np.ones((2, 1))).sureness).all()


@pytest.mark.parametrize(
    ("budget", "explore", "said"),
    [
        (0, 0.2, "budget == 0, must be at least 1"),
        (5, 1.5, "explore == 1.5, must be a share from 0 to 1"),
        (5, math.nan, "explore == nan, must be a share from 0 to 1"),
    ],
)
def test_what_has_no_meaning_is_refused(budget: int, explore: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        label_queue(Pool(3, {}, {}, Doubt(np.ones(3), "{}")), budget=budget, explore=explore, seed=1)
