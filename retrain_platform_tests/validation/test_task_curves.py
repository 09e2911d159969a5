"""What the plots of several classes and of a ranking are drawn from, held against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, ndcg_score, roc_auc_score

from retrain_platform.stats.metrics import metric
from retrain_platform.validation.conformance import made_up
from retrain_platform.validation.curves import ModelCurves
from retrain_platform.validation.task_curves import SHOWN_CLASSES, class_curves, list_curves

ROWS = 4000


def graded(count: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Labels of `count` classes, the later the rarer, and chances that follow them."""
    random = np.random.default_rng(3)
    shares = 1 / np.arange(1, count + 1)
    labels = random.choice(count, ROWS, p=shares / shares.sum())
    far = np.exp(random.normal(size=(ROWS, count)) + 1.5 * (labels[:, None] == np.arange(count)))
    return labels.astype(float), far / far.sum(axis=1, keepdims=True), tuple(f"c{place}" for place in range(count))


def area(roc: tuple[tuple[float, float], ...]) -> float:
    found = np.array(roc)
    return float(np.trapezoid(found[:, 1], found[:, 0]))


def test_calls_are_counted_by_class_and_each_has_its_roc_against_the_rest() -> None:
    labels, scores, names = graded(3)
    found = class_curves(labels, scores, names)
    assert found.classes == names
    np.testing.assert_array_equal(found.confusion, confusion_matrix(labels, scores.argmax(axis=1)))
    for place, roc in enumerate(found.rocs):
        assert area(roc) == pytest.approx(roc_auc_score(labels == place, scores[:, place]), abs=0.003)


def test_rare_classes_are_pooled_and_no_row_is_lost() -> None:
    labels, scores, names = graded(9)
    found = class_curves(labels, scores, names)
    assert found.classes == (*names[:SHOWN_CLASSES], "other")
    assert len(found.rocs) == SHOWN_CLASSES
    pooled = confusion_matrix(np.minimum(labels, SHOWN_CLASSES), np.minimum(scores.argmax(axis=1), SHOWN_CLASSES))
    np.testing.assert_array_equal(found.confusion, pooled)
    assert class_curves(labels, scores, ("other", *names[1:])).classes[-1] == "other (pooled)"


def test_both_models_show_the_same_classes_and_rows_without_a_chance_do_not_count() -> None:
    labels, scores, names = graded(9)
    spoiled = scores.copy()
    spoiled[labels == 0] = np.nan
    found = class_curves(labels, spoiled, names)
    assert found.classes == class_curves(labels, scores, names).classes
    assert sum(map(sum, found.confusion)) == int((labels != 0).sum())
    assert found.rocs[0] == ()  # of its first class no row is left
    assert class_curves(labels, np.full_like(scores, np.nan), names) == ModelCurves()


def test_a_ranking_shows_its_metric_by_the_size_of_its_lists() -> None:
    random = np.random.default_rng(4)
    sizes = random.choice([1, 2, 3, 4, 5, 8, 9], 300)
    queries = np.repeat(np.arange(300), sizes)
    labels = random.integers(0, 3, len(queries)).astype(float)
    scores = labels + random.normal(size=len(queries))
    found = list_curves(labels, scores, queries, metric("ndcg@10"))
    assert (found.metric, [(each.least, each.most) for each in found.lists]) == (
        "ndcg@10",
        [(1, 1), (2, 2), (3, 4), (5, 8), (9, 9)],
    )
    parts = [(labels[queries == one], scores[queries == one]) for one in range(300)]
    for each in found.lists[1:]:  # scikit-learn refuses lists of one row
        of_size = [part for part in parts if each.least <= len(part[0]) <= each.most and part[0].max() > 0]
        assert each.lists == len(of_size)
        assert each.value == pytest.approx(np.mean([ndcg_score([one], [two], k=10) for one, two in of_size]), abs=1e-6)


def test_a_list_with_a_score_that_is_no_number_does_not_count() -> None:
    labels, queries = np.array([1.0, 0, 2, 0, 0, 0]), np.array([7, 7, 3, 3, 5, 5])
    scores = np.array([0.5, 0.1, np.nan, 0.2, 0.3, 0.1])
    (only,) = list_curves(labels, scores, queries, metric("mrr")).lists
    assert (only.least, only.lists, only.value) == (2, 1, 1.0)
    assert list_curves(labels, np.full(6, np.nan), queries, metric("mrr")) == ModelCurves()


def test_an_exam_of_every_task_has_them() -> None:
    of_classes, of_lists = (made_up(task)["an equal model"].curves for task in ("multiclass", "ranking"))
    assert set(of_classes) == set(of_lists) == {"candidate", "champion"}
    assert of_classes["champion"].classes == ("low", "usual", "high")
    assert of_lists["champion"].metric == "ndcg@10"
