"""Measure the gap to a fresh challenger: two cheap models, fitted, compared and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.events import known
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import fingerprint
from retrain_platform.dataset.split import Split
from retrain_platform.monitoring.gap import ChallengerSpec, GapReading, Side, read_gap
from retrain_platform.policy.history import Champion
from retrain_platform.policy.wording import periods
from retrain_platform.steps.answers import Answers, asked, judged, queries_of, stored, together
from retrain_platform.steps.champion import champion_at
from retrain_platform.steps.dataset.ingesting import features_of
from retrain_platform.steps.dataset.schema import present_features, world_of
from retrain_platform.steps.known import ROLES, days_of, labelled, ripened
from retrain_platform.steps.lines import DECIDED
from retrain_platform.steps.training.selecting import learned_from, trained_in, window_periods
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Fitted, OneClass
from retrain_platform.training.challenger import cheap

ASSET = "challenger_gap"


class Cut(NamedTuple):
    """Which ripe periods each side learns from and which judge both, and the share of rows that is learned from."""

    stale: list[Period]
    fresh: list[Period]
    judged: list[Period]
    share: float


def challenge(shop: Workshop, period: Period) -> GapReading | None:
    """Measure the gap at the period's end and keep it; None where it is not asked for, not due, or nobody answers.

    A pure function of the rows, the spec and the ledger's past: the same period gives the same reading.
    """
    spec = shop.spec.monitoring.challenger
    champion = champion_at(shop, period) if spec is not None and _due(shop, spec, period) else None
    if spec is None or champion is None:
        return None
    cut = _cut(shop, spec, period, champion)
    reading = _untold(shop, period, champion, cut) if isinstance(cut, str) else _read(shop, spec, period, champion, cut)
    shop.values.put(shop.model, ASSET, period.key, "gap", reading)
    return reading


def _due(shop: Workshop, spec: ChallengerSpec, period: Period) -> bool:
    """Every so many periods of the calendar: which ones hangs on nothing that was recorded before."""
    return (shop.spec.period.index(period.key) + 1) % round(spec.every / shop.spec.period.length()) == 0


def _untold(shop: Workshop, period: Period, champion: Champion, why: str) -> GapReading:
    return GapReading(
        period=period.key,
        as_of=period.end,
        version=champion.version,
        metric=shop.spec.primary,
        confidence=shop.spec.monitoring.confidence,
        why=why,
    )


def _cut(shop: Workshop, spec: ChallengerSpec, period: Period, champion: Champion) -> Cut | str:
    """Who learns from what, or why there is nothing to compare yet."""
    made = learned_from(shop, champion)
    if made is None:
        return f"what version {champion.version} learned from is not on record"
    world = world_of(shop, period)
    ripe = window_periods(shop, period.end, world, whole=True)
    count = round(spec.judge_on / shop.spec.period.length())
    # A window as long as a retrain's now, before what is judged.
    long = len(window_periods(shop, period.end, world, seen_until=champion.seen_until))
    fresh, judged = ripe[:-count][-long:], ripe[-count:]
    unseen = [one for one in ripe if one.start >= champion.seen_until]
    if len(unseen) <= count or not fresh:
        missing = periods(count + 1 - min(len(unseen), count), "more ripe")
        return f"it waits for {missing} that version {champion.version} has not seen: {count} to judge, 1 to learn from"
    stale = [one for one in (shop.spec.period.period(name) for name in made.periods) if one.end <= champion.seen_until]
    return Cut(stale, fresh, judged, _share(_labelled_rows(shop, period, fresh), spec.rows))


def _labelled_rows(shop: Workshop, period: Period, of: Sequence[Period]) -> int:
    known_rows = {key: value.period.labelled for key, value in ripened(shop, period.end).items()}
    return sum(known_rows.get(one.key, 0) for one in of)


def _share(rows: int, most: int) -> float:
    """The largest of 1, 1/2, 1/4, ... under which `rows` are at most `most`: in steps, so that the stale side lasts."""
    share = 1.0
    while rows * share > most:
        share /= 2
    return share


def _read(shop: Workshop, spec: ChallengerSpec, period: Period, champion: Champion, cut: Cut) -> GapReading:
    try:
        stale, fresh = _stale(shop, spec, champion, cut), _fresh(shop, spec, period, cut)
        frames = [labelled(shop, one.key, period.end) for one in cut.judged]
        rows = pd.concat(frames, ignore_index=True)
        answers = asked(fresh, rows), asked(stale, rows)
    except (OneClass, MissingColumns, UnfitColumn) as error:
        return _untold(shop, period, champion, f"a challenger could not be fitted or asked: {error}")
    reading = GapReading(
        period=period.key,
        as_of=period.end,
        version=champion.version,
        metric=shop.spec.primary,
        judged=tuple(one.key for one in cut.judged),
        share=cut.share,
        stale=Side(until=champion.seen_until, rows=_labelled_rows(shop, period, cut.stale)),
        fresh=Side(until=cut.fresh[-1].end, rows=_labelled_rows(shop, period, cut.fresh)),
        confidence=shop.spec.monitoring.confidence,
    )
    theirs = _theirs(shop, cut.judged, frames, champion.version)
    told = judged(shop.spec, rows, *answers, *([theirs] if theirs else []))
    fresh_scores, stale_scores, *others = told.scores
    days = days_of(rows, shop.spec.period.timezone)
    champions = others[0] if others else None
    return read_gap(reading, told.labels, fresh_scores, stale_scores, champions, days, told.queries)


def _theirs(shop: Workshop, of: Sequence[Period], frames: Sequence[pd.DataFrame], version: str) -> Answers | None:
    """This champion's answers about the judged rows, in whatever role; None where it was not asked of them all."""
    found = []
    for one, frame in zip(of, frames, strict=True):
        scored = shop.values.newest(shop.model, "predictions", one.key, Scored)
        roles = [role for role in ROLES if scored is not None and scored.versions.get(role) == version]
        if scored is None or not roles or roles[0] not in frame:
            return None
        found.append(stored(frame, roles[0], scored.classes))
    theirs = together(found)
    return None if theirs.missing.any() else theirs


