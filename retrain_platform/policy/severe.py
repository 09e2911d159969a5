"""Many features that drift severely at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.severity import SEVERITIES, Limits, Severity
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.drift import DriftMethod
from retrain_platform.policy.fields import Patterns, Span
from retrain_platform.policy.history import History
from retrain_platform.policy.streaks import NAMED, Rule, comparable, names
from retrain_platform.policy.wording import lasting, number, periods


class SevereFeaturesPolicy(Record):
    """Fires when more than `more_than` of the features drift severely, by `limits` of `method`.

    A score within the noise of periods or of sampling is no drift, whatever the limits. Without
    `then` the count must hold for `dwell` and `action` is asked for; with `then`, `action` is asked
    for at once and `then` once it has held for `dwell`. Only reports against the newest one's
    reference count. `value` is how many features are severe, `limit` is `more_than`.
    """

    kind: Literal["severe_features"] = "severe_features"
    features: Patterns = ("*",)
    more_than: int = Field(default=5, ge=0)
    method: DriftMethod = "psi"
    limits: Limits = Limits()
    dwell: Span | None = None
    action: Action = Action.INVESTIGATE
    then: Action | None = None

    @model_validator(mode="after")
    def _then_after_a_dwell(self) -> SevereFeaturesPolicy:
        if self.then is not None and self.dwell is None:
            raise ValueError(f"then == {self.then.value}, must have a dwell after which it is asked for")
        if self.then is not None and self.then.rank <= self.action.rank:
            raise ValueError(f"then == {self.then.value}, must ask for more than action == {self.action.value}")
        return self

    def decide(self, history: History) -> Finding:
        """Count the severe features of the newest report, and for how many periods there were too many."""
        reports, needed = comparable(history.drift, history.period.key), history.periods_in(self.dwell)
        known = [self._severities(report.features) for report in reports]
        if not known or not known[0]:
            what = f"{self.method} was not measured for any feature named {', '.join(self.features)}"
            why = what if known else f"no drift was measured for {history.period.key}"
            return Finding(trigger=self.kind, verdict="cannot tell", limit=self.more_than, needed=needed, sentence=why)
        severe = sum(found == "severe" for found in known[0].values())
        held = sum(1 for _ in takewhile(self._too_many, known))
        verdict, action = self._verdict(held, needed)
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=action,
            value=severe,
            limit=self.more_than,
            held=held,
            needed=needed,
            sentence=f"{self._counted(known[0])}, limit {self.more_than} severe; {self._progress(held, needed)}",
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = lasting(self.dwell)
        what = ", ".join(self.features)
        count = f"more than {self.more_than} of {what} have {self.method} {self.limits.severe:g} or more"
        if self.then is None:
            return f"{self.action} when {count}{dwell}, over their noise"
        return f"{self.action} when {count}, over their noise, and {self.then} once that has held{dwell}"

    def _severities(self, features: Sequence[FeatureDrift]) -> dict[str, Severity]:
        rule, found = Rule(self.method, self.limits.low), {}
        for drift in features:
            score = drift.scores.get(self.method)
            if score is not None and names(self.features, drift.feature):
                found[drift.feature] = self.limits.severity(score, rule.noise(drift))
        return found

    def _too_many(self, severities: dict[str, Severity]) -> bool:
        return sum(found == "severe" for found in severities.values()) > self.more_than

    def _verdict(self, held: int, needed: int) -> tuple[FindingVerdict, Action]:
        if not held:
            return "quiet", Action.NONE
        if held >= needed:
            return "fired", self.then or self.action
        return ("fired", self.action) if self.then is not None else ("holding", asks("holding", self.action))

    def _counted(self, severities: dict[str, Severity]) -> str:
        """How many features are of each severity, the severe ones by name."""
        by = {word: [name for name, found in severities.items() if found == word] for word in reversed(SEVERITIES)}
        more = "" if len(by["severe"]) <= NAMED else f" and {len(by['severe']) - NAMED} more"
        named = f" ({', '.join(by['severe'][:NAMED])}{more})" if by["severe"] else ""
        counts = [
            f"{len(found)} {word}{named if word == 'severe' else ''}" for word, found in by.items() if word != "none"
        ]
        return f"of {number(len(severities))} features {', '.join(counts)}"

    def _progress(self, held: int, needed: int) -> str:
        return f"over it for {held} of {periods(needed)}" if held else "it is within"
