"""How the candidate's score answers to one changed feature, on the exam's rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.stats.falls import share_held
from retrain_platform.steps.known import ids_of
from retrain_platform.steps.training.stored_requests import plain
from retrain_platform.steps.validation.scene import Scene, ask, estimate
from retrain_platform.validation.behaviour import Behaviour, BehaviourTest
from retrain_platform.validation.suites import Case, Held

_ROUNDING = 1e-12
"""Sums of trees in another order differ by this share: no fall, and no rise."""
_NAMED = 5


def behave(scene: Scene, gate: Behaviour) -> dict[str, Held]:
    """Every test of the gate, by its name."""
    before = scene.mine
    return {gate.name_of(test): _one(scene, test, gate.seed, before.scores, before.problem) for test in gate.tests}


def _one(scene: Scene, test: BehaviourTest, seed: int, before: np.ndarray, problem: str) -> Held:
    if problem or before.ndim != 1:
        return Held(why=problem or "there is one score a class, and no single one to ask of")
    if test.feature not in scene.features:
        return Held(why=f"{test.feature} is no feature of the candidate, which has {', '.join(scene.features)}")
    values = scene.rows[test.feature]
    put = _changed(values, test, seed)
    if put is None:
        return Held(why=f"{test.feature} holds no numbers")
    changed = (values.notna() & put.notna() & (values.astype(object) != put.astype(object))).to_numpy(dtype=bool)
    if not changed.any():
        return Held(why=f"no row of {len(values)} is changed by it")
    rows = scene.rows[changed].assign(**{test.feature: put[changed]})
    after = ask(scene.candidate, rows)
    if after.problem:
        return Held(why=f"the candidate cannot score the changed rows: {after.problem}")
    return _told(rows, values[changed], put[changed], before[changed], after.scores, test, scene.days[changed])


def _changed(values: pd.Series[Any], test: BehaviourTest, seed: int) -> pd.Series[Any] | None:
    """The column as the test puts it; None where numbers are asked for and there are none."""
    if test.shuffle:
        places = np.random.default_rng(seed).permutation(len(values))
        return pd.Series(values.array.take(places), index=values.index)
    numbers = kind_of(values) in ("numeric", "integer")
    if test.becomes is not None:
        return pd.Series([test.becomes] * len(values), index=values.index, dtype=None if numbers else object)
    if not numbers:
        return None
    known = pd.Series(values.to_numpy(dtype="float64", na_value=np.nan), index=values.index)
    return known + test.add if test.add is not None else known * (test.times or 0.0)


def _told(
    rows: pd.DataFrame,
    was: pd.Series[Any],
    put: pd.Series[Any],
    before: np.ndarray,
    after: np.ndarray,
    test: BehaviourTest,
    days: np.ndarray,
) -> Held:
    beyond = _beyond(before, after, test)
    share = share_held(beyond <= _ROUNDING * np.maximum(1.0, np.abs(before)), days)
    worst = [row for row in np.argsort(-beyond, kind="stable")[:_NAMED] if beyond[row] > _ROUNDING]
    ids = ids_of(rows.iloc[worst])
    cases = []
    for name, row in zip(ids, worst, strict=True):
        change = f"{test.feature} {_text(was.iloc[row])} to {_text(put.iloc[row])}"
        cases.append(Case(id=str(name), said=f"{change}: {before[row]:.4f} to {after[row]:.4f}"))
    return Held(share=estimate(share, len(rows)), broke=tuple(cases))


def _beyond(before: np.ndarray, after: np.ndarray, test: BehaviourTest) -> np.ndarray:
    """By how much each row's score does what it must not; 0 or less where it does not."""
    moved: np.ndarray = after - before
    if test.changes_at_most is not None:
        beyond: np.ndarray = np.abs(moved) - test.changes_at_most
        return beyond
    return -moved if test.score == "must_not_fall" else moved


def _text(value: Any) -> str:
    known = plain(value)
    return f"{known:g}" if isinstance(known, float) else str(known)
