"""For how many periods running a feature has been over its limit, and what widens that limit."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import takewhile
from math import sqrt
from typing import NamedTuple

from retrain_platform.monitoring.reports import SQUARES, DriftReport, FeatureDrift
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.wording import number, periods
from retrain_platform.stats.tails import carried, of_chance, of_periods

NAMED = 4
"""How many features or categories a sentence names."""


class Rule(NamedTuple):
    """What a score is judged by.

    The limit is `over`, widened to the noise of periods and to that of sampling. Each is passed by
    1 ordinary period in 20 (the noise of n < 20 periods: 1 in n + 1); with `chance` both are carried
    out so far that any of `looks` features passes its own with that chance at most.
    """

    measure: str
    over: float
    chance: float | None = None
    looks: int = 1

    def limit(self, drift: FeatureDrift) -> float | None:
        """The feature's limit; None where `chance` is asked for and nothing is known of ordinary periods."""
        noise = self.noise(drift)
        return None if noise is None else max(self.over, noise)

    def noise(self, drift: FeatureDrift) -> float | None:
        """What ordinary periods, and chance alone, score at most; None where `limit` is."""
        noise, sampling = drift.noise.get(self.measure), drift.sampling.get(self.measure) or 0.0
        if self.chance is None:
            return max(noise or 0.0, sampling)
        if noise is None or drift.noise_periods < 2:
            return None
        each = self.chance / self.looks
        wider, wider_chance = of_periods(drift.noise_periods, each), of_chance(each)
        known = drift.chance.get(self.measure) or 0.0
        if self.measure in SQUARES:
            return max(carried(noise, known, factor=wider), sampling * wider_chance)
        return max(sqrt(carried(noise**2, known**2, factor=wider)), sampling * sqrt(wider_chance))

    def exceeded(self, drift: FeatureDrift | None) -> bool:
        """Whether the feature is over its limit."""
        if drift is None:
            return False
        score, limit = drift.scores.get(self.measure), self.limit(drift)
        return score is not None and limit is not None and score > limit

    def drowned(self, drift: FeatureDrift) -> bool:
        """Whether chance alone, at these numbers of rows, reaches what the rule calls drift."""
        sampling = drift.sampling.get(self.measure)
        each = 1.0 if self.chance is None else of_chance(self.chance / self.looks)
        wider = each if self.measure in SQUARES else sqrt(each)
        return sampling is not None and sampling * wider > self.over


class Watched(NamedTuple):
    """One feature's newest score against its limit, and for how many periods running it has been over.

    `drowned`: it is within a limit that its few rows alone have widened.
    """

    feature: str
    score: float
    limit: float
    widened: bool
    held: int
    new: tuple[str, ...]
    drowned: bool = False

    @property
    def over(self) -> bool:
        """Whether the newest score is over the limit."""
        return self.held > 0

    @property
    def text(self) -> str:
        """Score and limit as a sentence says them."""
        against = f"{number(self.score)} of {self.feature} against {number(self.limit)}"
        widened = " (widened by its noise)" if self.widened else ""
        new = f" (new: {', '.join(self.new[:NAMED])})" if self.new and self.over else ""
        return against + widened + new


def watched(stream: Sequence[FeatureDrift | None], rule: Rule) -> Watched | None:
    """One feature of several periods, newest first; None where the newest was not measured or has no limit."""
    newest = stream[0] if stream else None
    score = None if newest is None else newest.scores.get(rule.measure)
    limit = None if newest is None else rule.limit(newest)
    if newest is None or score is None or limit is None:
        return None
    held = sum(1 for _ in takewhile(rule.exceeded, stream))
    drowned = not held and rule.drowned(newest)
    return Watched(newest.feature, score, limit, limit > rule.over, held, newest.new_categories, drowned)


def ranked(seen: Sequence[Watched]) -> list[Watched]:
    """Those over their limit for longest first, then by score over limit."""
    return sorted(seen, key=lambda each: (-each.held, -each.score / each.limit, each.feature))


def judged(streams: Sequence[Sequence[FeatureDrift | None]], rule: Rule) -> list[Watched]:
    """Those of several features that can be judged, ranked."""
    return ranked([seen for stream in streams if (seen := watched(stream, rule)) is not None])


def decided(decisive: Watched, needed: int, *, trigger: str, action: Action, sentence: str) -> Finding:
    """The finding of a trigger for which one feature decides, over its limit for `needed` periods running or not."""
    verdict: FindingVerdict = "fired" if decisive.held >= needed else "holding" if decisive.over else "quiet"
    return Finding(
        trigger=trigger,
        verdict=verdict,
        action=asks(verdict, action),
        value=decisive.score,
        limit=decisive.limit,
        held=decisive.held,
        needed=needed,
        sentence=sentence,
    )


def over_limit(measure: str, over: Sequence[Watched]) -> str:
    """The features that are over their limit, in words."""
    named = ", ".join(f"{seen.text} for {periods(seen.held)}" for seen in over[:NAMED])
    more = f" and {len(over) - NAMED} more" if len(over) > NAMED else ""
    return f"{measure} over its limit: {named}{more}"


def names(patterns: Sequence[str], feature: str) -> bool:
    """Whether any pattern matches."""
    return any(fnmatchcase(feature, pattern) for pattern in patterns)


def comparable(reports: Sequence[DriftReport], period: str) -> list[DriftReport]:
    """The reports against the newest one's reference, newest first; none unless `period` was watched.

    A reference made by a rule takes other periods as time goes on and stays the same reference.
    """
    newest_first = list(reversed(reports))
    if not newest_first or newest_first[0].period != period:
        return []
    first = newest_first[0]
    return list(
        takewhile(
            lambda each: each.basis == first.basis and (each.basis != "" or each.reference == first.reference),
            newest_first,
        )
    )


def streams(reports: Sequence[Sequence[FeatureDrift]], patterns: Sequence[str]) -> list[list[FeatureDrift | None]]:
    """Of each feature of the newest (the first) that a pattern matches, what all the reports say of it."""
    by_name = [{drift.feature: drift for drift in features} for features in reports]
    return [[each.get(name) for each in by_name] for name in by_name[0] if names(patterns, name)] if by_name else []
