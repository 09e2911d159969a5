"""Fits the `ensemble` recipe: a model a segment by the members' own learners, and the pooled one of all rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from retrain_platform.adapters.ensemble_report import Made, report_of
from retrain_platform.adapters.labels import check_labels, weighed
from retrain_platform.adapters.lightgbm_learner import load_lightgbm
from retrain_platform.adapters.package_files import BadPackage, read_package, write_package
from retrain_platform.adapters.sklearn_learner import load_sklearn
from retrain_platform.dataset.preparation import Preparation, must_have
from retrain_platform.training.anomalies import AnomalyLimits, limits_of
from retrain_platform.training.base import FitReport, Fitted, Learner, OneClass, Rows, Task
from retrain_platform.training.ensemble import Anomaly, Ensemble
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.sklearn import Sklearn

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_FILE, _MEMBERS = "ensemble.json", "members"
_FEWEST_TO_STOP = 100
"""A segment with fewer rows to stop by is stopped by those of all."""
_LOADERS: dict[str, Callable[[Path], Fitted]] = {"lightgbm": load_lightgbm, "sklearn": load_sklearn}


class _Segmented(NamedTuple):
    """Rows with the text of their segment, None where it is missing."""

    rows: Rows
    segments: NDArray[Any]

    def of(self, chosen: NDArray[np.bool_]) -> _Segmented:
        return _Segmented(self.rows.of(chosen), self.segments[chosen])


class EnsembleLearner:
    """A `Learner`; `teach` gives the learners of its members."""

    def __init__(self, spec: Ensemble, task: Task, teach: Callable[[LightGBM | Sklearn, Task], Learner]) -> None:
        self._spec, self._task, self._teach = spec, task, teach

    def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> FittedEnsemble:
        """Fit on all columns of `train`, rows in the order of time; see `Learner`. `rounds` are each boosted member's.

        Raises:
            OneClass: nothing to tell apart; see `Learner`.
            ValueError: labels or weights that cannot be learned from, a column of `training.by` or
                `training.anomaly.of` that is no feature, or a task of ranking.
        """
        if self._task == "ranking":
            raise ValueError("training.kind == 'ensemble', must be another where task == 'ranking'")
        train = weighed(train)
        check_labels(train, self._task)
        self._knows(train.frame)
        rows = _segmented(train, self._spec.by)
        stop = None if valid is None or rounds is not None else _segmented(valid, self._spec.by)
        made, asked = self._models(rows, stop, rounds), self._spec.anomaly
        watch = self._watch(asked, made.places, rows, stop, rounds) if asked else None
        report = report_of(made, self._spec.by, watch)
        return FittedEnsemble(self._spec.by, self._task, made.models, made.places, watch, report)

    def load(self, folder: Path) -> FittedEnsemble:
        """What `save` wrote.

        Raises:
            BadPackage: `folder` holds no fitted model.
        """
        return load_ensemble(folder)

    def _knows(self, train: pd.DataFrame) -> None:
        asked = {"training.by": self._spec.by}
        if self._spec.anomaly is not None:
            asked["training.anomaly.of"] = self._spec.anomaly.of
        for field, name in asked.items():
            if name not in train.columns:
                has = ", ".join(map(str, train.columns))
                raise ValueError(f"{field} == {name!r}, must be a feature; there are {has}")

    def _models(self, rows: _Segmented, stop: _Segmented | None, rounds: int | None) -> Made:
        """The pooled model, and one of each segment that has enough rows, in the order of their names."""
        models, places, counts, alone = [self._fit(None, rows, stop, rounds)], {}, [len(rows.segments)], []
        for name in sorted({name for name in rows.segments if name is not None}):
            mine = rows.of(rows.segments == name)
            if len(mine.segments) < self._spec.min_rows:
                continue
            try:
                fitted = self._fit(name, mine, _stopping(stop, name), rounds)
            except OneClass:
                alone.append(name)
                continue
            places[name] = len(models)
            models.append(fitted)
            counts.append(len(mine.segments))
        return Made(tuple(models), places, tuple(counts), tuple(alone))

    def _fit(self, segment: str | None, rows: _Segmented, stop: _Segmented | None, rounds: int | None) -> Fitted:
        recipe = self._spec.recipe_of(segment).model_copy(update={"seed": self._spec.seed})
        return self._teach(recipe, self._task).fit(rows.rows, valid=stop.rows if stop else None, rounds=rounds)

    def _watch(
        self, asked: Anomaly, places: dict[str, int], rows: _Segmented, stop: _Segmented | None, rounds: int | None
    ) -> AnomalyLimits:
        """The limits by the newest rows, scored by models that have not seen them; `places` are the final models'."""
        count = len(rows.segments)
        newest = np.arange(count) >= round(count * (1 - asked.newest))
        (frame, labels, *_), segments = rows.of(newest)
        try:
            made = self._models(rows.of(~newest), stop, rounds)
        except OneClass:
            return AnomalyLimits(of=asked.of)
        before = FittedEnsemble(self._spec.by, self._task, made.models, made.places, None, made.models[0].report)
        recent, groups = _numbers(frame, asked.of), _places(segments, places)
        return limits_of(asked, recent, before.score(frame), labels.astype(np.float64), groups)


