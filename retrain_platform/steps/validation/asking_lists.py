"""The regression packs of a ranking: named rows that must be among the first of their lists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from retrain_platform.dataset.times import as_text
from retrain_platform.steps.validation.golden_table import Unusable, case_names, columns, lacking, numbers, unread
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import SuiteTable, TableUnreadable
from retrain_platform.validation.golden import Golden
from retrain_platform.validation.suites import Case, Pack

TOP = "top"
"""The column of how far down a row may stand in its list; a row without it is there to be ranked against."""


def ask_lists(scene: Scene, gate: Golden) -> Pack:
    """Where the candidate puts the cases of one pack in their lists."""
    try:
        table = scene.shop.suite_table(gate.path)
        names, top = case_names(table.frame), _tops(table.frame)
        lists = _lists(scene, table.frame)
    except (TableUnreadable, Unusable) as error:
        return Pack(path=gate.path, problem=str(error))
    told = {"path": gate.path, "cases": int((~np.isnan(top)).sum()), "digest": table.digest}
    unasked = dict(_unasked(scene, table, lists, top))
    asked = np.isin(lists, [lists[place] for place in np.flatnonzero(~np.isnan(top)) if place not in unasked])
    scores = np.full(len(names), np.nan)
    if asked.any():
        answer = ask(scene.candidate, table.frame[asked].reset_index(drop=True))
        if len(answer.scores) != asked.sum():
            said = f"the cases cannot be scored: {answer.problem or 'there is no answer for each'}"
            return Pack(**told, problem=said)
        scores[asked] = answer.scores
    wanted = [place for place in np.flatnonzero(~np.isnan(top)) if place not in unasked]
    missed = [(place, _missed(scores[lists == lists[place]], scores[place], int(top[place]))) for place in wanted]
    return Pack(
        **told,
        broken=tuple(Case(id=names[place], said=said) for place, said in missed if said),
        unasked=tuple(Case(id=names[place], said=why) for place, why in unasked.items()),
        unused=unread(scene, table.frame, (TOP,)),
    )


def _tops(frame: pd.DataFrame) -> np.ndarray:
    top = numbers(frame, TOP)
    known = top[~np.isnan(top)]
    if not len(known):
        raise Unusable(f"no case expects anything: add a column {TOP}, how far down in its list a row may stand")
    wrong = known[(known < 1) | (known != np.floor(known))]
    if len(wrong):
        raise Unusable(f"{TOP} == {wrong[0]:g}, must be a whole number from 1 or missing")
    return top


def _lists(scene: Scene, frame: pd.DataFrame) -> np.ndarray:
    """Each row's list as a number; -1 for a row that names none."""
    query = str(scene.shop.spec.label.query)
    if query not in frame.columns:
        raise Unusable(f"column {query!r} is missing, must name each row's list; there are {columns(frame)}")
    places: np.ndarray = pd.factorize(as_text(frame[query]))[0]
    return places


def _unasked(scene: Scene, table: SuiteTable, lists: np.ndarray, top: np.ndarray) -> Iterator[tuple[int, str]]:
    """The cases that cannot be asked, and why: a list is asked whole or not at all."""
    lacks = lacking(scene, table)
    for place in map(int, np.flatnonzero(~np.isnan(top))):
        rows = np.flatnonzero(lists == lists[place])
        other = next((int(row) for row in rows if int(row) in lacks), None)
        if lists[place] < 0:
            yield place, f"names no list in column {scene.shop.spec.label.query}"
        elif other is not None:
            yield place, lacks[other] if other == place else f"a row of its list {lacks[other]}"
        elif len(rows) <= top[place]:
            yield place, f"must be among the first {top[place]:g} of {len(rows)}: any order would do"


def _missed(scores: np.ndarray, own: float, top: int) -> str:
    """Where the row stands and how far down it may; empty where it is as expected. Equal scores stand before it."""
    if not np.isfinite(scores).all():
        return "a score of its list is no number, must be finite"
    place = int((scores >= own).sum())
    return "" if place <= top else f"place {place} of {len(scores)}, must be {top} at most"
