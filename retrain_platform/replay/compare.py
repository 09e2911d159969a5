"""What else could have answered: the first model for ever, or each new one at once."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.record import Record
from retrain_platform.stats.intervals import Interval, single
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Judged, asked, columns_to_judge, judged, stored
from retrain_platform.steps.known import days_of, labelled, ripened
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop


class Compared(Record):
    """The model's metric by ripe period under three roads; None where a road had no model yet.

    `lived`: what answered, a canary's rows by the canary. `never`: the first model, never
    retrained. `at_once`: each registered version from the period after its data ended, as if
    releasing took no time. `retrains`: those after the first that ended in a registered version.
    """

    metric: str
    periods: tuple[str, ...]
    lived: tuple[float | None, ...]
    never: tuple[float | None, ...]
    at_once: tuple[float | None, ...]
    retrains: int

    def mean(self, road: str) -> float:
        """The road's mean over the periods that all three measured; nan without one."""
        rows = zip(self.lived, self.never, self.at_once, strict=True)
        together = [row for row in rows if all(value is not None for value in row)]
        place = ("lived", "never", "at_once").index(road)
        return float(np.mean([row[place] for row in together])) if together else float("nan")


def compare_roads(shop: Workshop, until: datetime) -> Compared:
    """Score the periods that were ripe by `until` as never and at once would have, beside what was lived."""
    ended = [entry for entry in shop.entries() if entry.kind == RETRAINED and entry.as_of <= until]
    made = [entry for entry in ended if entry.body["version"] is not None]
    answered = lived(shop, until)
    never, at_once = [], []
    for key in answered:
        start = shop.spec.period.period(key).start
        known = [entry.body["version"] for entry in made if entry.as_of <= start]
        scores = _scores(shop, key, {*known[:1], *known[-1:]}, until)
        never.append(scores[known[0]] if known else None)
        at_once.append(scores[known[-1]] if known else None)
    return Compared(
        metric=shop.spec.primary,
        periods=tuple(answered),
        lived=tuple(_known(interval.value) for interval in answered.values()),
        never=tuple(never),
        at_once=tuple(at_once),
        retrains=max(0, len(made) - 1),
    )


def lived(shop: Workshop, until: datetime) -> dict[str, Interval]:
    """The metric of the scores that were used, with its interval by day, for every ripe period that was scored."""
    of, confidence = metric(shop.spec.primary), shop.spec.monitoring.confidence
    found = {}
    for key in ripened(shop, until):
        scored = shop.values.newest(shop.model, "predictions", key, Scored)
        if scored is None or "champion" not in scored.versions:
            continue
        frame = labelled(shop, key, until, columns=columns_to_judge(shop.spec))
        days = days_of(frame, shop.spec.period.timezone)
        used = _used(shop, frame, scored)
        found[key] = single(used.labels, used.scores[0], days, of, confidence, used.queries)
    return found


def _used(shop: Workshop, frame: pd.DataFrame, scored: Scored) -> Judged:
    """The rows with the scores that answered each."""
    roles = [role for role in ("champion", "canary") if role == "champion" or role in scored.versions]
    both = judged(shop.spec, frame, *(stored(frame, role, scored.classes) for role in roles))
    canary = frame["used"].to_numpy() == "canary"
    used = both.scores[0].copy()
    used[canary] = both.scores[-1][canary]
    return both._replace(scores=(used,))


def _scores(shop: Workshop, key: str, versions: set[str], as_of: datetime) -> dict[str, float | None]:
    """What each of the versions would have scored in the period."""
    if not versions:
        return {}
    frame = labelled(shop, key, as_of)
    return {version: _score(shop, frame, version) for version in versions}


def _score(shop: Workshop, frame: pd.DataFrame, version: str) -> float | None:
    rows = judged(shop.spec, frame, asked(shop.fitted(version), frame))
    return _known(metric(shop.spec.primary).compute(rows.labels, rows.scores[0], queries=rows.queries))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
