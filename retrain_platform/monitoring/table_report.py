"""What the comparison of two tables says, column by column."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.binned import Bins
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.severity import SEVERITIES, Limits, Severity


class ColumnDrift(Record):
    """One column of two tables; None where a measure does not apply.

    PSI, JS, KL (nats), chi-squared (divided by the rows: the effect size w squared) and Hellinger are
    over `bins`, with half a row added to each bin for PSI, KL and chi-squared. The exact KS lies
    within `ks` and `ks + ks_bound`. `wasserstein` is in the column's own unit (times: seconds),
    `wasserstein_deviations` in standard deviations of the reference. `noise` is what PSI, by which
    `severity` goes, reaches 95 times in 100 where nothing changed, at these numbers of rows;
    `noises` says the same of every measure. `correlation` is the largest change of its correlation
    with another column, `correlated`, and `correlation_noise` what chance changes any of them by at most, 95
    times in 100, at the rows that were correlated. `note` says what was not compared, and why.
    """

    name: str
    kind: str
    severity: Severity
    rows_reference: int
    rows_current: int
    psi: float | None = None
    js: float | None = None
    kl: float | None = None
    ks: float | None = None
    ks_bound: float | None = None
    wasserstein: float | None = None
    wasserstein_deviations: float | None = None
    chi_squared: float | None = None
    hellinger: float | None = None
    missing_reference: float | None = None
    missing_current: float | None = None
    new_category_share: float | None = None
    noise: float | None = None
    noises: dict[str, float | None] = {}
    correlation: float | None = None
    correlated: str = ""
    correlation_noise: float | None = None
    new_categories: tuple[str, ...] = ()
    bins: Bins | None = None
    note: str = ""


class TableDrift(Record):
    """Two tables compared: `columns` most severe first, and the same by segment (column, value)."""

    reference: str
    current: str
    rows_reference: int
    rows_current: int
    limits: Limits
    columns: tuple[ColumnDrift, ...]
    segments: dict[str, dict[str, tuple[ColumnDrift, ...]]] = {}
    notes: tuple[str, ...] = ()


_BY_NAME = ("psi", "js", "kl", "ks", "chi_squared", "hellinger", "new_category_share")


def column_drift(feature: FeatureDrift, limits: Limits) -> ColumnDrift:
    """A column's line without what only the tables tell."""
    scores = feature.scores
    return ColumnDrift(
        name=feature.feature,
        kind=feature.kind,
        severity=limits.severity(scores["psi"], feature.sampling["psi"]),
        rows_reference=feature.rows_reference,
        rows_current=feature.rows_current,
        ks_bound=feature.ks_bound,
        wasserstein=feature.moved,
        wasserstein_deviations=scores["wasserstein"],
        missing_reference=feature.missing_reference,
        missing_current=feature.missing_current,
        noise=feature.sampling["psi"],
        noises=feature.sampling,
        correlation=feature.correlation,
        correlated=feature.correlated,
        correlation_noise=feature.correlation_noise,
        new_categories=feature.new_categories,
        **{name: scores[name] for name in _BY_NAME},
    )


def by_severity(columns: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    """Most severe first, then by PSI over its noise."""
    return tuple(
        sorted(
            columns,
            key=lambda each: (
                -SEVERITIES.index(each.severity),
                -((each.psi or 0.0) / max(each.noise or 0.0, 1e-9)),
                each.name,
            ),
        )
    )
