"""What models answered and the labels beside it, as metrics take them, whatever the task and the classes each knows.

The column of a role in the table of predictions holds one number a row: the score, of several classes the chance of the
likeliest. Beside it stand then `ROLE_class`, the name of that class, and `ROLE_scores`, the chances of all, in the
order of the classes that `Scored` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.dataset.classes import among, class_names, class_places, ordered, top_class
from retrain_platform.dataset.times import as_text
from retrain_platform.spec.model import ModelSpec
from retrain_platform.training.base import Fitted

Floats = NDArray[np.float64]


class Answers(NamedTuple):
    """A model's scores, shape (rows,), or (rows, classes) in the order of `classes`, which are else empty."""

    scores: Floats
    classes: tuple[str, ...] = ()

    @property
    def missing(self) -> NDArray[np.bool_]:
        """The rows without an answer."""
        return np.asarray(np.isnan(self.scores).any(axis=tuple(range(1, self.scores.ndim))))


class Judged(NamedTuple):
    """Rows as metrics take them. The columns of all `scores` are the same classes, of which `labels` are the places.

    They are those that any of the models knows or any label has: a class that a model never saw has no chance from
    it. `queries` number the lists of ranking; None for every other task. `names` are the classes.
    """

    labels: Floats
    scores: tuple[Floats, ...]
    queries: NDArray[np.integer] | None
    names: tuple[str, ...] = ()


def asked(fitted: Fitted, frame: pd.DataFrame) -> Answers:
    """What the model answers about the rows."""
    return Answers(fitted.score(frame), fitted.report.classes)


def class_column(role: str) -> str:
    """The column of the likeliest class."""
    return f"{role}_class"


def scores_column(role: str) -> str:
    """The column of the chances of all classes."""
    return f"{role}_scores"


def as_columns(role: str, answers: Answers) -> dict[str, Any]:
    """The answers as columns of the table of predictions."""
    if not answers.classes:
        return {role: answers.scores}
    return {
        role: answers.scores.max(axis=1),
        class_column(role): top_class(answers.scores, answers.classes),
        scores_column(role): list(answers.scores),
    }


def stored(frame: pd.DataFrame, role: str, classes: Mapping[Any, Sequence[str]]) -> Answers:
    """The answers of a role as the table of predictions has them; `classes` as `Scored` has them. Unanswered: nan."""
    own = tuple(classes.get(role, ()))
    if not own:
        return Answers(frame[role].to_numpy(np.float64))
    nothing = np.full(len(own), np.nan)
    rows = [nothing if row is None else np.asarray(row, np.float64) for row in frame[scores_column(role)]]
    return Answers(np.array(rows).reshape(len(frame), len(own)), own)


def together(parts: Sequence[Answers]) -> Answers:
    """The answers of one model about several frames, one after the other."""
    return Answers(np.concatenate([each.scores for each in parts]), parts[0].classes)


def judged(spec: ModelSpec, frame: pd.DataFrame, *answers: Answers) -> Judged:
    """The rows of `frame`, which has `_label` and for ranking the query's column, and what each model answered."""
    if spec.task != "multiclass":
        scores = tuple(each.scores for each in answers)
        return Judged(frame["_label"].to_numpy(np.float64), scores, queries_of(spec, frame))
    names = ordered([*class_names(frame["_label"]), *(name for each in answers for name in each.classes)])
    wide = tuple(among(each.scores, each.classes, names) for each in answers)
    return Judged(class_places(frame["_label"], names), wide, None, names)


def columns_to_judge(spec: ModelSpec) -> list[str]:
    """What `judged`, and an interval by day, read of the events beside the label: not one of the features."""
    return [name for name in ("_event_time", spec.label.query) if name is not None]


def queries_of(spec: ModelSpec, frame: pd.DataFrame) -> NDArray[np.integer] | None:
    """Each row's list as a number from 0, by the name of its query; None where the task has none."""
    if spec.label.query is None:
        return None
    places: NDArray[np.integer] = pd.factorize(as_text(frame[spec.label.query], missing=""))[0]
    return places


def labels_of(frame: pd.DataFrame) -> NDArray[Any]:
    """The known labels as a learner takes them, in the frame's order: float64, or the names of classes."""
    labels = frame["_label"]
    numbers = pd.api.types.is_numeric_dtype(labels.dtype) or not labels.notna().any()
    return labels.to_numpy(np.float64) if numbers else labels.to_numpy(dtype=object)
