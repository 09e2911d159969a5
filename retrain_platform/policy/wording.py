"""Numbers and counts as the sentences of findings write them."""

from __future__ import annotations

from datetime import timedelta

from retrain_platform.dataset.duration import duration_text


def number(value: float) -> str:
    """Three digits that matter below 1,000, whole numbers from there on.

    >>> number(0.70123), number(23.456), number(12345.6)
    ('0.701', '23.5', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def periods(count: int, of: str = "") -> str:
    """A count of periods.

    >>> periods(1), periods(3, "ripe")
    ('1 period', '3 ripe periods')
    """
    return f"{count} {of + ' ' if of else ''}period{'' if count == 1 else 's'}"


def lasting(dwell: timedelta | None) -> str:
    """For how long something must hold; nothing where there is no dwell.

    >>> lasting(timedelta(weeks=3)), lasting(None)
    (' for 3w', '')
    """
    return "" if dwell is None else f" for {duration_text(dwell)}"


def are_in(count: int) -> str:
    """How many are in.

    >>> are_in(1), are_in(3)
    ('1 is in', '3 are in')
    """
    return f"{count} {'is' if count == 1 else 'are'} in"
