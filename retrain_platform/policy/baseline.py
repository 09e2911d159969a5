"""What a champion's newest readings are held against, and how far they fell below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import takewhile
from math import sqrt
from statistics import NormalDist, fmean
from typing import Literal, NamedTuple

from retrain_platform.policy.history import History
from retrain_platform.policy.readings import Measured, Segment, champion_readings, starts
from retrain_platform.policy.spread import Spread, days_in, spread
from retrain_platform.policy.wording import are_in, periods

Against = Literal["proven", "best", "season"]


class Baseline(NamedTuple):
    """The readings `before` that are the baseline, those that are `judged` against it, and what to call it.

    `choices`: of how many runs of readings it is the best, which is partly luck. `spread` is that of the
    champion's proven days, and `days` on how many days the baseline and the dwell lie, where a reading has no interval.
    """

    before: Sequence[Measured]
    judged: Sequence[Measured]
    called: str
    choices: int = 1
    spread: Spread | None = None
    days: tuple[int, int] = (1, 1)


class Untold(NamedTuple):
    """Nothing can be judged yet, and why."""

    why: str


class Fall(NamedTuple):
    """How much worse the newest periods are than the baseline, positive when worse, in the metric's unit.

    `mean` is over the dwell's periods, `error` its standard error (None without intervals, and without a `spread`
    that stands for them), `held` how many periods running, ending now, are each worse by more than `limit`. `called`
    names the baseline, `newest` the newest period. Chance and bound allow for a baseline that is the best of `choices`
    (Bonferroni); where the error is a `spread`, they are those of Student's t over `days` of baseline and dwell.
    """

    baseline: float
    mean: float
    limit: float
    error: float | None
    held: int
    called: str
    newest: str
    choices: int = 1
    spread: Spread | None = None
    days: tuple[int, int] = (1, 1)

    @property
    def chance(self) -> float | None:
        """The one-sided p-value of no fall; None without an error."""
        if self.error is None:
            return None
        if self.spread is not None and self.spread.enough:
            return min(1.0, self.choices * self.spread.chance(self.mean, *self.days))
        if self.error == 0:
            return 0.0 if self.mean > 0 else 1.0
        return min(1.0, self.choices * NormalDist().cdf(-self.mean / self.error))

    def lower(self, confidence: float) -> float | None:
        """The one-sided lower bound of the mean fall."""
        if self.error is None:
            return None
        if self.spread is not None and self.spread.enough:
            return self.mean - self.spread.reach(1 - (1 - confidence) / self.choices, *self.days)
        return self.mean - NormalDist().inv_cdf(1 - (1 - confidence) / self.choices) * self.error


class Rule(NamedTuple):
    """How a baseline is chosen: `size` readings make it, the newest `needed` are judged."""

    against: Against
    size: int
    needed: int
    cycle: timedelta
    sign: float

    def choose(self, history: History, metric: str, segment: Segment | None) -> Baseline | Untold:
        """The baseline of the history's champion, whole or within a segment."""
        champion = history.champion
        if champion is None:
            return Untold(f"{metric} is judged against a champion's own baseline")
        readings = champion_readings(history, champion, metric, segment)
        fallback = ""
        if self.against == "season":
            season = self._season(history, metric, segment, readings)
            if season is not None:
                return self._with_spread(season, history, readings)
            fallback = f" (no {periods(self.size, 'ripe')} of its season a cycle ago)"
        if champion.until_proven is not None:
            return self._standing(history, metric, segment, readings)
        missing = self.size + self.needed - len(readings)
        if missing > 0:
            return Untold(
                f"{metric} waits for {periods(missing, 'more ripe')}: {self.size} make the baseline "
                f"of version {champion.version} and {self.needed} are judged, {are_in(len(readings))}"
            )
        start = self._start(readings[: -self.needed])
        choices = len(readings) - self.needed - self.size + 1 if self.against == "best" else 1
        stop = start + self.size
        found = Baseline(readings[start:stop], readings[stop:], f"its baseline{fallback}", choices)
        return self._with_spread(found, history, readings)

    def _with_spread(self, chosen: Baseline, history: History, readings: Sequence[Measured]) -> Baseline:
        """The baseline, with the spread of the champion's proven days where a reading has no interval of its own."""
        judged = chosen.judged[-self.needed :]
        if all(each.low is not None for each in (*chosen.before, *judged)):
            return chosen
        days = days_in(history, chosen.before), days_in(history, judged)
        return chosen._replace(spread=spread(history, readings[: -self.needed]), days=days)

    def _standing(
        self, history: History, metric: str, segment: Segment | None, readings: Sequence[Measured]
    ) -> Baseline | Untold:
        """The baseline of the version before, for one that is not proven: it must not be its own from its first day on.

        The readings that the version before was judged by; the champion's own are all judged.
        """
        champion = history.champion
        version = None if champion is None else champion.until_proven
        before = champion_readings(history, version, metric, segment)
        called = f"the baseline of version {version}, which stands until its successor is proven"
        if len(before) < self.size:
            missing = periods(self.size - len(before), "more ripe")
            return Untold(f"{metric} cannot be held against {called}: it lacks {missing}")
        if len(readings) < self.needed:
            missing = periods(self.needed - len(readings), "more ripe")
            return Untold(f"{metric} waits for {missing} to be held against {called}")
        start = self._start(before)
        choices = len(before) - self.size + 1 if self.against == "best" else 1
        found = Baseline(before[start : start + self.size], readings, called, choices)
        return self._with_spread(found, history, [*before, *readings])

    def _start(self, earlier: Sequence[Measured]) -> int:
        """Where the baseline begins within the readings before the dwell."""
        if self.against != "best":
            return 0
        return max(
            range(len(earlier) - self.size + 1),
            key=lambda start: self.sign * fmean(each.value for each in earlier[start : start + self.size]),
        )

    def _season(
        self, history: History, metric: str, segment: Segment | None, readings: Sequence[Measured]
    ) -> Baseline | None:
        """What champions showed in the judged periods' season a cycle ago; None where too few periods did.

        The season is as many periods around the same dates as the longer of baseline and dwell. Whoever
        was champion then: a season is older than most versions.
        """
        begun = starts(history)
        judged = [each for each in readings[-self.needed :] if each.period in begun]
        if len(judged) < self.needed:
            return None
        ends = [begun[judged[place].period].astimezone(UTC) for place in (0, -1)]
        middle = ends[0] + (ends[1] - ends[0]) / 2 - self.cycle
        reach = max(self.size, self.needed) / 2 * history.period_length
        season = [
            each
            for each in champion_readings(history, None, metric, segment)
            if each.period in begun and abs(begun[each.period].astimezone(UTC) - middle) <= reach
        ]
        if len(season) < self.size:
            return None
        who = ", ".join(dict.fromkeys(each.version for each in season))
        called = f"the baseline of its season, {season[0].period} to {season[-1].period} (version {who})"
        return Baseline(season, judged, called)


