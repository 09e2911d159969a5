"""Going on from the champion: whether it can, and the fit on rows newer than any that it saw."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

import pandas as pd

from retrain_platform.dataset.classes import class_names
from retrain_platform.dataset.cleaning import Limits
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split
from retrain_platform.policy.history import Champion
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.training.selecting import recipe_of
from retrain_platform.steps.training.training import sides
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.adjusted import adjusted, adjustment_of, within
from retrain_platform.training.base import Candidate, Continuing, Fitted
from retrain_platform.training.incremental import CannotContinue
from retrain_platform.training.lesson import lesson
from retrain_platform.training.search import Found
from retrain_platform.training.semantic_version import FOUND, RECIPE


class Base(NamedTuple):
    """The version to go on from, by rows from `since` on; `found` are the parameters of its search."""

    version: str
    fitted: Fitted
    since: datetime
    found: Found
    said: str = ""


def base_of(shop: Workshop, period: Period, made: DatasetSnapshot, train: pd.DataFrame) -> Base:
    """The champion as it stands at the period's decision, where it can go on from the new rows of `train`.

    Raises:
        CannotContinue: why it cannot.
    """
    champion = history(shop, period).champion
    asked = shop.spec.training.incremental
    if asked is None or champion is None:
        raise CannotContinue("there is no champion" if champion is None else "training.incremental is not given")
    if made.basis == "recipes":
        raise CannotContinue(f"version {champion.version} saw rows of the exam")
    if why := _other_recipe(shop, champion, made):
        raise CannotContinue(why)
    new = _new(train, champion.seen_until)
    if len(new) < asked.min_rows:
        since = f"since {champion.seen_until:%Y-%m-%d %H:%M}, which version {champion.version} saw"
        raise CannotContinue(f"{len(new)} rows to learn from {since}, must be >= {asked.min_rows}")
    fitted = shop.fitted(champion.version)
    if why := _unteachable(shop, made, new, fitted, champion):
        raise CannotContinue(why)
    most = getattr(asked, "max_rounds", None)
    if most is not None and fitted.report.rounds >= most:
        raise CannotContinue(f"version {champion.version} has {fitted.report.rounds} trees, must be < {most}")
    said = (
        f"goes on from version {champion.version} by {len(new)} rows since {champion.seen_until:%Y-%m-%d %H:%M}; "
        f"values of text columns that it does not know stay unknown until the next full retrain"
    )
    return Base(champion.version, fitted, champion.seen_until, _found(shop, champion.version), said)


def _unteachable(shop: Workshop, made: DatasetSnapshot, new: pd.DataFrame, fitted: Fitted, champion: Champion) -> str:
    """Why the new rows cannot teach the champion's model anything; empty where they can.

    Of classes those of the refit's rows are asked about, too: it goes on by all new rows, or not at all.
    """
    if shop.spec.task == "regression":
        return ""
    if new["_label"].nunique() < 2:
        what = "relevance" if shop.spec.task == "ranking" else "class"
        return f"the {len(new)} new rows to learn from have one {what} only"
    known = fitted.report.classes
    all_new = class_names(_new(rows_of(shop, made), champion.seen_until)["_label"]) if known else ()
    strange = [name for name in all_new if name not in known]
    return f"version {champion.version} does not know {', '.join(strange)}, a class of the new rows" if strange else ""


def base_again(shop: Workshop, candidate: Candidate) -> Base | None:
    """What a candidate went on from; None where it was trained anew.

    Raises:
        CannotLoad: the version is gone.
    """
    if candidate.continued_since is None:
        return None
    fitted = shop.fitted(candidate.continued_from)
    return Base(candidate.continued_from, fitted, candidate.continued_since, candidate.found)


def go_on(
    shop: Workshop,
    recipe: LearnerSpec,
    base: Base,
    rows: Split,
    columns: list[str],
    *,
    limits: Limits | None,
    rounds: int | None,
) -> Fitted:
    """The base gone on by the new rows of the training part, stopped early by those of the valid part.

    Raises:
        TypeError: the recipe's learner cannot go on; specs that ask it to are refused.
    """
    learner = shop.teach(recipe)
    if not isinstance(learner, Continuing):
        raise TypeError(f"learner == {recipe.kind!r}, must be one that goes on learning")
    adjustment = adjustment_of(base.fitted)
    new = Split(_new(rows.train, base.since), _new(rows.valid, base.since), rows.holdout, embargoed=rows.embargoed)
    train, valid = sides(shop, lesson(recipe, new, columns, adjustment.limits or limits), columns)
    return adjusted(learner.continue_from(within(base.fitted), train, valid=valid, rounds=rounds), adjustment)


def _new(rows: pd.DataFrame, since: datetime) -> pd.DataFrame:
    """The rows that the champion cannot have seen."""
    return rows[rows["_event_time"] >= pd.Timestamp(since)]


def _other_recipe(shop: Workshop, champion: Champion, made: DatasetSnapshot) -> str:
    """Why the champion is no model of the spec's recipe and of these features; empty where it is."""
    if shop.tags(champion.version).get(RECIPE) != recipe_of(shop, made.features):
        return f"the recipe or its features are others than those of version {champion.version}"
    return ""


def _found(shop: Workshop, version: str) -> Found:
    found: Found = json.loads(shop.tags(version).get(FOUND, "{}"))
    return found
