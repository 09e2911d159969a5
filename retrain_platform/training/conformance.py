"""What every learner promises, asked of one: for the tests of the family and for a user's own function alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from retrain_platform.dataset.classes import class_names, class_places
from retrain_platform.training.base import Fitted, Learner, MissingColumns, Rows, Task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_LEAST = 0.3
"""The rank correlation with the truth that whatever learns at all reaches on rows as plain as these."""


class Seen(NamedTuple):
    """Rows to learn from, later ones and their labels. `plain`: whoever learns at all gets them right."""

    train: Rows
    later: pd.DataFrame
    truth: NDArray[Any]
    plain: bool = False


def unmet(learner: Learner, task: Task, seen: Seen | None = None) -> list[str]:
    """What the learner does not keep, a sentence each; empty where it keeps all.

    It learns from made-up rows (numbers and texts with missing values; `seen` gives others), is asked again, saved
    and loaded.
    """
    known = made_up(task) if seen is None else seen
    try:
        fitted = learner.fit(_copied(known.train))
    except Exception as error:
        count, width = known.train.frame.shape
        return [f"must fit {count} rows of {width} columns: {_told(error)}"]
    found: list[str] = []
    for ask in _ASKED:
        try:
            found += ask(learner, fitted, known)
        except Exception as error:
            asked = str(ask.__doc__).rstrip(".")
            found.append(f"{asked[0].lower()}{asked[1:]}, but: {_told(error)}")
    return list(dict.fromkeys(found))


def made_up(task: Task) -> Seen:
    """600 rows to learn from and 300 later ones; the label follows a number and a text."""
    train, later = _frame(600, 1), _frame(300, 2)
    queries = np.arange(len(train)) // 10 if task == "ranking" else None
    return Seen(Rows(train, _labels(train, task), queries=queries), later, _labels(later, task), plain=True)


def _frame(count: int, seed: int) -> pd.DataFrame:
    import pandas as pd

    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "carrier": random.choice(["UA", "AA", "DL", "B6"], count),
            "distance": random.integers(100, 3000, count),
            "temp": random.normal(50, 20, count),
            "gust": np.full(count, np.nan),
        }
    )
    frame.loc[frame.index[::9], "temp"] = np.nan
    frame.loc[frame.index[::11], "carrier"] = None
    return frame


def _labels(frame: pd.DataFrame, task: Task) -> NDArray[Any]:
    late = (frame["carrier"] == "UA").to_numpy(np.float64) * 30 - 60
    minutes: NDArray[np.float64] = late + frame["temp"].fillna(50).to_numpy() + frame["distance"].to_numpy() / 200
    if task == "multiclass":
        return np.array(["early", "late", "very late"], dtype=object)[np.digitize(minutes, (-10, 10))]
    if task == "ranking":
        return np.digitize(minutes, (-10, 10, 30)).astype(np.float64)
    return (minutes > 0).astype(np.float64) if task == "binary" else minutes


def _copied(rows: Rows) -> Rows:
    """For a learner that may write on what it is given."""
    return rows._replace(frame=rows.frame.copy(), labels=rows.labels.copy())


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _is_repeatable(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must give the same model for the same rows."""
    again = learner.fit(_copied(seen.train))
    if not np.array_equal(again.score(seen.later), fitted.score(seen.later)):
        yield "must give the same model for the same rows: a second fit scores otherwise; fix its seed"
    elif again.fingerprint() != fitted.fingerprint():
        yield "must have equal fingerprints for equal models: a second fit's differs"


