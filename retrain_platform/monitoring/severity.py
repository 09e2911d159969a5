"""How bad a drift is, in words: a score against limits that small samples widen."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record

Severity = Literal["none", "low", "moderate", "severe"]
SEVERITIES: tuple[Severity, ...] = ("none", "low", "moderate", "severe")
"""From least to most."""


class Limits(Record):
    """The scores from which a drift is low, moderate and severe; increasing.

    The defaults are of PSI: .1 and .25 are credit scoring's (Siddiqi, "Credit Risk Scorecards", 2006).
    """

    low: float = Field(default=0.05, gt=0)
    moderate: float = Field(default=0.1, gt=0)
    severe: float = Field(default=0.25, gt=0)

    @model_validator(mode="after")
    def _increasing(self) -> Limits:
        if not self.low < self.moderate < self.severe:
            raise ValueError(f"limits == {self.low}, {self.moderate}, {self.severe}, must increase")
        return self

    def severity(self, score: float | None, noise: float | None) -> Severity:
        """Of `score` where chance alone reaches `noise`: what is within it is none, whatever the limits."""
        if score is None or score <= (noise or 0.0):
            return "none"
        return SEVERITIES[sum(score >= limit for limit in (self.low, self.moderate, self.severe))]
