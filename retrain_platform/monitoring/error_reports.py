"""What a version's errors say beside its metrics: numbers, never limits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record

SCORE = "(score)"
"""The name of the score itself among the features whose relation to the label is watched."""


class DayErrors(Record):
    """A version's errors on one day of its ripe rows.

    `day` is the local calendar day. `residual` is the mean of label minus score, `loss` the mean of
    the log loss (binary, in nats) or of the squared error (regression).
    """

    day: str
    rows: int
    residual: float
    loss: float


class Shift(Record):
    """A number in the newest days beside the same in the proven ones, with the error of their difference.

    `error` is a standard error, from day to day and widened for neighbouring days that are alike, and
    `chance` the two-sided p-value of no difference; both None where it cannot be told, and `why` says so.
    """

    value: float | None
    proven: float | None
    error: float | None = None
    chance: float | None = None
    why: str = ""

    @property
    def shift(self) -> float | None:
        """The newest less the proven; None where either is not known."""
        return None if self.value is None or self.proven is None else self.value - self.proven


class Relation(Record):
    """How far the label's relation to one feature moved, told by its cell that moved most beyond its noise.

    A cell is a range or a category of the feature. `shift` is how much the label's mean there, beyond
    what the scores say and beyond what that day did to all rows, differs from the proven days';
    `error` its standard error. `chance` is the p-value of the feature, corrected for its `cells`.
    """

    feature: str
    cell: str
    shift: float
    error: float
    chance: float
    cells: int


class PeriodConcept(Record):
    """Whether the champion's scores still mean what they meant, as known at `as_of`.

    `days` are the period's own. `newest` are the periods that are compared (the period and, where it is
    shorter than a week, those before it), `proven` those they are compared with: the first three weeks
    that this version answered. `calibration` holds `bias` (mean of label minus score, in the label's unit) and `slope`
    (of the label on the logit or on the prediction, less 1: negative where scores are too far apart). Empty where
    nothing can be compared yet: then `why` says what is missing. `correlation` is that of the mean
    errors of neighbouring days.
    """

    period: str
    version: str
    as_of: datetime
    days: tuple[DayErrors, ...]
    newest: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    correlation: float = 0.0
    calibration: dict[Literal["bias", "slope"], Shift] = {}
    relation: tuple[Relation, ...] = ()
    why: str = ""


class Estimated(Record):
    """A metric of a period whose labels are not in: never measured, always to be told apart from what is.

    `low` and `high` are the two-sided interval from how far such estimates were off on the `periods`
    ripe periods behind it, each estimated from the others; `error` their root mean square. `value`
    None: `why` says what is missing, or why it was switched off.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    periods: int = 0
    why: str = ""


class PeriodEstimate(Record):
    """What a version's metrics probably are on a period that is not ripe."""

    period: str
    version: str
    as_of: datetime
    metrics: dict[str, Estimated]


class Came(Record):
    """What was estimated of a metric, and what came true."""

    estimated: float
    low: float
    high: float
    measured: float

    @property
    def gap(self) -> float:
        """The measured less the estimated."""
        return self.measured - self.estimated


class EstimateCheck(Record):
    """A period that ripened after its metrics had been estimated."""

    period: str
    version: str
    as_of: datetime
    metrics: dict[str, Came]


class ControlAnswer(Record):
    """The champion's answers to the control set: the same version gives the same scores on the same rows.

    `table` is the fingerprint of the rows. `changed` counts the scores that are not what this version
    gave when it was first asked, in `first_asked`; `largest` is the largest change. `metrics` are those of the
    control set's labels. `why` is non-empty where it could not be asked, or was asked something else.
    """

    version: str
    as_of: datetime
    rows: int
    table: str = ""
    first_asked: str = ""
    changed: int = 0
    largest: float = 0.0
    metrics: dict[str, float | None] = {}
    why: str = ""
