"""When no release takes a step up: hours of the week, and days; going back is never frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from retrain_platform.dataset.days import NamedDays, PreferredWindow


class WeeklyFreeze(PreferredWindow):
    """Weekdays and hours of the model's clock, as in `{kind: weekly, days: [friday], hours: [15, 24]}`."""

    kind: Literal["weekly"] = "weekly"


class DateFreeze(NamedDays):
    """Days of one year or of every year, both ends included, and why."""

    kind: Literal["dates"] = "dates"


Freeze = Annotated[WeeklyFreeze | DateFreeze, Field(discriminator="kind")]
"""A time without steps up, on the model's own clock."""


def frozen(windows: Sequence[Freeze], now: datetime, timezone: str) -> str | None:
    """The window that `now` lies in, in words; None outside all of them."""
    local = now.astimezone(ZoneInfo(timezone))
    for window in windows:
        inside = window.holds(local) if isinstance(window, WeeklyFreeze) else window.holds(local.date())
        if inside:
            return str(window)
    return None
