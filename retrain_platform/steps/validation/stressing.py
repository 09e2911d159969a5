"""The exam's rows with something wrong in them, put to both models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from retrain_platform.dataset.disturbing import Disturbance, disturbed, touched
from retrain_platform.stats.falls import falls_apart, relative_fall
from retrain_platform.stats.metrics import Metric, metric
from retrain_platform.steps.answers import Answers, queries_of
from retrain_platform.steps.answers import judged as as_judged
from retrain_platform.steps.validation.scene import Scene, ask, estimate, evenly_whole
from retrain_platform.validation.robustness import Robustness
from retrain_platform.validation.suites import Case, Disturbed

_Pair = tuple[Answers, Answers]
_ALONE = 2000
"""On how many rows at most features are disturbed one by one."""
_NAMED = 5
_WORTH_NAMING = 0.01
"""A fall of less than this share is no single feature's."""


def stress(scene: Scene, gate: Robustness) -> dict[str, Disturbed]:
    """Every disturbance that the gate asks for, by its name."""
    judged = metric(gate.metric or scene.shop.spec.primary)
    if not scene.examined:
        return {}
    return {name: _one(scene, gate, judged, *what) for name, what in gate.asked().items()}


def _one(scene: Scene, gate: Robustness, judged: Metric, how: Disturbance, amount: float) -> Disturbed:
    if not touched(scene.rows, scene.features, how):
        return Disturbed(metric=judged.name, untouched=True)
    before = scene.mine
    if before.problem:
        return Disturbed(metric=judged.name, why=f"of the rows as they are, {before.problem}")
    worse = _worse(scene, scene.rows, scene.features, how, amount, gate.seed)
    if all(worse[name].equals(scene.rows[name]) for name in scene.features):
        return Disturbed(metric=judged.name, untouched=True, why="not one cell is changed by it")
    after = ask(scene.candidate, worse)
    if after.problem:
        return Disturbed(metric=judged.name, problem=after.problem)
    return _fallen(scene, gate, judged, how, amount, (before.answers, after.answers))


def _worse(
    scene: Scene, rows: pd.DataFrame, features: Sequence[str], how: Disturbance, amount: float, seed: int
) -> pd.DataFrame:
    """The rows with that wrong in them; of a ranking no row gets anything from another list than its own."""
    return disturbed(rows, features, how, amount, seed, lists=queries_of(scene.shop.spec, rows))


def _fallen(
    scene: Scene,
    gate: Robustness,
    judged: Metric,
    how: Disturbance,
    amount: float,
    pair: _Pair,
) -> Disturbed:
    labels, scores, queries, _ = as_judged(scene.shop.spec, scene.rows, *pair)
    try:
        fall = relative_fall(labels, (scores[0], scores[1]), scene.days, judged, queries)
        values = [judged.compute(labels, each, queries=queries) for each in scores]
    except ValueError as error:  # a metric of other scores, or of lists
        return Disturbed(metric=judged.name, why=str(error))
    if not np.isfinite(fall.value):
        return Disturbed(metric=judged.name, why=f"{judged.name} cannot be computed on {len(labels)} rows, or is 0")
    found = Disturbed(
        metric=judged.name,
        before=values[0],
        after=values[1],
        fall=estimate(fall, len(labels)),
        features=_worst_features(scene, judged, how, amount, gate.seed) if fall.value > _WORTH_NAMING else (),
    )
    if not gate.than_champion or scene.champion is None:
        return found
    return found.model_copy(update=_beside(scene, judged, pair, how, amount, gate.seed))


def _beside(
    scene: Scene,
    judged: Metric,
    pair: _Pair,
    how: Disturbance,
    amount: float,
    seed: int,
) -> dict[str, object]:
    """How far the champion falls on the same rows, its own features disturbed alike."""
    assert scene.champion is not None
    assert scene.theirs is not None
    if not scene.comparable:
        return {"why": "the champion saw rows of the exam"}
    features = [name for name in scene.champion.report.features if name in scene.rows.columns]
    before, after = scene.theirs, ask(scene.champion, _worse(scene, scene.rows, features, how, amount, seed))
    if before.problem or after.problem:
        return {"why": f"the champion cannot score the rows: {before.problem or after.problem}"}
    labels, scores, queries, _ = as_judged(scene.shop.spec, scene.rows, *pair, before.answers, after.answers)
    mine, theirs, days = (scores[0], scores[1]), (scores[2], scores[3]), scene.days
    own = relative_fall(labels, theirs, days, judged, queries)
    apart = falls_apart(labels, mine, theirs, days, judged, queries)
    if not np.isfinite(apart.value):
        return {"why": f"the champion's {judged.name} cannot be computed, or is 0"}
    return {"champion": own.value, "apart": estimate(apart, len(labels))}


def _worst_features(scene: Scene, judged: Metric, how: Disturbance, amount: float, seed: int) -> tuple[Case, ...]:
    """The features that cost most when they alone are disturbed."""
    rows = evenly_whole(scene.shop.spec, scene.rows, _ALONE)
    clean = ask(scene.candidate, rows).answers
    falls = {
        name: _fall_of(scene, judged, rows, clean, _worse(scene, rows, [name], how, amount, seed))
        for name in touched(rows, scene.features, how)
    }
    costly = sorted(((fall, name) for name, fall in falls.items() if fall > 0), key=lambda one: (-one[0], one[1]))
    return tuple(Case(id=name, said=f"{fall:.1%} alone, on {len(rows)} rows") for fall, name in costly[:_NAMED])


def _fall_of(scene: Scene, judged: Metric, rows: pd.DataFrame, clean: Answers, worse: pd.DataFrame) -> float:
    after = ask(scene.candidate, worse)
    if after.problem:
        return 1.0
    labels, scores, queries, _ = as_judged(scene.shop.spec, rows, clean, after.answers)
    before, now = (judged.compute(labels, each, queries=queries) for each in scores)
    return _lost(judged, before, now)


def _lost(judged: Metric, before: float, after: float) -> float:
    """The share of the value before that is lost; 0 where there is none to lose a share of."""
    sign = 1.0 if judged.greater_is_better else -1.0
    lost = sign * (before - after) / abs(before) if before else 0.0
    return lost if np.isfinite(lost) else 0.0
