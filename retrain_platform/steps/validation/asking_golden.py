"""The regression packs that the spec names, put to the candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import SuiteTable, TableUnreadable
from retrain_platform.validation.golden import Golden
from retrain_platform.validation.suites import Case, Pack

EXPECTED = ("at_least", "at_most", "label")
NAME = "name"


class _Unusable(ValueError):
    """The pack as a whole cannot be used."""


class _Wanted(NamedTuple):
    """What the cases expect, nan where nothing is; arrays of shape (cases,)."""

    at_least: np.ndarray
    at_most: np.ndarray
    label: np.ndarray

    def anything(self) -> np.ndarray:
        """Which cases expect anything at all."""
        found: np.ndarray = ~np.isnan(np.stack(self)).all(axis=0)
        return found


def ask_golden(scene: Scene, gate: Golden) -> Pack:
    """How the candidate answers the cases of one pack."""
    try:
        table = scene.shop.suite_table(gate.path)
        names, wanted = _names(table.frame), _wanted(table.frame)
    except (TableUnreadable, _Unusable) as error:
        return Pack(path=gate.path, problem=str(error))
    unasked = dict(_unasked(scene, table, wanted))
    asked = [place for place in range(len(names)) if place not in unasked]
    answer = ask(scene.candidate, _rows(table.frame, asked)) if asked else None
    if answer is not None and (answer.scores.ndim != 1 or len(answer.scores) != len(asked)):
        why = answer.problem or "there is one score a class, and no single one to ask of"
        return Pack(path=gate.path, cases=len(names), digest=table.digest, problem=f"the cases cannot be scored: {why}")
    broken = [] if answer is None else list(_broken(scene, gate, names, wanted, asked, answer.scores))
    return Pack(
        path=gate.path,
        cases=len(names),
        broken=tuple(broken),
        unasked=tuple(Case(id=names[place], said=why) for place, why in unasked.items()),
        unused=tuple(_unused(scene, table.frame)),
        digest=table.digest,
    )


def _names(frame: pd.DataFrame) -> list[str]:
    if NAME not in frame.columns:
        has = ", ".join(str(name) for name in frame.columns) or "none"
        raise _Unusable(f"column 'name' is missing, must name each case; there are {has}")
    if not len(frame):
        raise _Unusable("it has no cases")
    names = [str(name) for name in frame[NAME]]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _Unusable(f"name == {twice!r} is there twice, must be another for each case")
    return names


def _wanted(frame: pd.DataFrame) -> _Wanted:
    if not any(name in frame.columns for name in EXPECTED):
        raise _Unusable(f"no case expects anything: add a column {', '.join(EXPECTED[:-1])} or {EXPECTED[-1]}")
    return _Wanted(*(_numbers(frame, name) for name in EXPECTED))


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name]
    numbers: np.ndarray = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = values[np.isnan(numbers) & values.notna().to_numpy()]
    if len(wrong):
        raise _Unusable(f"{name} == {wrong.iloc[0]!r}, must be a number or missing")
    return numbers


def _unasked(scene: Scene, table: SuiteTable, wanted: _Wanted) -> Iterator[tuple[int, str]]:
    """The cases that cannot be asked, and why: columns that the model has and they have not."""
    features = scene.candidate.report.features
    absent = [name for name in features if name not in table.frame.columns]
    expects = wanted.anything()
    for place in range(len(table.frame)):
        own = [name for name in features if table.lacks and name in table.lacks[place]]
        if absent or own:
            yield place, f"lacks {', '.join([*absent, *own])}, which the model was fitted on"
        elif not expects[place]:
            yield place, "expects nothing"


def _broken(
    scene: Scene, gate: Golden, names: Sequence[str], wanted: _Wanted, asked: Sequence[int], scores: np.ndarray
) -> Iterator[Case]:
    for place, score in zip(asked, scores, strict=True):
        limits = (wanted.at_least[place], wanted.at_most[place], wanted.label[place])
        missed = _missed(float(score), limits, gate.tolerance, binary=scene.shop.spec.task == "binary")
        if missed:
            yield Case(id=names[place], said=f"{score:.6g}, {missed}")


def _missed(score: float, limits: tuple[float, float, float], tolerance: float, *, binary: bool) -> str:
    """What the score had to be and is not; empty where it is as expected."""
    at_least, at_most, label = limits
    if not np.isfinite(score):
        return "must be finite"
    if score < at_least:
        return f"must be at least {at_least:g}"
    if score > at_most:
        return f"must be at most {at_most:g}"
    if np.isnan(label):
        return ""
    if binary:
        return "" if float(score >= 0.5) == label else f"must be of class {label:g}"
    return "" if abs(score - label) <= tolerance else f"must be {label:g} to within {tolerance:g}"


def _unused(scene: Scene, frame: pd.DataFrame) -> list[str]:
    spec: Any = scene.shop.spec
    known = {NAME, *EXPECTED, *scene.candidate.report.features, *spec.not_features}
    return [str(name) for name in frame.columns if name not in known]


def _rows(frame: pd.DataFrame, places: Sequence[int]) -> pd.DataFrame:
    return frame.iloc[list(places)].reset_index(drop=True)
