"""What the measured suites look at: the two models, their packages, and the rows to ask them about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import finite
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.falls import Fall
from retrain_platform.steps.answers import Answers, asked, judged, queries_of
from retrain_platform.steps.champion import champion_at
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.dataset import parts, rows_of
from retrain_platform.steps.training.stored_requests import even_places, evenly
from retrain_platform.steps.workshop import CannotLoad, Workshop
from retrain_platform.training.base import Fitted
from retrain_platform.validation.base import Measurements
from retrain_platform.validation.suites import Estimate

_WITHOUT_EXAM = 2000
"""Where no row may examine the candidate, what needs no honest label is asked of so many of the newest rows."""


class Asked(NamedTuple):
    """What a model answered; `problem` where it gave nothing, or something that is no number."""

    answers: Answers
    problem: str = ""

    @property
    def scores(self) -> np.ndarray:
        """Of shape (rows,), or (rows, classes)."""
        return self.answers.scores


@dataclass(frozen=True)
class Scene:
    """One candidate on its exam's rows. `examined`: no model saw the rows, so that their labels may judge.

    `package` is the folder that the candidate was kept in, `digest` that of its bytes then. `champion` is None where
    there is none or it cannot be loaded, which `absent` says. `comparable`: the champion did not see the rows either.
    """

    shop: Workshop
    candidate: Fitted
    package: Path
    digest: str
    champion: Fitted | None
    champion_package: Path | None
    absent: str
    rows: pd.DataFrame
    examined: bool
    comparable: bool

    @cached_property
    def labels(self) -> np.ndarray:
        """The labels as float64, shape (rows,); of several classes their places."""
        return judged(self.shop.spec, self.rows).labels

    @cached_property
    def days(self) -> np.ndarray:
        """The local day of each row."""
        return days_of(self.rows, self.shop.spec.period.timezone)

    @property
    def features(self) -> list[str]:
        """The features that the candidate was fitted on and the rows have."""
        return [name for name in self.candidate.report.features if name in self.rows.columns]

    @cached_property
    def mine(self) -> Asked:
        """What the candidate answers about the rows as they are: asked once, for every suite."""
        return ask(self.candidate, self.rows)

    @cached_property
    def theirs(self) -> Asked | None:
        """What the champion answers about them; None without one."""
        return None if self.champion is None else ask(self.champion, self.rows)


def scene_of(
    shop: Workshop,
    period: Period,
    decision: RetrainDecision,
    made: DatasetSnapshot,
    measured: Measurements,
    digest: str,
) -> Scene:
    """The scene of a decision's exam; `digest` is that of the package's bytes after the fit, where one was taken."""
    package = shop.values.folder(shop.model, "candidate_model", decision.id) / "exam"
    examined = made.basis != "too few rows"
    rows = parts(shop, made).holdout if examined else rows_of(shop, made).tail(_WITHOUT_EXAM)
    champion, at, absent = _champion(shop, period)
    return Scene(
        shop=shop,
        candidate=shop.load(package),
        package=package,
        digest=digest,
        champion=champion,
        champion_package=at,
        absent=absent,
        rows=rows.reset_index(drop=True),
        examined=examined,
        comparable=made.basis == "holdout" and measured.basis == "holdout",
    )


def _champion(shop: Workshop, period: Period) -> tuple[Fitted | None, Path | None, str]:
    """The champion, its package, and why there is none to ask."""
    standing = champion_at(shop, period)
    if standing is None:
        return None, None, "no champion to compare with"
    try:
        return shop.fitted(standing.version), shop.registry.package(shop.model, standing.version), ""
    except (CannotLoad, LookupError) as error:
        return None, None, str(error)


def ask(model: Fitted, frame: pd.DataFrame) -> Asked:
    """The model's scores of rows that it may not be made for: whatever it raises is an answer of its kind."""
    try:
        answers = asked(model, frame)
    except Exception as error:  # a library, or the user's own model, may fail in any way on strange rows
        said = " ".join(str(error).split())
        return Asked(Answers(np.empty(0)), f"{type(error).__name__}: {said}"[:300])
    bad = int((~np.isfinite(answers.scores)).sum())
    return Asked(answers, f"{bad} of its {answers.scores.size} scores are not finite" if bad else "")


def estimate(found: Fall, rows: int) -> Estimate:
    """A share with its error, as the exam keeps it."""
    return Estimate(value=found.value, error=finite(found.error), days=found.days, rows=rows)


def of_features(frame: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Those of the features that the frame has, sharing its memory."""
    return with_columns(frame, [name for name in features if name in frame.columns])


def evenly_whole(spec: ModelSpec, frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """As `evenly`; of a ranking whole lists, one at least: a part of a list is another question."""
    queries = queries_of(spec, frame)
    if queries is None or len(frame) <= count:
        return evenly(frame, count)
    sizes = np.bincount(queries)
    chosen = even_places(len(sizes), max(1, int(count / sizes.mean())))
    chosen = chosen[: max(1, int((np.cumsum(sizes[chosen]) <= count).sum()))]
    return frame[np.isin(queries, chosen)].reset_index(drop=True)
