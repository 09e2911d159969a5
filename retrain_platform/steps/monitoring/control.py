"""The champion asked about the control set: the same version must answer the same rows the same way for ever.

What this watches is that serving is training: a package that was changed or read in another way, a
library that computes otherwise, a preparation that depends on something else than the rows.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.preparation import UnfitColumn
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.times import as_text
from retrain_platform.monitoring.error_reports import ControlAnswer
from retrain_platform.stats.metrics import METRICS
from retrain_platform.steps.answers import Answers, asked, judged
from retrain_platform.steps.workshop import CannotLoad, Workshop
from retrain_platform.training.base import Fitted, MissingColumns

_SAME = 1e-9
"""Scores nearer than this, relative to the larger of 1 and the score, are the same: sums in another order differ so."""


class ControlScores(Record):
    """What a version answered when it was first asked about these rows; None for a score that is not finite.

    Of several classes each row has one score after the other for every class.
    """

    version: str
    table: str
    first_asked: str
    scores: tuple[float | None, ...]


def ask(
    shop: Workshop, version: str | None, key: str, as_of: datetime
) -> tuple[ControlAnswer | None, ControlScores | None]:
    """The version's answers now, and what is to be remembered of them: None where it was asked before.

    No answer where the spec has no control set, or nobody answered the period, or a model that cannot be asked.
    """
    if shop.control is None or version is None or shop.is_outside(version):
        return None, None
    try:
        frame = shop.control()
        answers = asked(shop.fitted(version), frame)
    except (MissingColumns, UnfitColumn, CannotLoad, RuntimeError) as error:
        return ControlAnswer(version=version, as_of=as_of, rows=0, why=f"could not be asked: {error}"), None
    scores = answers.scores
    now = _kept(version, frame, scores, key)
    before = shop.values.newest(shop.model, "control_scores", version, ControlScores)
    answer = ControlAnswer(
        version=version,
        as_of=as_of,
        rows=len(scores),
        table=now.table,
        first_asked=key,
        metrics=_metrics(shop, frame, answers),
    )
    if before is None:
        return answer, now
    if before.table != now.table:
        why = f"the control set is not the one of {before.first_asked}: {len(scores)} rows asked for the first time"
        return answer.model_copy(update={"why": why}), now
    changed, largest = _changes(before, now, len(scores))
    return answer.model_copy(update={"first_asked": before.first_asked, "changed": changed, "largest": largest}), None


def remember(shop: Workshop, scores: ControlScores | None) -> None:
    """Keep a version's first answers to a control set."""
    if scores is not None:
        shop.values.put(shop.model, "control_scores", scores.version, scores.table, scores)


def remember_trained(shop: Workshop, fitted: Fitted, version: str, key: str) -> None:
    """Keep what a version answers where it was trained, for its later answers to be held against."""
    if shop.control is None:
        return
    try:
        frame = shop.control()
        scores = fitted.score(frame)
    except (MissingColumns, UnfitColumn, RuntimeError):
        return  # the first period that it answers says why
    remember(shop, _kept(version, frame, scores, key))


def trouble(answer: ControlAnswer | None) -> str:
    """Why somebody must look; empty where the champion answers as it did."""
    if answer is None:
        return ""
    if answer.changed:
        return (
            f"version {answer.version} no longer answers as it did: {answer.changed} of {answer.rows} scores of the "
            f"control set are not those of {answer.first_asked}, by up to {answer.largest:.3g}"
        )
    return f"control set, version {answer.version}: {answer.why}" if answer.why else ""


def _kept(version: str, frame: pd.DataFrame, scores: np.ndarray, key: str) -> ControlScores:
    values = tuple(float(score) if np.isfinite(score) else None for score in scores.ravel())
    return ControlScores(version=version, table=_fingerprint(frame), first_asked=key, scores=values)


def _fingerprint(frame: pd.DataFrame) -> str:
    """Sixteen hex digits of the table's names, values and order."""
    digest = hashlib.sha256("\n".join(map(str, frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def _changes(before: ControlScores, now: ControlScores, rows: int) -> tuple[int, float]:
    """On how many of the rows a score differs, and by how much at most."""
    old, new = (np.array(each.scores, dtype=np.float64) for each in (before, now))
    gone = np.isnan(old) != np.isnan(new)
    apart = np.where(np.isnan(old) | np.isnan(new), 0.0, np.abs(new - old))
    differs = gone | (apart > _SAME * np.maximum(1, np.abs(np.nan_to_num(old))))
    largest = float(apart[differs].max()) if differs.any() else 0.0
    return int(differs.reshape(rows, -1).any(axis=1).sum()) if rows else 0, largest


def _metrics(shop: Workshop, frame: pd.DataFrame, scores: Answers) -> dict[str, float | None]:
    """The model's metrics on the rows of the control set that have a label."""
    name, query = shop.spec.label.column, shop.spec.label.query
    if name not in frame.columns or (query is not None and query not in frame.columns):
        return {}
    if shop.spec.task == "multiclass":
        labels = as_text(frame[name])
    else:
        labels = pd.to_numeric(frame[name], errors="coerce").replace([np.inf, -np.inf], np.nan)
    told = labels.notna().to_numpy() & ~scores.missing
    if shop.spec.task == "binary":
        told &= np.isin(labels, (0, 1))
    rows = judged(shop.spec, frame.assign(_label=labels)[told], scores._replace(scores=scores.scores[told]))
    values = {
        metric: METRICS[metric].compute(rows.labels, rows.scores[0], queries=rows.queries)
        for metric in shop.spec.metrics
    }
    return {metric: value if np.isfinite(value) else None for metric, value in values.items()}
