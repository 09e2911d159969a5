"""A metric that fell below the champion's own baseline and stayed there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.baseline import Against, Fall, Rule, Untold, fall
from retrain_platform.policy.fields import Confidence, MetricName, Span, exactly_one
from retrain_platform.policy.history import History
from retrain_platform.policy.readings import Segment, newest_segments
from retrain_platform.policy.wording import lasting, number, periods
from retrain_platform.stats.metrics import METRICS
from retrain_platform.stats.multiplicity import holm

_URGENT: tuple[FindingVerdict, ...] = ("fired", "holding", "quiet")
"""Of the segments that can be told, those that say most come first."""


class PerformancePolicy(Record):
    """Fires when each ripe period of `dwell` is worse than the baseline by more than the limit, confirmed.

    The baseline is the mean of `baseline_periods` of the champion's own ripe readings, which are
    not judged themselves: its first ones ('proven'), the best run of them before the dwell
    ('best'), or what champions showed in the same season one `cycle` ago ('season'; the proven ones where there
    is none, and the sentence says which). The limit is `falls_by` in the metric's unit or
    `falls_by_share` of the baseline; of a metric that is better when smaller, a rise is the fall.
    Confirmed: the one-sided lower bound of the mean fall, at `confidence`, is over 0. Readings of a day or
    less have no interval of their own: then how far the champion's first days (10 to 21 of them) are apart is
    the error, neighbouring days that are alike taken into account. `dwell` None is one period.

    With `segments` (columns of the spec's own), every segment is judged by itself instead of the
    whole, confirmed with a correction for their number (Holm's). It fires when one does; the segments
    that are too small cannot be told, and block nothing.
    """

    soft: ClassVar[bool] = True
    kind: Literal["performance"] = "performance"
    metric: MetricName
    falls_by: float | None = Field(default=None, gt=0)
    falls_by_share: float | None = Field(default=None, gt=0)
    against: Against = "proven"
    baseline_periods: int = Field(default=3, ge=1)
    cycle: Span = timedelta(days=365)
    dwell: Span | None = None
    confidence: Confidence = 0.95
    segments: tuple[str, ...] = ()
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_limit(self) -> PerformancePolicy:
        exactly_one(falls_by=self.falls_by, falls_by_share=self.falls_by_share)
        return self

    def decide(self, history: History) -> Finding:
        """Judge the champion's newest ripe readings. `value` is the mean fall, `limit` that of each period."""
        rule = self._rule(history.periods_in(self.dwell))
        if self.segments and history.champion is not None:
            return self._by_segment(history, rule)
        judged = self._fall(history, rule, None)
        if isinstance(judged, Untold):
            return self._cannot_tell(rule.needed, judged.why)
        lower = judged.lower(self.confidence)
        confirmed = None if lower is None else lower > 0
        bound = "" if lower is None else f"at least {number(lower)} with {self.confidence:.0%} confidence"
        return self._judged(judged, rule.needed, confirmed, bound)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        limit = number(self.falls_by) if self.falls_by is not None else f"{self.falls_by_share:.0%}"
        dwell = lasting(self.dwell)
        within = f" in a segment of {', '.join(self.segments)}" if self.segments else ""
        ago = f" of {duration_text(self.cycle)} ago (else proven)" if self.against == "season" else ""
        return (
            f"{self.action} when {self.metric}{within} is worse than its {self.against} "
            f"{periods(self.baseline_periods)}{ago} by more than {limit}{dwell}, confirmed at {self.confidence:g}"
        )

    def _rule(self, needed: int) -> Rule:
        sign = 1.0 if METRICS[self.metric].greater_is_better else -1.0
        return Rule(self.against, self.baseline_periods, needed, self.cycle, sign)

    def _cannot_tell(self, needed: int, why: str, trigger: str = "performance") -> Finding:
        return Finding(trigger=trigger, verdict="cannot tell", limit=self.falls_by, needed=needed, sentence=why)

    def _fall(self, history: History, rule: Rule, segment: Segment | None) -> Fall | Untold:
        chosen = rule.choose(history, self.metric, segment)
        if isinstance(chosen, Untold):
            return chosen
        return fall(chosen, self.falls_by, self.falls_by_share, rule, history.reading_confidence)

    def _judged(
        self, judged: Fall, needed: int, confirmed: bool | None, bound: str, segment: Segment | None = None
    ) -> Finding:
        verdict, note = _verdict(judged, needed, confirmed, bound)
        word = "worse" if judged.mean >= 0 else "better"
        where = f" where {segment}" if segment else ""
        sentence = (
            f"{self.metric}{where} was {word} than {judged.called} {number(judged.baseline)} by "
            f"{number(abs(judged.mean))} over {periods(needed, 'ripe')} to {judged.newest}, "
            f"limit {number(judged.limit)}; {note}"
        )
        return Finding(
            trigger=f"{self.kind} {segment}" if segment else self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=judged.mean,
            limit=judged.limit,
            held=judged.held,
            needed=needed,
            sentence=sentence,
        )

    def _by_segment(self, history: History, rule: Rule) -> Finding:
        """Every segment of the newest ripe period by itself; the finding is that of the one that says most."""
        if history.champion is None:
            return self._cannot_tell(rule.needed, f"{self.metric} is judged against a champion's own baseline")
        newest = newest_segments(history, history.champion, self.metric, self.segments)
        if not newest:
            why = f"no ripe reading of version {history.champion.version} in a segment of {', '.join(self.segments)}"
            return self._cannot_tell(rule.needed, f"{self.metric} cannot be judged: {why} is in")
        judged = {
            segment: Untold(reading.why) if reading.value is None else self._fall(history, rule, segment)
            for segment, reading in newest.items()
        }
        parts = tuple(self._parts(judged, rule.needed))
        return self._most(parts, rule.needed)

    def _parts(self, judged: Mapping[Segment, Fall | Untold], needed: int) -> list[Finding]:
        chances = {each: told.chance for each, told in judged.items() if isinstance(told, Fall)}
        known = {segment: chance for segment, chance in chances.items() if chance is not None}
        corrected = dict(zip(known, holm(list(known.values())), strict=True))
        found = []
        for segment, told in judged.items():
            if isinstance(told, Untold):
                found.append(self._cannot_tell(needed, f"{segment}: {told.why}", f"{self.kind} {segment}"))
                continue
            chance = corrected.get(segment)
            confirmed = None if chance is None else chance < 1 - self.confidence
            bound = "" if chance is None else f"p = {number(chance)}, corrected for {len(known)} segments"
            found.append(self._judged(told, needed, confirmed, bound, segment))
        return found

    def _most(self, parts: tuple[Finding, ...], needed: int) -> Finding:
        told = [part for part in parts if part.verdict in _URGENT]
        if not told:
            why = f"{self.metric}: none of {len(parts)} segments can be told; {parts[0].sentence}"
            return self._cannot_tell(needed, why).model_copy(update={"parts": parts})
        most = min(told, key=lambda part: (_URGENT.index(part.verdict), -part.held, -(part.value or 0.0)))
        beside = f" ({len(told)} of {len(parts)} segments can be told)" if len(told) < len(parts) else ""
        return most.model_copy(update={"trigger": self.kind, "parts": parts, "sentence": most.sentence + beside})


def _verdict(judged: Fall, needed: int, confirmed: bool | None, bound: str) -> tuple[FindingVerdict, str]:
    if judged.held == 0:
        return "quiet", "the newest is within the limit"
    if judged.held < needed:
        return "holding", f"over it for {judged.held} of {periods(needed)}"
    noise = "a reading without an interval" if judged.spread is None else judged.spread.said
    if confirmed is None:
        return "cannot tell", f"{noise}: the fall cannot be confirmed"
    bound += f" ({noise})" if judged.spread is not None else ""
    return ("fired", f"confirmed, {bound}") if confirmed else ("holding", f"not confirmed: {bound}")
