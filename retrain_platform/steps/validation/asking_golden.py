"""The regression packs that the spec names, put to the candidate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.times import as_text
from retrain_platform.steps.answers import Answers
from retrain_platform.steps.validation.asking_lists import ask_lists
from retrain_platform.steps.validation.golden_table import Unusable, case_names, lacking, numbers, unread
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import SuiteTable, TableUnreadable
from retrain_platform.validation.golden import Golden
from retrain_platform.validation.suites import Case, Pack

EXPECTED = ("at_least", "at_most", "label")


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
    if scene.shop.spec.task == "ranking":
        return ask_lists(scene, gate)
    try:
        table = scene.shop.suite_table(gate.path)
        names, wanted = case_names(table.frame), _wanted(table.frame, named=scene.shop.spec.task == "multiclass")
    except (TableUnreadable, Unusable) as error:
        return Pack(path=gate.path, problem=str(error))
    unasked = _unasked(scene, table, wanted)
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
        unused=unread(scene, table.frame, EXPECTED),
        digest=table.digest,
    )


def _wanted(frame: pd.DataFrame, *, named: bool) -> _Wanted:
    if not any(name in frame.columns for name in EXPECTED):
        raise Unusable(f"no case expects anything: add a column {', '.join(EXPECTED[:-1])} or {EXPECTED[-1]}")
    at_least, at_most = (numbers(frame, name) for name in EXPECTED[:-1])
    label = _class_names(frame) if named else numbers(frame, "label")
    return _Wanted(at_least, at_most, label, named)


def _class_names(frame: pd.DataFrame) -> np.ndarray:
    """The names of the expected classes, None where none is: 3 and 3.0 as well as "3"."""
    values = frame["label"] if "label" in frame.columns else pd.Series([None] * len(frame), dtype=object)
    found: np.ndarray = as_text(values).to_numpy(dtype=object)
    return found


def _unasked(scene: Scene, table: SuiteTable, wanted: _Wanted) -> dict[int, str]:
    """The cases that cannot be asked, and why: columns that the model has and they have not, or nothing to expect."""
    nothing = {place: str(why) for place, why in enumerate(wanted.lacking()) if why}
    found = nothing | lacking(scene, table)
    return dict(sorted(found.items()))


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


def _rows(frame: pd.DataFrame, places: Sequence[int]) -> pd.DataFrame:
    return frame.iloc[list(places)].reset_index(drop=True)
