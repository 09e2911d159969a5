"""Predictions that another system recorded, taken for the answers of whoever gave them.

The model that answers before the platform's first version is known by a name alone: it is measured, its drift is told,
and candidates are compared with what it answered. It can be neither loaded nor asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.recording import BY, SCORE, BadPredictions, Matched, with_predictions
from retrain_platform.dataset.times import BadTimes
from retrain_platform.monitoring.reports import Role
from retrain_platform.release.fold import OUTSIDE_PROMOTION
from retrain_platform.steps.answers import Answers
from retrain_platform.steps.workshop import Workshop

NOBODY = "nobody"
"""Who answered a row of which no prediction was recorded."""

_OTHER = "another version"
_SAME, _FEW = 1e-3, 0.01
"""Recorded scores may be rounded: nearer than this, relative to the larger of 1 and the score, they are the same; and
so large a share of the rows may differ all the same before it is told."""


def with_recorded(shop: Workshop, period: Period, frame: pd.DataFrame) -> Matched:
    """Give the period's events what was recorded of them; unchanged where the spec names no such table.

    Raises:
        BadEvents: the table does not fit the events.
    """
    of = shop.spec.predictions
    if of is None or shop.recorded is None or frame.empty:
        return Matched(frame, ())
    table = shop.recorded(period)
    try:
        return with_predictions(frame, table, of, shop.spec.period.timezone, binary=shop.spec.task == "binary")
    except (BadPredictions, BadTimes) as error:
        raise BadEvents([str(error)]) from None


def adopt(shop: Workshop, period: Period, frame: pd.DataFrame) -> None:
    """Put on record, once, that a model from outside answers: from the first period of which it has predictions."""
    of = shop.spec.predictions
    if of is None or SCORE not in frame or not frame[SCORE].notna().any() or not shop.is_next(period):
        return
    if shop.state().champion is None:
        why = f"{of.model} answers: its predictions stand in {of.told()}"
        shop.ledger.append(
            shop.model, OUTSIDE_PROMOTION, f"adopted:{of.model}", period.start, why=why, body={"version": of.model}
        )


def recorded_of(shop: Workshop, frame: pd.DataFrame, version: str) -> Answers:
    """What the model from outside answered to the events of `frame`; nan where it did not, or it was not recorded."""
    mine = _answered_by(shop, frame, {"champion": version}) == "champion"
    return Answers(np.where(mine, _column(frame, SCORE, np.nan).astype(np.float64), np.nan))


class Served(NamedTuple):
    """The answers by role, the role that answered each row, and what is wrong with them."""

    found: dict[Role, Answers]
    used: np.ndarray
    problems: list[str]


def as_served(
    shop: Workshop, frame: pd.DataFrame, versions: Mapping[Role, str], computed: Mapping[Role, Answers]
) -> Served:
    """What was recorded in place of what the versions would have answered, for the rows that each really answered.

    The champion has no answer where nobody answered; where another version did, what it would have answered counts, so
    that the two can be compared row by row. A role without any answer is left out, and it is said.
    """
    used = _answered_by(shop, frame, versions)
    recorded = _column(frame, SCORE, np.nan).astype(np.float64)
    found: dict[Role, Answers] = {}
    problems = list(_strange(used, frame))
    for role, version in versions.items():
        mine = used == role
        own = computed[role].scores if role in computed else np.full(len(frame), np.nan)
        if role in computed and mine.any():
            problems += _skew(version, recorded[mine], own[mine])
        if role == "champion":
            own = np.where(used == NOBODY, np.nan, own)
        scores = np.where(mine, recorded, own)
        if np.isfinite(scores).any():
            found[role] = Answers(scores)
        elif role == "champion" or not shop.is_outside(version):
            problems.append(f"version {version} ({role}) has no recorded prediction of any of {len(frame)} rows")
    return Served(found, used, problems)


def _column(frame: pd.DataFrame, name: str, missing: object) -> np.ndarray:
    """A column that rows from before the table was named lack."""
    return frame[name].to_numpy() if name in frame else np.full(len(frame), missing, dtype=object)


def _answered_by(shop: Workshop, frame: pd.DataFrame, versions: Mapping[Role, str]) -> np.ndarray:
    """The role of whoever answered each row, else `NOBODY` or another version; whom no registry knows is outside."""
    of = shop.spec.predictions
    by = pd.Series(_column(frame, BY, None), dtype=object)
    used = np.full(len(frame), "champion", dtype=object)
    if of is not None and of.version is not None:
        known = {each.version for each in shop.registry.versions(shop.model)}
        named = by.where(by.isin(known), of.model)
        used = named.map({version: role for role, version in versions.items()}).fillna(_OTHER).to_numpy(dtype=object)
    used[np.isnan(_column(frame, SCORE, np.nan).astype(np.float64))] = NOBODY
    return used


def _strange(used: np.ndarray, frame: pd.DataFrame) -> list[str]:
    others = used == _OTHER
    if not others.any():
        return []
    names = sorted({str(name) for name in frame[BY][others]})
    said = (
        f"{int(others.sum())} of {len(used)} rows were answered by {', '.join(names)}, which the release gives no part"
    )
    return [f"{said}: what serves does not follow the registry's aliases"]


def _skew(version: str, recorded: np.ndarray, own: np.ndarray) -> list[str]:
    """What serving answered beside what the registered version answers to the same rows."""
    apart = np.abs(recorded - own)
    differ = ~(apart <= _SAME * np.maximum(1, np.abs(own)))
    if differ.mean() <= _FEW:
        return []
    return [
        f"the answers that were served are not those of version {version}: {int(differ.sum())} of {len(own)} rows "
        f"differ, by up to {np.nanmax(apart):.3g}"
    ]
