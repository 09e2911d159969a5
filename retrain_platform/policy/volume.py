"""Enough new labelled rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import exactly_one
from retrain_platform.policy.history import Champion, History


class VolumePolicy(Record):
    """Fires when the ripe rows that the champion never saw reach a number, or a share of its training rows."""

    kind: Literal["volume"] = "volume"
    new_ripe_rows: int | None = Field(default=None, ge=1)
    new_ripe_share: float | None = Field(default=None, gt=0)
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_limit(self) -> VolumePolicy:
        exactly_one(new_ripe_rows=self.new_ripe_rows, new_ripe_share=self.new_ripe_share)
        return self

    def decide(self, history: History) -> Finding:
        """Count the new ripe rows. `value` and `limit` are rows."""
        champion = history.champion
        if champion is None or (self.new_ripe_rows is None and not champion.training_rows):
            return Finding(trigger=self.kind, verdict="cannot tell", sentence=_uncounted(champion))
        rows, limit = history.new_ripe_rows, self._limit(champion.training_rows)
        verdict: FindingVerdict = "fired" if rows >= limit else "quiet"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=rows,
            limit=limit,
            sentence=f"{rows:,} new ripe rows since the champion's training, limit {limit:,.0f}{self._origin()}",
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        if self.new_ripe_rows is not None:
            return f"{self.action} at {self.new_ripe_rows:,} new ripe rows"
        return f"{self.action} when new ripe rows reach {self.new_ripe_share:.0%} of the champion's training rows"

    def _limit(self, training_rows: int) -> float:
        if self.new_ripe_rows is not None:
            return self.new_ripe_rows
        return max(1.0, (self.new_ripe_share or 0.0) * training_rows)

    def _origin(self) -> str:
        return "" if self.new_ripe_share is None else f" ({self.new_ripe_share:.0%} of its training rows)"


def _uncounted(champion: Champion | None) -> str:
    if champion is None:
        return "new rows are counted from a champion's training"
    unknown = f"on how many rows version {champion.version} was trained is not on record"
    return f"{unknown}: new_ripe_rows asks for a number instead of a share"
