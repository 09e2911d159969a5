"""What a version's errors on a ripe period add up to, so that any periods can be compared without their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.error_reports import SCORE
from retrain_platform.monitoring.reading import text_places

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
TaskName = Literal["binary", "regression"]

_CELLS, _SCORES, _CATEGORIES = 8, 10, 8
"""How many ranges a number has, how many the score, how many categories have a cell of their own."""

_GRID = 201
"""Edges of the logit for the error model of a binary score, from -8 to 8: .5 is one of them."""


class Edges(Record):
    """The cells of one feature: ranges between `numbers`, or the `categories` and one for all others; missing apart."""

    numbers: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What each cell is called, in order."""
        if self.categories:
            return (*self.categories, "other", "missing")
        ends = [f"{edge:.6g}" for edge in self.numbers]
        if not ends:
            return ("all", "missing")
        between = [f"{low} to {high}" for low, high in pairwise(ends)]
        return (f"under {ends[0]}", *between, f"{ends[-1]} or more", "missing")


class Cells(Record):
    """Where a version's features are cut, fixed by the first ripe period that it scored. `centre` is of its scores."""

    version: str
    task: TaskName
    centre: float
    features: dict[str, Edges]


class ErrorSums(Record):
    """Sums over a period's labelled rows, by local day and by cell.

    `days` are days since 1970. `lines` holds for each day what `day_blocks.correction` takes, `losses` the sum of
    the losses. `rows` and `residuals` hold for each feature one line a day, one number a cell.
    `scored` is one line a bin of the error model: rows, the sum of scores, and of labels (binary)
    or of absolute and of squared errors (regression).
    """

    period: str
    version: str
    as_of: datetime
    days: tuple[int, ...]
    lines: tuple[tuple[float, ...], ...]
    losses: tuple[float, ...]
    rows: dict[str, tuple[tuple[float, ...], ...]] = {}
    residuals: dict[str, tuple[tuple[float, ...], ...]] = {}
    scored: tuple[tuple[float, ...], ...] = ()


class Errors(NamedTuple):
    """Labelled rows, in arrays of one length; `days` are days since 1970."""

    labels: Floats
    scores: Floats
    days: Ints


def cut(frame: pd.DataFrame, scores: Floats, features: Sequence[str], *, version: str, task: TaskName) -> Cells:
    """The cells of a version from the rows of its first ripe period: eighths of a number, tenths of the score.

    `features` that the frame lacks are left out.
    """
    found = {SCORE: Edges(numbers=_quantiles(scores, _SCORES))}
    found |= {name: _edges(frame[name]) for name in features if name in frame.columns}
    finite = scores[np.isfinite(scores)]
    centre = float(_line_of(finite, task).mean()) if len(finite) else 0.0
    return Cells(version=version, task=task, centre=centre, features=found)


def _edges(column: pd.Series[Any]) -> Edges:
    import pandas as pd

    types = pd.api.types
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        return Edges(numbers=_quantiles(column.to_numpy(dtype=np.float64, na_value=np.nan), _CELLS))
    places, texts = text_places(column)
    counts = np.bincount(places[places >= 0], minlength=len(texts))
    most = sorted(range(len(texts)), key=lambda place: (-counts[place], texts[place]))[:_CATEGORIES]
    return Edges(categories=tuple(texts[place] for place in most))


def _quantiles(values: Floats, cells: int) -> tuple[float, ...]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ()
    edges = np.unique(np.quantile(finite, np.arange(1, cells) / cells, method="closest_observation"))
    return tuple(float(edge) for edge in edges if edge > finite.min())


def add_up(frame: pd.DataFrame | None, errors: Errors, cells: Cells, *, period: str, as_of: datetime) -> ErrorSums:
    """The sums of a period; of the features' cells too where `frame` holds the same rows.

    Rows whose label or score is not finite do not count.
    """
    sound = np.isfinite(errors.labels) & np.isfinite(errors.scores)
    labels, scores = errors.labels[sound], errors.scores[sound]
    names, day = np.unique(errors.days[sound], return_inverse=True)
    residuals, days = labels - scores, len(names)
    line, weight = _line_of(scores, cells.task) - cells.centre, _weight_of(scores, cells.task)
    terms = (np.ones_like(line), weight, residuals, weight * line, residuals * line, weight * line**2)
    lines = np.stack([_summed(day, term, days) for term in terms], axis=1)
    parts = {
        name: _by_cell(_cell_of(name, edges, frame, scores, sound), len(edges.labels), day, days, residuals)
        for name, edges in cells.features.items()
        if name == SCORE or (frame is not None and name in frame.columns)
    }
    return ErrorSums(
        period=period,
        version=cells.version,
        as_of=as_of,
        days=tuple(names.tolist()),
        lines=_nested(lines),
        losses=tuple(_summed(day, losses(labels, scores, cells.task), days).tolist()),
        rows={name: _nested(counted) for name, (counted, _) in parts.items()},
        residuals={name: _nested(total) for name, (_, total) in parts.items()},
        scored=_nested(_scored(labels, scores, cells)),
    )


