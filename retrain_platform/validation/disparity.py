"""How differently a model treats groups of rows: a rate or an error for each group, by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record, finite
from retrain_platform.stats.intervals import jackknife_error
from retrain_platform.validation.calibrating import Estimate

Floats = NDArray[np.float64]
Measure = Literal["selection_rate", "tpr", "fpr", "error_rate", "rmse", "mae"]
OF_NUMBERS: tuple[Measure, ...] = ("rmse", "mae")
"""Those of a number's predictions."""
OF_RATES: tuple[Measure, ...] = ("selection_rate", "tpr", "fpr", "error_rate")
"""Those of a binary label."""


class Ask(Record):
    """A measure by the groups of a column; a binary score of `called_from` or more calls a row positive.

    Of several classes a row is called the likeliest; the rates are of `of_class` against the rest, without one the
    error rate is the share of wrong calls.
    """

    by: str
    measure: Measure
    called_from: float = 0.5
    of_class: str | None = None

    @property
    def name(self) -> str:
        """What is asked, in a few words: the key of what was measured."""
        called = "" if self.called_from == 0.5 else f" from {self.called_from:g}"
        return f"{self.by} {self.what}{called}"

    @property
    def what(self) -> str:
        """The measure, and of which class it is."""
        return self.measure if self.of_class is None else f"{self.measure} of {self.of_class}"


class Group(Record):
    """One group: how many rows its measure rests on, and both models' values; None where too few (`why`)."""

    rows: int
    candidate: float | None = None
    champion: float | None = None
    why: str = ""


