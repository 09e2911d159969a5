"""What watching one period leaves behind: numbers, never limits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.error_reports import ControlAnswer, EstimateCheck, PeriodConcept, PeriodEstimate

Role = Literal["champion", "shadow", "canary", "previous"]
"""What a version was to a period when it was scored."""

DRIFT_METHODS = ("psi", "js", "kl", "ks", "wasserstein", "chi_squared", "hellinger")
"""The distances of a feature's current distribution from its reference; see `stats.distances`."""

SQUARES = ("psi", "kl", "chi_squared", "new_category_share")
"""The measures that grow as the square of a shift; the others grow as the shift itself."""


class FeatureDrift(Record):
    """One feature's distance from the reference, and the two kinds of noise that it is read against.

    `scores`, `noise` and `sampling` have the keys of `DRIFT_METHODS` plus 'new_category_share' and
    'missing_share' (absolute change); None where a measure does not apply. `noise` is the 95th
    percentile of the scores that each reference period got against the others together, with the
    trend among them carried on to this period (see `monitoring.ordinary.Level`), so a score at or
    under it is what an ordinary period does; `chance` is what of it chance alone gives on average.
    `sampling` is the 95th percentile of what chance gives at these numbers of rows where nothing
    changed. The exact KS lies within
    scores['ks'] and that plus `ks_bound`. `moved` is Wasserstein in the feature's own unit (times: seconds),
    which a reference that does not vary has too. `noise_periods` is of how many periods' scores `noise` is.
    `correlation` is the largest change of its correlation with another numeric feature, `correlated`
    which, `correlation_noise` what chance and ordinary periods change it by at most (any pair of all
    passes its own 5 times in 100); None where fewer than two are measured.
    """

    feature: str
    kind: Literal["numeric", "integer", "category"]
    scores: dict[str, float | None]
    noise: dict[str, float | None]
    sampling: dict[str, float | None] = {}
    chance: dict[str, float | None] = {}
    ks_bound: float | None = None
    moved: float | None = None
    noise_periods: int = 0
    correlation: float | None = None
    correlated: str = ""
    correlation_noise: float | None = None
    rows_reference: int
    rows_current: int
    missing_reference: float | None = None
    missing_current: float | None = None
    new_categories: tuple[str, ...] = ()


class PredictionDrift(Record):
    """How the scores of one model version, of all rows of a period, differ from its first ones.

    `reference` are the first sound periods that it scored, in whatever role: what it says of rows that
    it learned from is sharper than what it says of new ones. Never the scores that were used, which
    during a canary are of two versions. `drift` is None until there are enough; `why` then says so.

    Of several classes `drift` is that of the chance of the likeliest class, `classes` that of which class it is; None
    for every other task.
    """

    version: str
    reference: tuple[str, ...] = ()
    drift: FeatureDrift | None = None
    classes: FeatureDrift | None = None
    why: str = ""


class DriftReport(Record):
    """Every feature of one period against the reference periods; `said` in words what those are.

    Reports with one `basis` have references made by one rule and are comparable though the rule
    takes other periods as time goes on; without a basis those of the same `reference` are. `noise_of`
    are the periods of the same season whose scores the noise is; without them it is the reference's
    own. `mix` is the shift of the segments' shares, a line a segment column; `predictions` the
    shift of the champion's scores. Neither is data drift.
    """

    period: str
    as_of: datetime
    reference: tuple[str, ...]
    features: tuple[FeatureDrift, ...]
    segments: dict[str, dict[str, tuple[FeatureDrift, ...]]] = {}
    basis: str = ""
    said: str = ""
    noise_of: tuple[str, ...] = ()
    mix: tuple[FeatureDrift, ...] = ()
    predictions: PredictionDrift | None = None


class Reading(Record):
    """A metric with its interval. `value` is None where it cannot be computed; `why` then says so.

    The interval's unit of sampling is the day; `days` is how many there were.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int
    days: int
    why: str = ""


class PeriodPerformance(Record):
    """How one model version did on one event period, as known at `as_of`.

    `metrics` by metric name; `segments` by segment column, then by its value, then by metric.
    Not ripe: `metrics` is empty and `why` says what is missing.
    """

    period: str
    version: str
    role: Role
    as_of: datetime
    ripe: bool
    rows: int
    labelled: int
    metrics: dict[str, Reading] = {}
    segments: dict[str, dict[str, dict[str, Reading]]] = {}
    why: str = ""


class PerformanceReport(Record):
    """Everything measured at one `as_of`: each event period that ripened or is still ripening.

    `concept` has one entry a sound period that ripened and the champion answered. `estimated` is what
    the metrics of periods that are not ripe probably are, `checked` what came true of earlier
    estimates. `control` is the champion's answer to the control set; None where the spec has none.
    """

    period: str
    as_of: datetime
    measured: tuple[PeriodPerformance, ...]
    concept: tuple[PeriodConcept, ...] = ()
    estimated: tuple[PeriodEstimate, ...] = ()
    checked: tuple[EstimateCheck, ...] = ()
    control: ControlAnswer | None = None
