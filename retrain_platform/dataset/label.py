"""The label of a model: its column, and when it can be trusted to be there."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.period import Share
from retrain_platform.dataset.record import Record

_PATIENCE = 7
"""Without `ripe_by`, a period is waited for at most this many label delays."""


class LabelSpec(Record):
    """Which column is learned, and when a period's labels are in.

    `delay` runs from the event to its label. `arrival` names the column of when the label came;
    without it, the label counts as come after `delay`, or when it was read, if that is later. A
    period is ripe at an age of `delay`, once the share of its rows with a label reaches `ripe_at`
    of the usual share. At an age of `ripe_by` (7 delays unless given) it is ripe with what it
    has, because some labels never come.
    """

    column: str = Field(min_length=1)
    delay: Duration = timedelta(0)
    arrival: str | None = None
    ripe_at: Share = 0.95
    ripe_by: Duration | None = None

    @model_validator(mode="after")
    def _patient(self) -> LabelSpec:
        if self.ripe_by is not None and self.ripe_by < self.delay:
            raise ValueError(
                f"ripe_by == {duration_text(self.ripe_by)}, must be at least delay == {duration_text(self.delay)}"
            )
        if self.arrival == self.column:
            raise ValueError(f"arrival == {self.arrival!r}, must be another column than the label")
        return self

    @property
    def patience(self) -> timedelta:
        """The age, counted from a period's end, at which whatever arrived is enough."""
        return _PATIENCE * self.delay if self.ripe_by is None else self.ripe_by
