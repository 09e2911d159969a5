"""The candidate's package in a process of its own: stored smoke requests, answered there as here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.steps.validation.scene import Scene, ask, evenly, of_features, plain
from retrain_platform.training.artefact import folder_digest
from retrain_platform.validation.integration import Integration
from retrain_platform.validation.suites import Answered, Case

SMOKE = "smoke.json"
"""The file beside the package: `features`, the `rows` as JSON has them, and the trained model's `answers`."""
_NAMED = 5


def smoke(scene: Scene, gate: Integration) -> Answered:
    """Keep the requests and the trained model's answers beside the package, and ask the package in a clean process."""
    rows = of_features(evenly(scene.rows, gate.requests), scene.candidate.report.features)
    bytes_told = {"kept": scene.digest, "found": folder_digest(scene.package)}
    mine = ask(scene.candidate, rows)
    if mine.problem:
        said = f"the trained model itself gave no answers: {mine.problem}"
        return Answered(requests=len(rows), outcome="broke", said=said, **bytes_told)
    place = scene.package.with_name(SMOKE)
    write_requests(place, rows, mine.scores)
    theirs = scene.shop.ask_cleanly(scene.package, place, gate.timeout_seconds)
    found = Answered(
        requests=len(rows), outcome=theirs.outcome, peak_bytes=theirs.peak_bytes, said=theirs.said, **bytes_told
    )
    return found if theirs.outcome != "answered" else found.model_copy(update=_apart(mine.scores, theirs.scores))


def write_requests(place: Path, rows: pd.DataFrame, answers: np.ndarray) -> None:
    """Rows of features as a caller sends them, a missing value as null, with the answers that they must have."""
    names = [str(name) for name in rows.columns]
    cells = zip(*(map(plain, rows[name].astype(object)) for name in rows.columns), strict=True)
    asked = [dict(zip(names, row, strict=True)) for row in cells]
    text = json.dumps({"features": names, "rows": asked, "answers": answers.tolist()})
    place.write_text(text, encoding="utf-8")


def _apart(mine: np.ndarray, theirs: Sequence[Any]) -> dict[str, object]:
    answers = np.asarray(theirs, dtype=np.float64)
    if answers.shape != mine.shape:
        return {"outcome": "broke", "said": f"answers of shape {answers.shape}, must be {mine.shape}"}
    if not np.isfinite(answers).all():
        bad = int((~np.isfinite(answers)).sum())
        return {"outcome": "broke", "said": f"{bad} of {answers.size} answers are not finite"}
    gaps = np.abs(answers - mine).reshape(len(mine), -1).max(axis=1)
    worst = [row for row in np.argsort(-gaps, kind="stable")[:_NAMED] if gaps[row] > 0]
    cases = (Case(id=f"request {row + 1}", said=f"apart by {gaps[row]:.3g}") for row in worst)
    return {"apart": float(gaps.max(initial=0.0)), "worst": tuple(cases)}
