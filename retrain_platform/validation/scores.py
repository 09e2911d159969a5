"""Whether a candidate's scores are scores at all: asked before any gate, whatever the spec says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrain_platform.validation.base import GateResult, Measurements, Scores

QUESTION = "the candidate's scores must be finite numbers, and not all alike"


def scores_of(scores: NDArray[np.float64]) -> Scores:
    """What scores look like, shape (rows,) or (rows, classes): how many rows are no numbers, whether all are alike."""
    rows = scores.reshape(len(scores), -1)
    finite = rows[np.isfinite(rows).all(axis=1)]
    return Scores(
        rows=len(rows),
        not_finite=len(rows) - len(finite),
        alike=len(finite) > 1 and bool((finite == finite[0]).all()),
    )


def unsound(measurements: Measurements) -> tuple[GateResult, ...]:
    """A failure where the candidate could not score the rows, or scored some with no number, or all alike.

    A constant is an objection only where the labels differ. Empty where there is none, and where nothing was measured.
    """
    scores = measurements.scores.get("candidate")
    said = "" if scores is None else _objection(scores, measurements.scores.get("labels"))
    if scores is None or not said:
        return ()
    bad = float(scores.not_finite)
    return (GateResult(gate="scores", verdict="failed", value=bad, limit=0.0, question=QUESTION, sentence=said),)


def _objection(scores: Scores, labels: Scores | None) -> str:
    if scores.problem:
        return f"the candidate cannot score the rows of the exam: {scores.problem}"
    if scores.not_finite:
        return f"{scores.not_finite} of {scores.rows} scores are not finite, must be 0"
    if scores.alike and (labels is None or not labels.alike):
        return f"all {scores.rows} scores are alike: a constant prediction tells nothing"
    return ""