class Disparity(Record):
    """A measure by group. `told` names the groups that are large enough, `covariance` is that of the candidate's
    values there, days as the unit, in their order. `gain` and `share_gain` are how much smaller the candidate's
    disparity is than the champion's: largest less smallest value, and 1 less smallest over largest.
    """

    ask: Ask
    days: int
    groups: dict[str, Group] = {}
    told: tuple[str, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    gain: Estimate | None = None
    share_gain: Estimate | None = None
    why: str = ""


class Scored(NamedTuple):
    """Rows as both models scored them, in arrays of shape (rows,); no champion for a first model.

    Of several classes labels are places, and scores of shape (rows, classes).
    """

    labels: Floats
    candidate: Floats
    champion: Floats | None
    days: NDArray[np.integer]


class _ByDay(NamedTuple):
    """A measure's values by group, shape (groups,), and without each day, shape (days, groups)."""

    value: Floats
    without: Floats


def disparities(
    rows: Scored,
    columns: Mapping[str, NDArray[np.object_]],
    asks: Sequence[Ask],
    least: int,
    classes: Sequence[str] = (),
) -> dict[str, Disparity]:
    """What is asked, by its name; `columns` hold each column's values as texts, a group under `least` is not told.

    `classes` are those of the scores, empty where there is one score a row. The values are fairlearn's, their errors
    the delete-one-day jackknife's of the same ratios.
    """
    found = {}
    for ask in asks:
        values = columns.get(ask.by)
        why = "" if values is not None else f"no column {ask.by} in the rows of the exam"
        if classes and ask.of_class is not None and ask.of_class not in classes:
            why = f"no row has class {ask.of_class} and no model knows it: there are {', '.join(classes)}"
        if values is None or why:
            found[ask.name] = Disparity(ask=ask, days=len(np.unique(rows.days)), why=why)
            continue
        try:
            found[ask.name] = _measured(_called(rows, ask, classes) if classes else rows, values, ask, least)
        except ImportError:
            missing = "fairlearn is not installed: pip install 'retrain_platform[fairness]'"
            found[ask.name] = Disparity(ask=ask, days=len(np.unique(rows.days)), why=missing)
    return found


def _measured(rows: Scored, values: NDArray[np.object_], ask: Ask, least: int) -> Disparity:
    """`days` are those of the groups that are told: a day that small groups alone have says nothing of them."""
    names, place = np.unique(values.astype(str), return_inverse=True)
    mine = _terms(rows.labels, rows.candidate, ask)
    counts = np.bincount(place, mine[1], len(names)).astype(int)
    large = np.isfinite(counts) & (counts >= least)
    groups = {
        str(name): Group(rows=int(count), why="" if fine else f"{count} rows, must be >= {least}")
        for name, count, fine in zip(names, counts, large, strict=True)
    }
    kept = large[place]
    days = len(np.unique(rows.days[kept]))
    if large.sum() < 2 or days < 2:
        why = f"{int(large.sum())} groups of at least {least} rows on {days} days, must be 2 of 2"
        return Disparity(ask=ask, days=days, groups=groups, why=why)
    told = tuple(str(name) for name in names[large])
    only = Scored(*(None if part is None else part[kept] for part in rows))  # type: ignore[arg-type]
    code = np.searchsorted(names[large], values.astype(str)[kept])
    both = {who: _by_day(only, scores, code, len(told), ask) for who, scores in _models(only).items()}
    points = {who: _fairlearn(only.labels, scores, values[kept], ask, told) for who, scores in _models(only).items()}
    for who, point in points.items():
        for name, value in zip(told, point, strict=True):
            groups[name] = groups[name].model_copy(update={who: finite(value)})
    return Disparity(
        ask=ask, days=days, groups=groups, told=told, covariance=_covariance(both["candidate"]), **_gains(both)
    )


def _called(rows: Scored, ask: Ask, classes: Sequence[str]) -> Scored:
    """Rows of several classes as a binary label's: 1 for what is of the class, or without one for a wrong call."""
    place = None if ask.of_class is None else classes.index(ask.of_class)

    def told(scores: Floats) -> Floats:
        calls = scores.argmax(axis=1)
        found: Floats = (calls != rows.labels if place is None else calls == place).astype(np.float64)
        return found

    truth = np.zeros(len(rows.labels)) if place is None else (rows.labels == place).astype(np.float64)
    champion = None if rows.champion is None else told(rows.champion)
    return rows._replace(labels=truth, candidate=told(rows.candidate), champion=champion)


def _models(rows: Scored) -> dict[str, Floats]:
    return {"candidate": rows.candidate} | ({} if rows.champion is None else {"champion": rows.champion})


def _terms(labels: Floats, scores: Floats, ask: Ask) -> tuple[Floats, Floats]:
    """Numerator and denominator of the measure, row by row."""
    called, one = (scores >= ask.called_from).astype(np.float64), np.ones_like(labels)
    if ask.measure == "selection_rate":
        return called, one
    if ask.measure == "tpr":
        return called * labels, labels
    if ask.measure == "fpr":
        return called * (1 - labels), 1 - labels
    if ask.measure == "error_rate":
        return np.abs(called - labels), one
    return (np.abs(labels - scores), one) if ask.measure == "mae" else ((labels - scores) ** 2, one)


def _by_day(rows: Scored, scores: Floats, code: NDArray[np.intp], groups: int, ask: Ask) -> _ByDay:
    names, day = np.unique(rows.days, return_inverse=True)
    shape = (len(names), groups)
    over, under = (
        np.bincount(day * groups + code, part, len(names) * groups).reshape(shape)
        for part in _terms(rows.labels, scores, ask)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = over.sum(axis=0) / under.sum(axis=0)
        without = (over.sum(axis=0) - over) / (under.sum(axis=0) - under)
    if ask.measure == "rmse":
        return _ByDay(np.sqrt(value), np.sqrt(np.maximum(without, 0)))
    return _ByDay(value, without)


def _covariance(of: _ByDay) -> tuple[tuple[float, ...], ...]:
    days = len(of.without)
    apart = of.without - of.value
    return tuple(tuple(map(float, line)) for line in (days - 1) / days * apart.T @ apart)


def _gains(both: Mapping[str, _ByDay]) -> dict[str, Estimate]:
    """How much smaller the candidate's disparity is, in both forms."""
    if "champion" not in both:
        return {}
    found = {}
    for name, form in (("gain", _spread), ("share_gain", _share)):
        mine, theirs = both["candidate"], both["champion"]
        value = float(form(theirs.value[None])[0] - form(mine.value[None])[0])
        without = form(theirs.without) - form(mine.without)
        error = jackknife_error(value, without)
        found[name] = Estimate(value=finite(value), standard_error=finite(error), days=len(without))
    return found


def _spread(values: Floats) -> Floats:
    spread: Floats = values.max(axis=1) - values.min(axis=1)
    return spread


def _share(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = 1 - values.min(axis=1) / values.max(axis=1)
    return share


def _fairlearn(
    labels: Floats, scores: Floats, values: NDArray[np.object_], ask: Ask, told: Sequence[str]
) -> NDArray[np.float64]:
    """The measure of each told group by fairlearn's `MetricFrame`.

    Raises:
        ImportError: fairlearn is not installed.
    """
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error, zero_one_loss

    known = {
        "selection_rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "error_rate": zero_one_loss,
        "rmse": root_mean_squared_error,
        "mae": mean_absolute_error,
    }
    said = scores if ask.measure in OF_NUMBERS else (scores >= ask.called_from).astype(int)
    truth = labels if ask.measure in OF_NUMBERS else labels.astype(int)
    frame = MetricFrame(metrics=known[ask.measure], y_true=truth, y_pred=said, sensitive_features=values.astype(str))
    return np.array([frame.by_group[name] for name in told], dtype=np.float64)
