"""The regression packs that the spec names, put to the candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.times import as_text
from retrain_platform.steps.answers import Answers
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import SuiteTable, TableUnreadable
from retrain_platform.validation.golden import Golden
from retrain_platform.validation.suites import Case, Pack

EXPECTED = ("at_least", "at_most", "label")
NAME = "name"


class _Unusable(ValueError):
    """The pack as a whole cannot be used."""


class _Wanted(NamedTuple):
    """What the cases expect, nan where nothing is; arrays of shape (cases,). `named`: labels are names of classes."""

    at_least: np.ndarray
    at_most: np.ndarray
    label: np.ndarray
    named: bool

    def lacking(self) -> np.ndarray:
        """Why each case cannot be asked by itself; empty where it can."""
        limited, labelled = ~(np.isnan(self.at_least) & np.isnan(self.at_most)), ~pd.isna(self.label)
        why = np.where(limited | labelled, "", "expects nothing").astype(object)
        if self.named:
            why[limited & ~labelled] = "names no class, in column label, of which the chance is expected"
        return why


def ask_golden(scene: Scene, gate: Golden) -> Pack:
    """How the candidate answers the cases of one pack."""
    try:
        table = scene.shop.suite_table(gate.path)
        names, wanted = _names(table.frame), _wanted(table.frame, named=scene.shop.spec.task == "multiclass")
    except (TableUnreadable, _Unusable) as error:
        return Pack(path=gate.path, problem=str(error))
    unasked = dict(_unasked(scene, table, wanted))
    asked = [place for place in range(len(names)) if place not in unasked]
    answer = ask(scene.candidate, _rows(table.frame, asked)) if asked else None
    if answer is not None and len(answer.scores) != len(asked):
        said = f"the cases cannot be scored: {answer.problem or 'there is no answer for each'}"
        return Pack(path=gate.path, cases=len(names), digest=table.digest, problem=said)
    broken = [] if answer is None else list(_broken(scene, gate, names, wanted, asked, answer.answers))
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


def _wanted(frame: pd.DataFrame, *, named: bool) -> _Wanted:
    if not any(name in frame.columns for name in EXPECTED):
        raise _Unusable(f"no case expects anything: add a column {', '.join(EXPECTED[:-1])} or {EXPECTED[-1]}")
    at_least, at_most = (_numbers(frame, name) for name in EXPECTED[:-1])
    label = _class_names(frame) if named else _numbers(frame, "label")
    return _Wanted(at_least, at_most, label, named)


def _class_names(frame: pd.DataFrame) -> np.ndarray:
    """The names of the expected classes, None where none is: 3 and 3.0 as well as "3"."""
    values = frame["label"] if "label" in frame.columns else pd.Series([None] * len(frame), dtype=object)
    found: np.ndarray = as_text(values).to_numpy(dtype=object)
    return found


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
    lacking = wanted.lacking()
    for place in range(len(table.frame)):
        own = [name for name in features if table.lacks and name in table.lacks[place]]
        if absent or own:
            yield place, f"lacks {', '.join([*absent, *own])}, which the model was fitted on"
        elif lacking[place]:
            yield place, lacking[place]


def _broken(
    scene: Scene, gate: Golden, names: Sequence[str], wanted: _Wanted, asked: Sequence[int], answers: Answers
) -> Iterator[Case]:
    for place, score in zip(asked, answers.scores, strict=True):
        limits = (wanted.at_least[place], wanted.at_most[place], wanted.label[place])
        if wanted.named:
            said = _missed_class(score, answers.classes, limits)
        else:
            missed = _missed(float(score), limits, gate.tolerance, binary=scene.shop.spec.task == "binary")
            said = f"{score:.6g}, {missed}" if missed else ""
        if said:
            yield Case(id=names[place], said=said)


def _missed_class(chances: np.ndarray, classes: Sequence[str], limits: tuple[float, float, str]) -> str:
    """What was answered, and what it had to be; empty where it is as expected.

    The named class must be the likeliest, or where there are limits have a chance between them; one that the model
    does not know has none.
    """
    at_least, at_most, name = limits
    if not np.isfinite(chances).all():
        return "a chance that is no number, must be finite"
    chance = float(chances[classes.index(name)]) if name in classes else 0.0
    unknown = "" if name in classes else f", which the model does not know: it has {', '.join(classes)}"
    if chance < at_least or chance > at_most:
        side = f"at least {at_least:g}" if chance < at_least else f"at most {at_most:g}"
        return f"{name} {chance:.6g}, must be {side}{unknown}"
    top = int(chances.argmax())
    if not np.isnan(at_least) or not np.isnan(at_most) or classes[top] == name:
        return ""
    return f"{classes[top]} {chances[top]:.6g}, must be of class {name}{unknown}"


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
