"""The label of a model: its column, and when it can be trusted to be there."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.period import Share
from retrain_platform.dataset.record import Record

Task = Literal["binary", "multiclass", "regression", "ranking"]
"""What a label is: 0 or 1, one of several named classes, a number, or how relevant a row is to its query."""

_PATIENCE = 7
"""Without `ripe_by`, a period is waited for at most this many label delays."""

_DEPENDS = {
    "blocked": "what is blocked never shows what it would have been",
    "shown": "only what is shown is answered",
}


class LabelSpec(Record):
    """Which column is learned, and when a period's labels are in.

    `delay` runs from the event to its label. `arrival` names the column of when the label came;
    without it, the label counts as come after `delay`, or when it was read, if that is later. A
    period is ripe at an age of `delay`, once the share of its rows with a label reaches `ripe_at`
    of the usual share. At an age of `ripe_by` (7 delays unless given) it is ripe with what it
    has, because some labels never come.

    `query` names, for ranking, the column of the lists: the rows of one value are ranked against each other; a row
    without a value has no label either.

    `depends_on_prediction`: labels only come where the prediction let the event happen ('blocked'), or
    for what it had shown ('shown'). Then `exploration`, the share of rows that were answered whatever
    the prediction said, or `propensity`, the column of the probability with which each row was
    answered as it was, is asked for: without it nothing is promoted by itself.
    """

    column: str = Field(min_length=1)
    delay: Duration = timedelta(0)
    arrival: str | None = None
    query: str | None = Field(default=None, min_length=1)
    ripe_at: Share = 0.95
    ripe_by: Duration | None = None
    depends_on_prediction: Literal["blocked", "shown"] | None = None
    exploration: float | None = Field(default=None, gt=0, lt=1)
    propensity: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _patient(self) -> LabelSpec:
        if self.ripe_by is not None and self.ripe_by < self.delay:
            raise ValueError(
                f"ripe_by == {duration_text(self.ripe_by)}, must be at least delay == {duration_text(self.delay)}"
            )
        if self.arrival == self.column:
            raise ValueError(f"arrival == {self.arrival!r}, must be another column than the label")
        if self.query is not None and self.query in (self.column, self.arrival):
            raise ValueError(f"query == {self.query!r}, must be another column than the label's own")
        return self

    @model_validator(mode="after")
    def _explored(self) -> LabelSpec:
        given = [name for name in ("exploration", "propensity") if getattr(self, name) is not None]
        if given and self.depends_on_prediction is None:
            name = given[0]
            raise ValueError(
                f"{name} == {getattr(self, name)!r}, must stand beside depends_on_prediction (blocked or shown): "
                "labels that do not depend on the prediction need none"
            )
        if self.propensity is not None and self.propensity in (self.column, self.arrival):
            raise ValueError(f"propensity == {self.propensity!r}, must be another column than the label's own")
        return self

    @property
    def unexplored(self) -> str:
        """Why labels may only repeat what the model already thinks; empty where they may not."""
        if self.depends_on_prediction is None or self.exploration is not None or self.propensity is not None:
            return ""
        return (
            f"labels depend on the prediction ({_DEPENDS[self.depends_on_prediction]}), and neither an exploration "
            "share nor a propensity column is declared (label.exploration, label.propensity)"
        )

    @property
    def patience(self) -> timedelta:
        """The age, counted from a period's end, at which whatever arrived is enough."""
        return _PATIENCE * self.delay if self.ripe_by is None else self.ripe_by