def losses(labels: Floats, scores: Floats, task: TaskName) -> Floats:
    """Each row's log loss in nats, or squared error."""
    if task == "regression":
        return (labels - scores) ** 2
    chance = np.clip(scores, 1e-6, 1 - 1e-6)
    return -np.log(np.where(labels == 1, chance, 1 - chance))


def _line_of(scores: Floats, task: TaskName) -> Floats:
    if task == "regression":
        return scores
    chance = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.log(chance) - np.log1p(-chance)


def _weight_of(scores: Floats, task: TaskName) -> Floats:
    if task == "regression":
        return np.ones_like(scores)
    chance = np.clip(scores, 1e-6, 1 - 1e-6)
    return chance * (1 - chance)


def _cell_of(
    name: str, edges: Edges, frame: pd.DataFrame | None, scores: Floats, sound: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Each sound row's cell; the last one is for the missing."""
    if name == SCORE or frame is None:
        return np.searchsorted(np.array(edges.numbers), scores, side="right")
    last = len(edges.labels) - 1
    if edges.categories:
        places, texts = text_places(frame[name])
        known = {text: place for place, text in enumerate(edges.categories)}
        codes = np.array([*(known.get(text, last - 1) for text in texts), last])
        return codes[places][sound]
    return _ranges(frame[name], edges.numbers, last)[sound]


def _ranges(column: pd.Series[Any], edges: tuple[float, ...], last: int) -> NDArray[np.intp]:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(numbers), last, np.searchsorted(np.array(edges), numbers, side="right"))


def _by_cell(
    cell: NDArray[np.intp], cells: int, day: NDArray[np.intp], days: int, residuals: Floats
) -> tuple[Floats, Floats]:
    """Rows and residuals, each of shape (days, cells)."""
    place, size, shape = day * cells + cell, days * cells, (days, cells)
    rows = np.bincount(place, minlength=size).astype(np.float64)
    return rows.reshape(shape), _summed(place, residuals, size).reshape(shape)


def _summed(place: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """The sum of `values` at each place; floats also of no rows."""
    return np.bincount(place, values, size).astype(np.float64)


def score_bins(scores: Floats, cells: Cells) -> tuple[NDArray[np.intp], int]:
    """Each score's bin of the error model, and how many bins there are."""
    if cells.task == "binary":
        return np.searchsorted(np.linspace(-8, 8, _GRID), _line_of(scores, "binary"), side="right"), _GRID + 1
    edges = np.array(cells.features[SCORE].numbers)
    return np.searchsorted(edges, scores, side="right"), len(edges) + 1


def _scored(labels: Floats, scores: Floats, cells: Cells) -> Floats:
    bins, count = score_bins(scores, cells)
    wrong = np.abs(labels - scores)
    terms = (labels,) if cells.task == "binary" else (wrong, wrong**2)
    return np.stack([_summed(bins, term, count) for term in (np.ones_like(scores), scores, *terms)], axis=1)


def _nested(values: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(line) for line in values.tolist())


def by_day(periods: Sequence[ErrorSums]) -> tuple[NDArray[np.int64], Floats]:
    """The days of several periods, each once, shape (d,), and their `lines` added up, (d, 6)."""
    days = np.concatenate([np.array(each.days, dtype=np.int64) for each in periods])
    names, place = np.unique(days, return_inverse=True)
    return names, stacked(place, len(names), [np.array(each.lines).reshape(-1, 6) for each in periods])


def stacked(place: NDArray[np.intp], days: int, parts: Sequence[Floats]) -> Floats:
    """Lines by day of several periods, added up where they are of the same day."""
    lines = np.concatenate(parts)
    total = np.zeros((days, *lines.shape[1:]))
    np.add.at(total, place, lines)
    return total