def _fresh(shop: Workshop, spec: ChallengerSpec, period: Period, cut: Cut) -> Fitted:
    rows = _rows(shop, cut.fresh, period, cut.share)
    return _learned(shop, spec, rows, present_features(shop, features_of(shop, rows), cut.fresh))


def _stale(shop: Workshop, spec: ChallengerSpec, champion: Champion, cut: Cut) -> Fitted:
    """The side of the champion's own cut: fitted once for each champion and share, and kept."""
    recipe = cheap(shop.spec.training, trees=spec.trees, leaves=spec.leaves)
    until = trained_in(shop, champion)
    names = [one.key for one in cut.stale]
    made = {"version": champion.version, "decision": champion.decision_id, "share": cut.share, "periods": names}
    id = fingerprint({**made, "recipe": recipe.fingerprint(), "features": shop.spec.features.fingerprint()})
    folder = shop.values.folder(shop.model, "challenger_model", id) / "stale"
    if not folder.exists():
        rows = _rows(shop, cut.stale, until or cut.stale[-1], cut.share)
        shop.keep(_learned(shop, spec, rows, present_features(shop, features_of(shop, rows), cut.stale)), folder)
    name = f"challenger of {id}"
    if name not in shop.loaded:
        shop.loaded[name] = shop.load(folder)
    return shop.loaded[name]


def _learned(shop: Workshop, spec: ChallengerSpec, rows: pd.DataFrame, features: list[str]) -> Fitted:
    """Learned as a candidate would: the gap is to tell what its recipe gains, with its weights and its cleaning.

    Doubled rows alone stay: among rows that were drawn many have lost their twin.
    """
    recipe = cheap(shop.spec.training, trees=spec.trees, leaves=spec.leaves)
    return learn(shop, recipe, Split.undivided(rows), features)


def _rows(shop: Workshop, of: Sequence[Period], period: Period, share: float) -> pd.DataFrame:
    """The rows of the periods whose labels had arrived by the period's end, thinned by their place in the table."""
    frame = shop.lake.read(shop.events, [one.key for one in of])
    queries = queries_of(shop.spec, frame)
    units = np.arange(len(frame)) if queries is None else queries  # a list is drawn whole
    drawn = np.random.default_rng(shop.spec.training.seed).random(len(frame))[units] < share
    frame = known(frame[drawn] if share < 1 else frame, period.end)
    return frame[frame["_label"].notna()]


def decided_to_retrain(shop: Workshop, until: datetime) -> list[str]:
    """The periods in which a retrain was decided."""
    return [e.body["period"] for e in shop.entries() if e.kind == DECIDED and e.body["retrains"] and e.as_of <= until]