def _learns(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must learn something."""
    scores = fitted.score(seen.later)
    if len(np.unique(scores, axis=0)) < 2:
        yield f"must learn something: every row has the score {_shown(scores[0])}"
        return
    if scores.ndim == 2:
        yield from _tells_classes(fitted, scores, seen)
    if not seen.plain or scores.ndim == 2:
        return
    ranks = np.argsort(np.argsort(scores)), np.argsort(np.argsort(seen.truth))
    found = float(np.corrcoef(*ranks)[0, 1])
    if found < _LEAST:
        yield f"must learn something: the rank correlation with plain truth == {found:.2f}, must be >= {_LEAST:g}"


def _tells_classes(fitted: Fitted, scores: NDArray[np.float64], seen: Seen) -> Iterator[str]:
    """Of several classes: chances of those there were that add up to 1, more often right than the usual class."""
    if fitted.report.classes != class_names(seen.train.labels):
        yield f"must know its classes: {fitted.report.classes}, learned from {class_names(seen.train.labels)}"
        return
    if not np.allclose(scores.sum(axis=1), 1, atol=1e-6):
        yield f"must give chances that add up to 1: those of a row add up to {scores[0].sum():g}"
    truth = class_places(seen.truth, fitted.report.classes)
    usual = float(np.bincount(truth[~np.isnan(truth)].astype(np.intp)).max(initial=0)) / len(truth)
    skill = (float((scores.argmax(axis=1) == truth).mean()) - usual) / max(1 - usual, 1e-9)
    if seen.plain and skill < _LEAST:
        yield f"must learn something: it saves {skill:.2f} of the usual class's misses, must be >= {_LEAST:g}"


def _shown(score: Any) -> str:
    return ", ".join(f"{each:g}" for each in np.atleast_1d(score))


def _comes_back(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must be the same model when it is loaded."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        fitted.save(folder)
        loaded = learner.load(folder)
        if not np.array_equal(loaded.score(seen.later), fitted.score(seen.later)):
            yield "must be the same model when it is loaded: it scores otherwise"
        elif loaded.fingerprint() != fitted.fingerprint():
            yield "must be the same model when it is loaded: its fingerprint differs"
        if loaded.report != fitted.report:
            yield "must be the same model when it is loaded: its report differs"


def _scores_each_row_alone(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must score one row as it does among others."""
    together = fitted.score(seen.later)
    for row in range(0, min(12, len(seen.later)), 3):
        alone = fitted.score(seen.later.iloc[[row]])
        if not np.allclose(alone, together[[row]], rtol=1e-9):
            both = f"{_shown(alone[0])} alone, {_shown(together[row])} among others"
            yield f"must score one row as it does among others: {both}"
    if len(fitted.score(seen.later.iloc[:0])):
        yield "must score no row where there is none"


def _meets_the_strange(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must score values that it never saw, and missing ones."""
    texts = [str(name) for name in seen.later if seen.later[name].dtype == object]
    numbers = {str(name): np.nan for name in seen.later if seen.later[name].dtype.kind in "biuf"}
    strange = seen.later.assign(**dict.fromkeys(texts, "never seen"), **numbers)
    for frame in (strange, seen.later.assign(**dict.fromkeys(texts))):
        if not np.isfinite(fitted.score(frame)).all():
            yield "must score values that it never saw, and missing ones: it gives nan"


def _knows_its_columns(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must name a missing column and not mind others."""
    features = tuple(str(name) for name in seen.train.frame.columns)
    if fitted.report.features != features:
        yield f"must report its features: {', '.join(fitted.report.features)}, learned from {', '.join(features)}"
    try:
        fitted.score(seen.later.drop(columns=[features[0]]))
    except MissingColumns as error:
        if features[0] not in str(error):
            yield f"must name a missing column: {error}"
    else:
        yield f"must refuse rows without {features[0]}, which it learned from"
    shuffled = seen.later.assign(extra=1)[["extra", *reversed(features)]]
    if not np.array_equal(fitted.score(shuffled), fitted.score(seen.later)):
        yield "must not mind other columns, and their order"


def _minds_weights(learner: Learner, fitted: Fitted, seen: Seen) -> Iterator[str]:
    """Must learn more from rows that weigh more, and nothing from those that weigh 0, or refuse weights."""
    rows, half = len(seen.train.labels), len(seen.train.labels) // 2
    none = np.where(np.arange(rows) < half, 0.0, 1.0)
    try:
        without = learner.fit(_copied(seen.train)._replace(weights=none))
    except ValueError as error:
        if "weights" not in str(error):
            raise
        return  # it takes none, and says so
    weights = np.ones(rows - half)  # a forest draws its rows by their weights where there are any
    alone = learner.fit(_copied(seen.train.of(slice(half, None)))._replace(weights=weights))
    if not np.allclose(without.score(seen.later), alone.score(seen.later), rtol=1e-9):
        yield "must learn nothing from rows that weigh 0: it scores otherwise than without them"
    both, apart = _with_wrong_labels(seen.train), []
    for right, wrong in ((1.0, 0.02), (0.02, 1.0)):
        weights = np.repeat([right, wrong], rows)
        scores = learner.fit(_copied(both)._replace(weights=weights)).score(seen.later)
        apart.append(float(np.abs(scores - fitted.score(seen.later)).mean()))
    if not apart[0] < apart[1]:
        yield "must learn more from rows that weigh more: heavy right labels teach no more than heavy wrong ones"


def _with_wrong_labels(rows: Rows) -> Rows:
    """The rows, and after them the same once more, in lists of their own, with each other's labels."""
    import pandas as pd

    frame, labels, _, queries = rows
    asked = None if queries is None else np.concatenate([queries, queries + queries.max() + 1])
    both = pd.concat([frame, frame], ignore_index=True)
    return Rows(both, np.concatenate([labels, labels[::-1]]), queries=asked)


_ASKED: tuple[Callable[[Learner, Fitted, Seen], Iterator[str]], ...] = (
    _is_repeatable,
    _learns,
    _comes_back,
    _scores_each_row_alone,
    _meets_the_strange,
    _knows_its_columns,
    _minds_weights,
)
