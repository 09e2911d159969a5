"""Scores that no longer mean what they meant: calibration, and the relation of label and feature."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.error_reports import PeriodConcept
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Confidence, Patterns, Span
from retrain_platform.policy.history import History
from retrain_platform.policy.wording import lasting, number, periods
from retrain_platform.stats.multiplicity import holm


class Moved(NamedTuple):
    """One number's shift against its limit; `chance` is its p-value, corrected for all that are judged with it."""

    what: str
    shift: float
    limit: float
    chance: float

    @property
    def over(self) -> bool:
        """Whether the shift alone is over the limit."""
        return abs(self.shift) > self.limit


class ConceptPolicy(Record):
    """Fires when something moved by more than its limit, and more than chance, in each ripe period of `dwell`.

    More than chance: its p-value, corrected (Holm) for all that is judged in a period, is under 1 -
    `confidence`. So where nothing changed, a period counts with at most that chance, and `dwell`
    periods in a row seldom. `dwell` None is one period. The finding's `value` and `limit` are those of what
    moved most beyond chance.
    """

    soft: ClassVar[bool] = True
    kind: str
    dwell: Span | None = None
    confidence: Confidence = 0.95
    action: Action = Action.RETRAIN

    @abstractmethod
    def shifts(self, concept: PeriodConcept) -> Sequence[Moved]:
        """What is judged of a period, chances not corrected yet."""

    @property
    @abstractmethod
    def watched(self) -> str:
        """What is judged, in words."""

    def decide(self, history: History) -> Finding:
        """Judge the champion's ripe periods that can be compared with its proven ones, the newest first."""
        needed = history.periods_in(self.dwell)
        known = self._champions(history)
        judged = [(each, moved) for each in known if (moved := self._judged(each))]
        if not judged:
            return Finding(
                trigger=self.kind, verdict="cannot tell", needed=needed, sentence=self._missing(history, known)
            )
        newest, moved = judged[-1]
        held = sum(1 for _ in takewhile(lambda each: any(map(self._counts, each[1])), reversed(judged)))
        most = min(moved, key=lambda each: (not self._counts(each), not each.over, each.chance, each.what))
        verdict: FindingVerdict = "fired" if held >= needed else "holding" if most.over else "quiet"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=most.shift,
            limit=most.limit,
            held=held,
            needed=needed,
            sentence=self._sentence(most, newest, held, needed),
        )

    def judged(self, history: History) -> tuple[str, ...]:
        """The periods that a fired finding rests on: all that were compared in each period of the dwell."""
        needed = history.periods_in(self.dwell)
        compared = [each for each in self._champions(history) if self.shifts(each)][-needed:]
        return tuple(dict.fromkeys(key for each in compared for key in each.newest))

    @staticmethod
    def _champions(history: History) -> list[PeriodConcept]:
        champion = history.champion
        return [each for each in history.concept if champion is not None and each.version == champion.version]

    def _judged(self, concept: PeriodConcept) -> list[Moved]:
        shifts = self.shifts(concept)
        corrected = holm([each.chance for each in shifts])
        return [each._replace(chance=chance) for each, chance in zip(shifts, corrected, strict=True)]

    def _counts(self, moved: Moved) -> bool:
        return moved.over and moved.chance < 1 - self.confidence

    def _missing(self, history: History, known: Sequence[PeriodConcept]) -> str:
        if history.champion is None:
            return f"{self.watched} is judged of a champion, and there is none"
        if not known:
            return f"{self.watched} cannot be judged: no sound ripe period of version {history.champion.version} is in"
        return f"{self.watched} cannot be judged: {known[-1].why or 'nothing of it was measured'}"

    def _sentence(self, most: Moved, newest: PeriodConcept, held: int, needed: int) -> str:
        said = (
            f"{most.what} moved by {number(most.shift)} in {newest.newest[-1]} against {newest.proven[0]} to "
            f"{newest.proven[-1]}, limit {number(most.limit)}, p = {number(most.chance)}"
        )
        if self._counts(most):
            return f"{said}; confirmed for {held} of {periods(needed, 'ripe')}"
        return f"{said}; {'over it, but no more than chance does' if most.over else 'within it'}"

    def _for(self) -> str:
        dwell = lasting(self.dwell)
        return f"{dwell}, confirmed at {self.confidence:g} a period"


class CalibrationPolicy(ConceptPolicy):
    """The champion's scores are too high or low, or too far apart or near, beside what they were when proven.

    `bias_over` limits the change of the mean of label minus score, in the label's unit (a
    probability for a binary task); `slope_over` that of the slope of the label on the score. At least one is given.
    """

    kind: Literal["calibration"] = "calibration"
    bias_over: float | None = Field(default=None, gt=0)
    slope_over: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _a_limit(self) -> CalibrationPolicy:
        if self.bias_over is None and self.slope_over is None:
            raise ValueError("bias_over == None and slope_over == None, must be at least one of them given")
        return self

    @property
    def watched(self) -> str:
        """What is judged, in words."""
        return "calibration"

    def shifts(self, concept: PeriodConcept) -> list[Moved]:
        """The bias and the slope, as far as they have limits."""
        limits = {"bias": self.bias_over, "slope": self.slope_over}
        found = []
        for name, shift in concept.calibration.items():
            limit, moved = limits[name], shift.shift
            if limit is not None and moved is not None and shift.chance is not None:
                found.append(Moved(f"the {name} of the scores", moved, limit, shift.chance))
        return found

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        limits = {"bias": self.bias_over, "slope": self.slope_over}
        said = " or ".join(f"{name} by more than {number(each)}" for name, each in limits.items() if each is not None)
        return f"{self.action} when calibration moves from its proven days, {said}{self._for()}"


class ConceptDriftPolicy(ConceptPolicy):
    """The label's relation to a feature, or to the score, is not what it was when the champion was proven.

    `features` are patterns over the features that the champion leans on most, and '(score)'. `over`
    limits the change of the label's mean within one range or category, beyond what the scores say and
    beyond what that day did to all rows; 0 takes any change that is more than chance.
    """

    kind: Literal["concept_drift"] = "concept_drift"
    features: Patterns = ("*",)
    over: float = Field(default=0.0, ge=0)

    @property
    def watched(self) -> str:
        """What is judged, in words."""
        return f"the label's relation to {', '.join(self.features)}"

    def shifts(self, concept: PeriodConcept) -> list[Moved]:
        """The decisive cell of each feature that is named."""
        return [
            Moved(f"the label's relation to {each.feature} ({each.cell})", each.shift, self.over, each.chance)
            for each in concept.relation
            if any(fnmatchcase(each.feature, pattern) for pattern in self.features)
        ]

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        over = f" by more than {number(self.over)}" if self.over else ""
        return f"{self.action} when {self.watched} moves from its proven days{over}{self._for()}"
