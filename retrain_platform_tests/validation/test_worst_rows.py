"""Which rows and queries speak against a candidate, each computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.stats.metrics import metric
from retrain_platform.validation.worst import WORST, worst_queries, worst_rows

IDS = np.array([f"row {number}" for number in range(4)], dtype=object)


def test_of_several_classes_it_is_the_chance_of_the_right_one_that_counts() -> None:
    labels = np.array([0.0, 1.0, 2.0, 1.0])
    candidate = np.array([[0.6, 0.3, 0.1], [0.5, 0.2, 0.3], [0.0, 0.2, 0.8], [0.1, 0.8, 0.1]])
    champion = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7], [0.1, 0.8, 0.1]])
    found = worst_rows(labels, candidate, champion, IDS, ("fine", "bad", "awful"))
    assert [(row.id, row.label, row.candidate, row.champion) for row in found] == [
        ("row 1", "bad", 0.2, 0.8),
        ("row 0", "fine", 0.6, 0.7),
    ]


def test_of_numbers_it_is_the_distance() -> None:
    found = worst_rows(np.array([1.0, 0, 1, 0]), np.array([0.2, 0.1, 0.9, 0.6]), np.array([0.9, 0.1, 0.8, 0.5]), IDS)
    assert [row.id for row in found] == ["row 0", "row 3"]
    assert found[0].label == 1.0


def test_of_a_ranking_it_is_the_metric_of_a_query() -> None:
    labels = np.array([2.0, 0.0, 0.0, 1.0])
    queries = np.array([7, 7, 3, 3])
    found = worst_queries(
        labels, np.array([0.1, 0.9, 0.2, 0.8]), np.array([0.9, 0.1, 0.2, 0.8]), IDS, queries, metric("ndcg@10")
    )
    (row,) = found
    assert (row.id, row.label) == ("query of row 0", 2.0)
    assert (row.candidate, row.champion) == (pytest.approx(1 / np.log2(3)), 1.0)


def test_no_more_are_kept_than_a_person_reads() -> None:
    many = np.arange(20, dtype=np.float64)
    ids = np.array([f"row {number}" for number in range(20)], dtype=object)
    assert len(worst_rows(many, many + 1, many, ids)) == WORST
    assert worst_rows(many, many, many, ids) == ()


def test_without_a_champion_it_is_the_candidates_own_loss() -> None:
    labels, scores = np.array([1.0, 0, 1, 0]), np.array([0.2, 0.1, 1.0, 0.6])
    found = worst_rows(labels, scores, None, IDS)
    assert [(row.id, row.candidate, row.champion) for row in found] == [
        ("row 0", 0.2, None),
        ("row 3", 0.6, None),
        ("row 1", 0.1, None),
    ]
    chances = np.array([[0.6, 0.4], [0.5, 0.5], [0.1, 0.9], [1.0, 0.0]])
    of_classes = worst_rows(np.array([0.0, 1, 0, 0]), chances, None, IDS, ("fine", "bad"))
    assert [(row.id, row.label, row.candidate) for row in of_classes] == [
        ("row 2", "fine", 0.1),
        ("row 1", "bad", 0.5),
        ("row 0", "fine", 0.6),
    ]


def test_without_a_champion_a_list_is_worst_that_lacks_most_of_its_best_order() -> None:
    labels, queries = np.array([2.0, 0.0, 0.0, 1.0, 0.0, 0.0]), np.array([7, 7, 3, 3, 5, 5])
    (row,) = worst_queries(labels, np.array([0.1, 0.9, 0.2, 0.8, 1, 0]), None, _six(), queries, metric("ndcg@10"))
    assert (row.id, row.candidate, row.champion) == ("query of row 0", pytest.approx(1 / np.log2(3)), None)


def _six() -> np.ndarray:
    return np.array([f"row {number}" for number in range(6)], dtype=object)
