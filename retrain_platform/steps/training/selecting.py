"""Which rows a decision trains on, and which examine what it learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.selection import Cuts, Labelled, Selection, settled
from retrain_platform.dataset.shares import Drawn, drawn_edges, drawn_split
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.versions import World
from retrain_platform.dataset.weights import age_weights, undersampled
from retrain_platform.dataset.window import Reach, reach
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.history import Champion
from retrain_platform.policy.wording import periods as counted
from retrain_platform.steps.known import ripened
from retrain_platform.steps.release.quarantine import held_out, told
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.semantic_version import RECIPE, recipe_fingerprint
from retrain_platform.validation.exam import Exam, choose_drawn_exam, choose_exam

_ENOUGH = 0.5
"""The least part of its share that a drawn holdout has: edges made of the first few rows are not those of many."""


def window_periods(
    shop: Workshop, as_of: datetime, world: World | None, *, whole: bool = False, seen_until: datetime | None = None
) -> list[Period]:
    """The ripe, sound periods that the learner's window covers, made as the newest rows are; `whole`: all of them.

    `seen_until` is the champion's, where there is one.
    """
    return reached(shop, as_of, world, seen_until, "all" if whole else None).periods


def reached(
    shop: Workshop,
    as_of: datetime,
    world: World | None,
    seen_until: datetime | None,
    window: Literal["all"] | timedelta | None = None,
) -> Reach:
    """The window of the spec, or another, among the ripe, sound periods that were made as the newest rows are.

    Those in quarantine are not among them.
    """
    held = held_out(shop, as_of)
    sound = (value.period for value in ripened(shop, as_of).values() if value.period.sound)
    ripe = [period for period in sound if not any(each.holds(period.start) for each in held)]
    kept = [p for p in ripe if world is None or p.start >= world.since]
    there = [shop.spec.period.period(p.period) for p in kept]
    return reach(there, window or shop.spec.training.window, as_of, seen_until)


class Begun(NamedTuple):
    """A selection before any row was read; `periods` are the window's."""

    periods: list[Period]
    how: Selection


def begin(shop: Workshop, decision: RetrainDecision, world: World | None, champion: Champion | None) -> Begun:
    """Which periods to read, and what to choose among their rows; the window is the decision's where it chose one.

    A window with fewer periods than the exam takes apart is widened to as many, so that the dataset can be shown;
    it says why it is refused.
    """
    recipe, seen_until = shop.spec.training, champion.seen_until if champion else None
    as_of, chosen = decision.as_of, decision.window or recipe.window
    window = reached(shop, as_of, world, seen_until, decision.window)
    kept, refused = recipe.kept_apart([], shop.spec.period.length()), ""
    needed = kept.stop + kept.holdout + 1
    whole = [*window.older, *window.periods]
    if len(window.periods) < needed <= len(whole) and chosen != "all":
        refused = (
            f"{window.said}: {counted(len(window.periods), 'ripe')} in it, must be >= {needed}: {kept.holdout} to "
            f"examine, {kept.stop} to stop early by, 1 to learn from; {counted(needed, 'ripe')} are shown"
        )
        window = window._replace(periods=whole[-needed:], older=[])
    older = window.older if recipe.history and window.periods else []
    how = Selection(
        older=tuple(period.key for period in older),
        since=window.periods[0].start if older else None,
        history=recipe.history if older else 0.0,
        cleaning=recipe.rows,
        embargo=recipe.split.embargo,
        sample=shop.sample,
        refused=refused,
        said=(*([window.said] if window.said else []), *(told(shop.spec, each) for each in held_out(shop, as_of))),
    )
    return Begun(window.periods, how)


class Parted(NamedTuple):
    """How the rows are parted and examined; `drawn` where that is by draws."""

    exam: Exam
    cuts: Cuts
    drawn: Drawn | None = None


def part(
    shop: Workshop,
    decision: RetrainDecision,
    rows: pd.DataFrame,
    periods: Sequence[Period],
    features: Sequence[str],
    champion: Champion | None,
) -> Parted:
    """The exam that the chosen rows of the periods allow, and how they are parted for it."""
    if shop.spec.training.split.by == "time":
        return _by_time(shop, decision, periods, features, champion)
    return _by_draws(shop, rows, periods, features, champion)


def _by_time(
    shop: Workshop,
    decision: RetrainDecision,
    periods: Sequence[Period],
    features: Sequence[str],
    champion: Champion | None,
) -> Parted:
    """The exam that the periods allow, and the cuts that it makes."""
    kept = shop.spec.training.kept_apart(_labelled_counts(shop, decision.as_of, periods), shop.spec.period.length())
    exam = choose_exam(
        decision.as_of,
        [(p.key, p.start, p.end) for p in periods],
        champion.seen_until if champion else None,
        kept.holdout,
        min_periods=kept.holdout,
        recipe_changed=_changed(shop, champion, features),
        stop_periods=kept.stop,
    )
    before = [p for p in periods if p.start < exam.cut]
    return Parted(exam, Cuts(before[-kept.stop].start if kept.stop else exam.cut, exam.cut))


