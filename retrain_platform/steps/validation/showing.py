"""Predictions of the exam for a person to look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrain_platform.dataset.classes import top_class
from retrain_platform.dataset.texts import value_text
from retrain_platform.steps.answers import Answers, queries_of
from retrain_platform.steps.known import ids_of
from retrain_platform.steps.training.stored_requests import even_places, plain
from retrain_platform.steps.validation.scene import Scene
from retrain_platform.validation.suites import Shown

_VALUES = 6
"""How many of a row's features are shown: the most important ones."""
_OF_A_LIST = 3
"""How many of a list's first rows are shown."""


def shown(scene: Scene, count: int) -> tuple[Shown, ...]:
    """So many rows of the exam, evenly from the lowest score to the highest, of several classes by the likeliest's.

    Of a ranking the rows that the candidate puts first, of lists evenly over the exam. None where it cannot be asked.
    """
    mine, theirs = scene.mine, scene.theirs
    if len(mine.scores) != len(scene.rows) or not len(scene.rows):
        return ()
    ids, labels = _ids(scene), scene.rows["_label"].to_numpy(dtype=object)
    whole = theirs is not None and len(theirs.scores) == len(scene.rows)
    candidate, champion = _said(mine.answers), _said(theirs.answers) if theirs is not None and whole else None
    return tuple(
        Shown(
            id=str(ids[place]),
            label=plain(labels[place]),
            candidate=candidate[place],
            champion=None if champion is None else champion[place],
            values=_values(scene, int(place)),
        )
        for place in _places(scene, mine.answers, count)
    )


def _places(scene: Scene, answers: Answers, count: int) -> np.ndarray:
    queries = queries_of(scene.shop.spec, scene.rows)
    if queries is not None:
        return _firsts(answers.scores, queries, count)
    order = np.argsort(answers.scores.max(axis=1) if answers.classes else answers.scores, kind="stable")
    found: np.ndarray = order[even_places(len(order), count)]
    return found


def _firsts(scores: np.ndarray, queries: np.ndarray, count: int) -> np.ndarray:
    """The first rows of some lists, list by list, each in the order that the scores give it."""
    chosen = even_places(int(queries.max()) + 1, -(-count // _OF_A_LIST))
    order = np.lexsort((-scores, queries))
    firsts = [order[queries[order] == one][:_OF_A_LIST] for one in chosen]
    found: np.ndarray = np.concatenate(firsts)[:count]
    return found


def _ids(scene: Scene) -> np.ndarray:
    """How a person finds each row again, of a ranking with its list."""
    ids, query = ids_of(scene.rows), scene.shop.spec.label.query
    if query is None:
        return ids
    lists = [value_text(value) for value in scene.rows[query]]
    return np.array([f"{row}, {query} {of}" for row, of in zip(ids, lists, strict=True)], dtype=object)


def _said(answers: Answers) -> list[float | str]:
    """Each row's answer: the score, of several classes the likeliest and its chance."""
    if not answers.classes:
        return [float(score) if np.isfinite(score) else str(score) for score in answers.scores]
    called = top_class(answers.scores, answers.classes)
    told = zip(called, answers.scores.max(axis=1), strict=True)
    return ["no class: a chance is no number" if name is None else f"{name} {chance:.4f}" for name, chance in told]


def _values(scene: Scene, place: int) -> dict[str, str]:
    importance = scene.candidate.report.importance
    names = sorted(scene.features, key=lambda name: (-importance.get(name, 0.0), name))[:_VALUES]
    row = scene.rows.iloc[place]
    return {name: _short(plain(row[name])) for name in names}


def _short(value: Any) -> str:
    """A value as a person reads it: a fraction in four digits, everything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) and not value.is_integer() else str(value)