class FittedEnsemble:
    """A `Fitted` of several: `models[0]` is the pooled one, `places` has those of the segments that have their own."""

    def __init__(
        self,
        by: str,
        task: Task,
        models: Sequence[Fitted],
        places: dict[str, int],
        watch: AnomalyLimits | None,
        report: FitReport,
    ) -> None:
        self.report = report
        self._by, self._task, self._models, self._places, self._watch = by, task, tuple(models), places, watch

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Each row by its segment's model; see `Fitted`. The scores of flagged rows are raised."""
        must_have(frame, self.report.features)
        groups = _places(_segments(frame, self._by), self._places)
        scores = self._scored(frame, groups)
        if self._watch is None or not self._watch.lift or not len(scores):
            return scores
        flagged = self._watch.over(_numbers(frame, self._watch.of), scores, groups)
        raised = np.where(flagged, scores + self._watch.lift, scores)
        return np.minimum(raised, np.maximum(scores, 1.0)) if self._task == "binary" else raised

    def flagged(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows are beyond the anomaly limit of their segment; none where there is no limit."""
        must_have(frame, self.report.features)
        if self._watch is None or not len(frame):
            return np.zeros(len(frame), dtype=bool)
        groups = _places(_segments(frame, self._by), self._places)
        return self._watch.over(_numbers(frame, self._watch.of), self._scored(frame, groups), groups)

    def _scored(self, frame: pd.DataFrame, groups: NDArray[np.intp]) -> NDArray[np.float64]:
        classes = self.report.classes
        scores = np.zeros((len(frame), len(classes)) if classes else len(frame))
        for place in np.unique(groups):
            mine, model = groups == place, self._models[place]
            found = model.score(frame[mine])
            if classes:  # a segment may lack some of all rows' classes
                columns = [classes.index(name) for name in model.report.classes]
                scores[np.ix_(mine, columns)] = found
            else:
                scores[mine] = found
        return scores

    def save(self, folder: Path) -> None:
        """Write every model into a folder of its own, and which segment is whose."""
        for place, model in enumerate(self._models):
            own = folder / _MEMBERS / str(place)
            own.mkdir(parents=True)
            model.save(own)
        watch = None if self._watch is None else self._watch.model_dump(mode="json")
        kept = {"by": self._by, "places": self._places, "models": len(self._models), "watch": watch}
        (folder / _FILE).write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")
        write_package(folder, "ensemble", self._task, Preparation(features=self.report.features), self.report)

    def fingerprint(self) -> str:
        """The SHA-256 of the models' fingerprints, of which segment is whose, and of the anomaly limits."""
        watch = None if self._watch is None else self._watch.model_dump(mode="json")
        told = [self._by, self._places, watch, *(model.fingerprint() for model in self._models)]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def load_ensemble(folder: Path, *, threads: int = 0) -> FittedEnsemble:
    """The fitted ensemble in `folder`; `threads` are those that boosted members score on, 0 what they take.

    Raises:
        BadPackage: `folder` holds none, or a member of it is gone.
    """
    package = read_package(folder)
    try:
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPackage(f"{folder} holds no whole ensemble: {_FILE} is missing") from error
    watch = None if kept["watch"] is None else AnomalyLimits.model_validate(kept["watch"])
    models = [_member(folder / _MEMBERS / str(place), threads) for place in range(kept["models"])]
    return FittedEnsemble(kept["by"], package.task, models, kept["places"], watch, package.report)


def _member(folder: Path, threads: int) -> Fitted:
    kind = read_package(folder).kind
    if kind not in _LOADERS:
        raise BadPackage(f"kind of {folder} == {kind!r}, must be one of {', '.join(_LOADERS)} within an ensemble")
    return load_lightgbm(folder, threads=threads) if kind == "lightgbm" else _LOADERS[kind](folder)


def _segmented(rows: Rows, by: str) -> _Segmented:
    return _Segmented(rows, _segments(rows.frame, by))


def _segments(frame: pd.DataFrame, by: str) -> NDArray[Any]:
    """The text of each row's segment, None where it is missing."""
    from retrain_platform.dataset.times import as_text

    texts: NDArray[Any] = as_text(frame[by]).to_numpy(dtype=object)
    return texts


def _places(segments: NDArray[Any], places: dict[str, int]) -> NDArray[np.intp]:
    """The place of each row's model: the pooled one's where its segment has none."""
    return np.array([places.get(name, 0) for name in segments], dtype=np.intp)


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A feature's numbers, nan where it has none."""
    import pandas as pd

    return np.asarray(pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan))


def _stopping(stop: _Segmented | None, segment: str) -> _Segmented | None:
    """The rows that stop a segment's fit: its own where they are enough, else all."""
    if stop is None:
        return None
    own = stop.of(stop.segments == segment)
    return own if len(own.segments) >= _FEWEST_TO_STOP else stop
