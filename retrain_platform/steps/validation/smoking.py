"""The candidate's package in a process of its own: stored smoke requests, answered there as here."""

from __future__ import annotations

import numpy as np

from retrain_platform.steps.answers import Answers
from retrain_platform.steps.training.stored_requests import evenly, write_requests
from retrain_platform.steps.validation.scene import Scene, ask, of_features
from retrain_platform.steps.workshop import CleanAnswer
from retrain_platform.training.artefact import folder_digest
from retrain_platform.validation.integration import Integration
from retrain_platform.validation.suites import Answered, Case

SMOKE = "smoke.json"
"""The file beside the package: `features`, the `rows` as JSON has them, and the trained model's `answers`, of several
classes a chance for each of `classes`."""
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
    write_requests(place, rows, mine.answers)
    theirs = scene.shop.ask_cleanly(scene.package, place, gate.timeout_seconds)
    found = Answered(
        requests=len(rows), outcome=theirs.outcome, peak_bytes=theirs.peak_bytes, said=theirs.said, **bytes_told
    )
    return found if theirs.outcome != "answered" else found.model_copy(update=_apart(mine.answers, theirs))


def _apart(own: Answers, theirs: CleanAnswer) -> dict[str, object]:
    mine = own.scores
    if theirs.classes != own.classes:
        said = f"chances of the classes {', '.join(theirs.classes) or 'none'}, must be of {', '.join(own.classes)}"
        return {"outcome": "broke", "said": said}
    try:
        answers = np.asarray(theirs.scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        return {"outcome": "broke", "said": f"answers that are no numbers of shape {mine.shape}: {error}"}
    if answers.shape != mine.shape:
        return {"outcome": "broke", "said": f"answers of shape {answers.shape}, must be {mine.shape}"}
    if not np.isfinite(answers).all():
        bad = int((~np.isfinite(answers)).sum())
        return {"outcome": "broke", "said": f"{bad} of {answers.size} answers are not finite"}
    gaps = np.abs(answers - mine).reshape(len(mine), -1).max(axis=1)
    worst = [row for row in np.argsort(-gaps, kind="stable")[:_NAMED] if gaps[row] > 0]
    cases = (Case(id=f"request {row + 1}", said=f"apart by {gaps[row]:.3g}") for row in worst)
    return {"apart": float(gaps.max(initial=0.0)), "worst": tuple(cases)}