def fall(chosen: Baseline, limit: float | None, share: float | None, rule: Rule, confidence: float) -> Fall:
    """How far the judged readings are from the baseline; the limit is `limit`, or `share` of the baseline."""
    baseline = fmean(reading.value for reading in chosen.before)
    most = limit if limit is not None else (share or 0.0) * abs(baseline)
    falls = [rule.sign * (baseline - reading.value) for reading in chosen.judged]
    error = _error_of_difference(chosen.before, chosen.judged[-rule.needed :], confidence)
    if error is None and chosen.spread is not None and chosen.spread.enough:
        error = chosen.spread.error(*chosen.days)
    return Fall(
        baseline=baseline,
        mean=fmean(falls[-rule.needed :]),
        limit=most,
        error=error,
        held=sum(1 for _ in takewhile(lambda each: each > most, reversed(falls))),
        called=chosen.called,
        newest=chosen.judged[-1].period,
        choices=chosen.choices,
        spread=chosen.spread,
        days=chosen.days,
    )


def _error_of_difference(before: Sequence[Measured], after: Sequence[Measured], confidence: float) -> float | None:
    """The standard error of the difference of two means over independent periods; None without intervals."""
    variance = 0.0
    for side in (before, after):
        for reading in side:
            error = reading.error(confidence)
            if error is None:
                return None
            variance += (error / len(side)) ** 2
    return sqrt(variance)
