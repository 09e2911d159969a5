"""Ranking metrics against scikit-learn, and with ties against every order of the tied rows."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from retrain_platform.stats.ranking import average_precision, ndcg, recall, reciprocal_rank

QUERIES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=6)
"""A query's rows: label and score, with many ties."""


def one(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, scores = np.array(rows, dtype=float).T
    return labels, scores, np.zeros(len(rows), dtype=int)


def many(queries: int, size: int, seed: int, tied: bool):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 4, (queries, size)).astype(float)
    scores = draw.integers(0, 4, (queries, size)).astype(float) if tied else draw.random((queries, size))
    return labels, scores


def flat(labels: np.ndarray, scores: np.ndarray):
    """The queries' rows, shuffled."""
    order = np.random.default_rng(0).permutation(labels.size)
    return labels.ravel()[order], scores.ravel()[order], np.repeat(np.arange(len(labels)), labels.shape[1])[order]


@pytest.mark.parametrize("k", [1, 3, 10, 50])
@pytest.mark.parametrize("tied", [False, True])
def test_ndcg_is_scikit_learns(k: int, tied: bool):
    labels, scores = many(30, 12, seed=1, tied=tied)
    expected = [reference.ndcg_score(y[None], s[None], k=k) for y, s in zip(labels, scores, strict=True)]
    assert ndcg(*flat(labels, scores), k) == pytest.approx(expected)


def test_the_others_are_scikit_learns_where_it_has_them():
    labels, scores = many(30, 12, seed=2, tied=False)
    relevant = (labels > 0).astype(int)
    expected = [reference.average_precision_score(y, s) for y, s in zip(relevant, scores, strict=True)]
    assert average_precision(*flat(labels, scores), 12) == pytest.approx(expected)
    ends = np.eye(12)[labels.argmax(axis=1)]  # one relevant row a query: then the two are the same
    expected = [
        reference.label_ranking_average_precision_score(y[None], s[None]) for y, s in zip(ends, scores, strict=True)
    ]
    assert reciprocal_rank(*flat(ends, scores)) == pytest.approx(expected)
    hits = [reference.recall_score(y, s >= np.sort(s)[-4]) for y, s in zip(relevant, scores, strict=True)]
    assert recall(*flat(labels, scores), 4) == pytest.approx(hits)


def in_order(labels: np.ndarray, name: str, k: int) -> float:
    """The metric of rows that are ranked as they stand, by its definition."""
    relevant = labels > 0
    ranks = np.arange(1, len(labels) + 1)
    if name == "ndcg":
        gains = (labels / np.log2(1 + ranks))[:k].sum()
        return gains / (np.sort(labels)[::-1] / np.log2(1 + ranks))[:k].sum()
    if name == "recall":
        return relevant[:k].sum() / relevant.sum()
    if name == "mrr":
        return 1 / ranks[relevant][0]
    return (np.cumsum(relevant) / ranks * relevant)[:k].sum() / min(relevant.sum(), k)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", ["ndcg", "recall", "mrr", "map"])
@settings(max_examples=40)
@given(rows=QUERIES)
def test_a_tie_is_the_mean_over_every_order(name: str, k: int, rows: list[tuple[int, int]]):
    labels, scores, query = one(rows)
    measures = {"ndcg": ndcg, "recall": recall, "map": average_precision}
    found = reciprocal_rank(labels, scores, query) if name == "mrr" else measures[name](labels, scores, query, k)
    if not labels.any():
        assert np.isnan(found).tolist() == [True]
        return
    orders = [np.array(order) for order in permutations(range(len(rows)))]
    sorted_ones = [order for order in orders if (np.diff(scores[order]) <= 0).all()]
    assert found.tolist() == [pytest.approx(np.mean([in_order(labels[order], name, k) for order in sorted_ones]))]


def test_a_constant_score_earns_what_chance_does():
    labels = np.repeat([1.0, 0.0], [3, 97])
    query = np.zeros(100, dtype=int)
    assert recall(labels, np.zeros(100), query, 10).tolist() == [pytest.approx(0.1)]
    draw = np.random.default_rng(0)
    by_chance = [reciprocal_rank(labels, draw.random(100), query)[0] for _ in range(4000)]
    assert reciprocal_rank(labels, np.zeros(100), query)[0] == pytest.approx(np.mean(by_chance), abs=0.01)