def _by_draws(
    shop: Workshop,
    rows: pd.DataFrame,
    periods: Sequence[Period],
    features: Sequence[str],
    champion: Champion | None,
) -> Parted:
    """As `_by_time`, of a recipe whose rows are parted by draws: a row keeps its draw, so it is known who saw it."""
    recipe, others = shop.spec.training, _champions_draws(shop, champion)
    drawn = drawn_edges(rows, recipe.seed, recipe.split, others)
    wanted = recipe.split.shares[2] * len(rows) if recipe.split.shares else 0.0
    unseen = len(drawn_split(rows, drawn).holdout) if others is not None else 0
    exam = choose_drawn_exam(
        [(p.key, p.start, p.end) for p in periods],
        None if champion is None else unseen >= _ENOUGH * wanted,
        recipe_changed=_changed(shop, champion, features),
    )
    if exam.basis != "holdout":
        drawn = drawn_edges(rows, recipe.seed, recipe.split, None)
    return Parted(exam, Cuts(exam.cut, exam.cut), drawn)


def trained_in(shop: Workshop, champion: Champion) -> Period | None:
    """The period whose decision the champion was trained by: it ends when that was decided."""
    return shop.spec.period.holding(champion.trained_as_of - timedelta(microseconds=1))


def learned_from(shop: Workshop, champion: Champion) -> DatasetSnapshot | None:
    """The dataset that the champion was trained on; None where it is not on record."""
    period = trained_in(shop, champion)
    key = period.key if period else ""
    return shop.values.get(shop.model, "training_dataset", key, champion.decision_id, DatasetSnapshot)


def _champions_draws(shop: Workshop, champion: Champion | None) -> Drawn | None:
    """The edges that the champion's rows were parted by; None where it may have seen rows beyond them."""
    made = learned_from(shop, champion) if champion else None
    if made is None or made.selection.drawn is None or made.seed != shop.spec.training.seed:
        return None
    return made.selection.drawn


def _labelled_counts(shop: Workshop, as_of: datetime, periods: Sequence[Period]) -> list[int]:
    found = ripened(shop, as_of)
    return [found[period.key].period.labelled for period in periods]


def recipe_of(shop: Workshop, features: Sequence[str]) -> str:
    """The fingerprint of the recipe that the spec has now, for rows with these features."""
    return recipe_fingerprint(shop.spec.training, features, shop.spec.label.column, shop.spec.task)


def _changed(shop: Workshop, champion: Champion | None, features: Sequence[str]) -> bool:
    """Whether the champion was made by another recipe; of one that was made elsewhere the recipe is not known."""
    tags = shop.tags(champion.version) if champion else {}
    return RECIPE in tags and tags[RECIPE] != recipe_of(shop, features)


class Selected(NamedTuple):
    """The dataset's rows, how they were chosen, and how many were left out, by reason."""

    rows: pd.DataFrame
    how: Selection
    dropped: dict[str, int]


def select(recipe: LearnerSpec, chosen: Labelled, how: Selection, parted: Parted, features: Sequence[str]) -> Selected:
    """Leave out what the recipe says, and put in words what was done."""
    how = how.model_copy(update={"drawn": parted.drawn})
    rows, outliers, how = settled(chosen.rows, how, parted.cuts, features)
    dropped = {"duplicates": chosen.duplicates} if recipe.rows.duplicates else {}
    if recipe.rows.outliers and recipe.rows.outliers.action == "drop":
        dropped["outliers"] = outliers
    asked = bool(how.older) or recipe.rows.duplicates is not None or bool(dropped) or how.sample is not None
    said = (*how.said, *_said(recipe, chosen, how, how.parts(rows, parted.cuts).train))
    update = {"said": said, "unlabelled": chosen.unlabelled if asked else None}
    return Selected(rows, how.model_copy(update=update), dropped)


def _said(recipe: LearnerSpec, chosen: Labelled, how: Selection, train: pd.DataFrame) -> Iterator[str]:
    if how.sample is not None:
        yield how.sample.said
    if how.older:
        drawn = f"{chosen.older:,} rows drawn of {counted(len(how.older), 'older')}"
        yield f"history {how.history:g}: {drawn}, {how.older[0]} to {how.older[-1]}"
    rule = recipe.rows.outliers
    if rule is not None:
        done = "left out of the training part" if rule.action == "drop" else "moved to the limit, in every score too"
        limits = ", ".join(f"{name} {low:.4g} to {high:.4g}" for name, (low, high) in how.limits.items())
        yield f"outliers by {rule.method}, beyond {rule.beyond:g}, {done}: {limits or 'no column has limits'}"
    if recipe.half_life is not None and len(train):
        weights = age_weights(train["_event_time"], recipe.half_life)
        worth = weights.sum() ** 2 / (weights**2).sum()
        said = f"{len(train):,} rows tell as much as {worth:,.0f} that weigh alike"
        yield f"half_life {duration_text(recipe.half_life)}: {said}"
    if recipe.balance != "none" and len(train):
        yield _balance_said(recipe, train["_label"].to_numpy())


def _balance_said(recipe: LearnerSpec, labels: np.ndarray) -> str:
    names, sizes = np.unique(labels, return_counts=True)
    shares = ", ".join(
        f"{name:g}: {size / len(labels):.1%}" if isinstance(name, float) else f"{name}: {size / len(labels):.1%}"
        for name, size in zip(names.tolist(), sizes.tolist(), strict=True)
    )
    done = "classes weigh alike"
    if recipe.balance == "undersample":
        kept = int(undersampled(labels, np.zeros(len(labels))).sum())
        done = f"{kept:,} of {len(labels):,} rows to learn from stay, {sizes.min():,} of each class"
    return f"balance {recipe.balance}: {done}; scores are put back to the true shares ({shares})"
