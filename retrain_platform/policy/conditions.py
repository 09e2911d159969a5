"""What the rows of a table ask of the newest performance and drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from math import sqrt
from statistics import NormalDist, stdev
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.severity import Limits
from retrain_platform.policy.baseline import Fall, Rule, Untold, fall
from retrain_platform.policy.drift import DriftMethod
from retrain_platform.policy.fields import Confidence, MetricName, Patterns
from retrain_platform.policy.history import History, RipePeriod
from retrain_platform.policy.screening import Screen, fault, unscreened
from retrain_platform.policy.streaks import Rule as Limit
from retrain_platform.policy.streaks import comparable, judged, streams
from retrain_platform.policy.wording import number
from retrain_platform.stats.intervals import t_quantile
from retrain_platform.stats.metrics import METRICS

_CYCLE = timedelta(days=365)
_ABOVE_NOTHING = 1e-9
"""Any drift that is more than noise is over 0."""


class Condition(Record):
    """All that a row asks for; a row that asks for nothing always applies.

    `falls_by_share`: the table's metric is worse than its baseline by more than this share of it.
    `drift` and `over`: that distance of some feature is over the limit, and over its own noise.
    `severe_features_over`: more than so many features drift severely.
    """

    falls_by_share: float | None = Field(default=None, gt=0)
    drift: DriftMethod | None = None
    over: float | None = Field(default=None, ge=0)
    severe_features_over: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _distance_and_limit(self) -> Condition:
        if self.drift is not None and self.over is None:
            raise ValueError(f"over == None, must be given beside drift == {self.drift!r}")
        if self.over is not None and self.drift is None:
            raise ValueError(f"drift == None, must say which distance must be over {self.over}")
        return self

    @property
    def limits(self) -> dict[str, float]:
        """The limit of each thing that is asked for."""
        named = {"fall": self.falls_by_share, self.drift or "": self.over, "severe": self.severe_features_over}
        return {name: limit for name, limit in named.items() if limit is not None}

    def hides(self, later: Condition) -> bool:
        """Whether whatever meets `later` meets this too, so that a row after it can never be the first."""
        theirs = later.limits
        return all(name in theirs and theirs[name] >= limit for name, limit in self.limits.items())

    def asks_of(self, metric: str | None) -> str:
        """What is looked at, without limits."""
        said = [] if self.falls_by_share is None else [f"share of {metric} lost"]
        said += [] if self.drift is None else [str(self.drift)]
        return (
            " and ".join(said + ["severely drifting features"] * (self.severe_features_over is not None)) or "otherwise"
        )

    def text(self, metric: str | None) -> str:
        """The condition in words."""
        said = [] if self.falls_by_share is None else [f"{metric} falls by over {self.falls_by_share:.0%}"]
        said += [f"{self.drift} is over {number(self.over)}"] if self.over is not None else []
        if self.severe_features_over is not None:
            said.append(f"more than {self.severe_features_over} features drift severely")
        return " and ".join(said) or "otherwise"


class Seen(NamedTuple):
    """One thing that a condition asks for: its value and limit, and whether it is met; None where it is not known."""

    value: float | None
    limit: float
    met: bool | None
    said: str


class Evidenced(Record):
    """What the conditions of a table are read from.

    The baseline of `metric` is the mean of `baseline_periods` of the champion's own ripe readings, its first
    ('proven') or best ones. `features` are patterns. `severity` are the limits of PSI by which a feature's
    drift is severe; `confidence` is the one-sided level at which a fall is confirmed: by the readings' intervals,
    or, where they have none (a period of one day is a single unit), by how far the champion's proven days are apart,
    and before there are enough of those, by how far the baseline's periods are.
    """

    kind: str
    metric: MetricName | None = None
    features: Patterns = ("*",)
    against: Literal["proven", "best"] = "proven"
    baseline_periods: int = Field(default=3, ge=1)
    confidence: Confidence = 0.95
    severity: Limits = Limits()

    def checked(self, rows: Sequence[Condition]) -> None:
        """Refuse rows that cannot be judged or reached.

        Raises:
            ValueError: a fall without a metric, or a row that an earlier one hides.
        """
        if self.metric is None and any(row.falls_by_share is not None for row in rows):
            raise ValueError("metric == None, must be given: a row asks by which share it fell (falls_by_share)")
        for place, row in enumerate(rows):
            for before in range(place):
                if rows[before].hides(row):
                    raise ValueError(
                        f"rows[{place}] ({row.text(self.metric)}) must stand before rows[{before}] "
                        f"({rows[before].text(self.metric)}): whatever meets it meets that one, and the first row wins"
                    )


class Evidence:
    """The newest evidence of a history, for every row of one table; nothing is kept beyond it."""

    def __init__(self, table: Evidenced, history: History, screens: Sequence[Screen] = ()) -> None:
        self._table, self._history, self._screens = table, history, screens

    def judge(self, row: Condition) -> list[Seen]:
        """Each thing that the row asks for; empty for a row that asks for nothing."""
        seen = [] if row.falls_by_share is None else [self._fallen(row.falls_by_share)]
        seen += [] if row.drift is None else [self._drifted(row.drift, row.over or 0.0)]
        return seen + ([] if row.severe_features_over is None else [self._severe(row.severe_features_over)])

    def fall(self, share: float, needed: int) -> Fall | Untold:
        """How far the newest `needed` ripe periods are below the baseline."""
        metric = self._table.metric or ""
        sign = 1.0 if METRICS[metric].greater_is_better else -1.0
        rule = Rule(self._table.against, self._table.baseline_periods, needed, _CYCLE, sign)
        chosen = rule.choose(self._history, metric, None)
        if isinstance(chosen, Untold):
            return chosen
        found = fall(chosen, None, share, rule, self._history.reading_confidence)
        if found.error is None:
            values = [reading.value for reading in chosen.before]
            found = found._replace(error=error_of_periods(values, needed, self._table.confidence))
        return found if found.baseline else Untold(f"{metric} has a baseline of 0, of which nothing is a share")

    def explained(self, newest: str, needed: int) -> str:
        """What else than the model may explain a fall in the `needed` ripe periods up to `newest`; empty for nothing.

        A fault of the data, or a measure beyond a screen, as for every soft trigger.
        """
        return fault(self._history, self._judged(newest, needed), self._screens)

    def unscreened(self, newest: str, needed: int) -> str:
        """The end of a sentence that names the screens which could not look at those periods."""
        return unscreened(self._history, self._judged(newest, needed), self._screens)

    def _judged(self, newest: str, needed: int) -> list[RipePeriod]:
        return [period for period in self._history.ripe if period.sound and period.period <= newest][-needed:]

    def _fallen(self, share: float) -> Seen:
        found = self.fall(share, 1)
        if isinstance(found, Untold):
            return Seen(None, share, None, found.why)
        value = found.mean / abs(found.baseline)
        word = "worse" if value >= 0 else "better"
        said = f"{self._table.metric} was {abs(value):.1%} {word} than {found.called} {number(found.baseline)}"
        return Seen(value, share, value > share, f"{said} in {found.newest}, limit {share:.0%}")

    def _drifted(self, measure: str, over: float) -> Seen:
        rule = Limit(measure, over or _ABOVE_NOTHING)
        found = judged(self._streams, rule)
        if not found:
            missing = "was not measured" if self._streams else f"is not known: no drift report of {self._key}"
            return Seen(None, over, None, f"{measure} {missing}")
        most = found[0]
        side = "over its limit" if most.over else "within limits, nearest"
        limit = most.limit if most.widened or over else 0.0
        noise = " (widened by its noise)" if most.widened else ""
        said = f"{measure} {side}: {number(most.score)} of {most.feature} against {number(limit)}{noise}"
        return Seen(most.score, limit, most.over, said)

    def _severe(self, most: int) -> Seen:
        newest = [stream[0] for stream in self._streams if stream[0] is not None]
        if not newest:
            return Seen(None, most, None, f"how many features drift severely is not known: no report of {self._key}")
        limits = self._table.severity
        rule = Limit("psi", limits.low)
        names = [
            each.feature for each in newest if limits.severity(each.scores.get("psi"), rule.noise(each)) == "severe"
        ]
        named = f" ({', '.join(names)})" if names else ""
        return Seen(len(names), most, len(names) > most, f"{len(names)} features drift severely{named}, limit {most}")

    @property
    def _key(self) -> str:
        return self._history.period.key

    @cached_property
    def _streams(self) -> list[list[FeatureDrift | None]]:
        reports = comparable(self._history.drift, self._key)
        return streams([each.features for each in reports], self._table.features)


def error_of_periods(baseline: Sequence[float], judged: int, confidence: float) -> float | None:
    """The standard error of the difference of the means, from how far the baseline's periods are apart.

    For readings without intervals of their own: a period of one day is one unit of sampling. It is scaled so that
    the normal quantile at `confidence` gives the reach of Student's, with one degree of freedom less than periods: the
    prediction interval of the mean of `judged` more periods. None with fewer than 2 periods.
    """
    if len(baseline) < 2:
        return None
    wider = t_quantile(confidence, len(baseline) - 1) / NormalDist().inv_cdf(confidence)
    return wider * stdev(baseline) * sqrt(1 / len(baseline) + 1 / judged)


def met(seen: Sequence[Seen]) -> bool | None:
    """Whether all are met: no where one is not, unknown where one is not known."""
    answers = [each.met for each in seen]
    if False in answers:
        return False
    return None if None in answers else True
