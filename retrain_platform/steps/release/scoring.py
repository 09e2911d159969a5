"""The predictions of a closed period: by the versions that have a role, or as another system recorded them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.times import as_text
from retrain_platform.monitoring.reports import Role
from retrain_platform.release.base import ReleaseState
from retrain_platform.release.route import canary_mask, scored_versions
from retrain_platform.steps.answers import Answers, as_columns, asked
from retrain_platform.steps.dataset.recording import adopt, as_served
from retrain_platform.steps.known import ROLES
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import CannotLoad, Workshop


def score(shop: Workshop, period: Period) -> Scored:
    """Score the period's rows with every version that the release gave a role at the period's start.

    Where another system recorded its predictions, these are the answers of whoever gave them.
    """
    frame = shop.lake.read(shop.events, [period.key]) if shop.lake.version(shop.events) is not None else pd.DataFrame()
    adopt(shop, period, frame)
    state = shop.state(before=period.end)
    versions = scored_versions(state)
    if not versions or frame.empty:
        return Scored(period=period.key, rows=len(frame), versions={}, used={})
    found, problems = _scores(shop, frame, versions)
    if shop.recorded is None:
        used = _routed(shop, frame, state, found)
    else:
        found, used, told = as_served(shop, frame, versions, found)
        problems += told
    if "champion" not in found:
        frame, found, used = frame.iloc[:0], {}, used[:0]
    shop.lake.replace(shop.predictions, period.key, _columns(frame, found, used))
    value = Scored(
        period=period.key,
        rows=len(frame),
        versions={role: versions[role] for role in found},
        used={role: int((used == role).sum()) for role in found if (used == role).any()},
        problems=tuple(problems),
        classes={role: answers.classes for role, answers in found.items() if answers.classes},
    )
    shop.values.put(shop.model, "predictions", period.key, "predictions", value)
    return value


def _columns(frame: pd.DataFrame, found: dict[Role, Answers], used: np.ndarray) -> pd.DataFrame:
    """The table of predictions: the rows' places, a role's answers each, and which role's was used."""
    scores = frame[["_event_time", "_entity"]].copy()
    for role in ROLES:
        answers = found.get(role)
        nothing = Answers(np.full(len(frame), np.nan))
        scores = scores.assign(**as_columns(role, nothing if answers is None else answers))
    return scores.assign(used=used)


def _routed(shop: Workshop, frame: pd.DataFrame, state: ReleaseState, found: dict[Role, Answers]) -> np.ndarray:
    """The role that answers each row, as the release routes it."""
    used = np.full(len(frame), "champion", dtype=object)
    if state.open is not None and "canary" in found:
        used[np.array(canary_mask(_units(shop, frame), state.open), dtype=bool)] = "canary"
    return used


def _units(shop: Workshop, frame: pd.DataFrame) -> list[str]:
    """What is routed: entities, and lists that are ranked, for one model must answer the whole of one."""
    query = shop.spec.label.query
    names: list[str] = (frame["_entity"] if query is None else as_text(frame[query], missing="")).tolist()
    return names


def _scores(shop: Workshop, frame: pd.DataFrame, versions: dict[Role, str]) -> tuple[dict[Role, Answers], list[str]]:
    """The scores of every version that can read the rows; a sentence for each that cannot.

    One that is not there any more is one that cannot, but for the champion: without it nobody would answer, where no
    other system does.

    Raises:
        CannotLoad: the champion.
    """
    found: dict[Role, Answers] = {}
    problems = []
    for role, version in versions.items():
        if shop.is_outside(version):
            continue
        try:
            found[role] = asked(shop.fitted(version), frame)
        except (MissingColumns, UnfitColumn, CannotLoad) as error:
            if role == "champion" and isinstance(error, CannotLoad) and shop.recorded is None:
                raise
            problems.append(f"version {version} ({role}) could not score: {error}")
    return found, problems
