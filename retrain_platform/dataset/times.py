"""Times as they come, with or without a zone, to UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.texts import shown, value_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFFSET = r"(?:[zZ]|[+-]\d{2}:?\d{2})\s*$"
"""How an ISO 8601 text with a time of day ends when it names its zone."""


class BadTimes(ValueError):
    """A column that holds something else than times, or some with a zone and some without."""


def to_utc(values: pd.Series[Any], timezone: str) -> pd.Series[Any]:
    """The times in UTC (nanoseconds, same index); missing stays missing.

    Times without a zone are read on the clock of `timezone`: an hour that the clock shows twice is
    the first of the two, one that it skips becomes the first moment after the gap. After 2037 pandas
    2 knows no summer time, for want of tables.

    Raises:
        BadTimes: naming the column, an offending value, and the cure.
    """
    stamps = _stamps(values)
    if not isinstance(stamps.dtype, pd.DatetimeTZDtype):
        first = np.ones(len(stamps), dtype=bool)
        stamps = stamps.dt.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
    utc: pd.Series[Any] = stamps.dt.tz_convert("UTC").dt.as_unit("ns")
    return utc


def _stamps(values: pd.Series[Any]) -> pd.Series[Any]:
    """As timestamps, with a zone or without, but all alike."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or values.isna().all():
        return pd.to_datetime(values)
    if pd.api.types.is_numeric_dtype(values.dtype):
        raise BadTimes(
            f"{values.name} == {shown(values.dropna().iloc[0])}, must be a time: convert numbers where they are read"
        )
    zoned = _zoned(values)
    present = values.notna().to_numpy()
    if zoned.any() and not zoned[present].all():
        naive = values[present & ~zoned].iloc[0]
        raise BadTimes(
            f"{values.name} == {shown(naive)} has no zone while {shown(values[zoned].iloc[0])} has one: "
            "write the whole column one way"
        )
    stamps = pd.to_datetime(values, format="ISO8601", errors="coerce", utc=bool(zoned.any()))
    wrong = values[present & stamps.isna().to_numpy()]
    if len(wrong):
        raise BadTimes(f"{values.name} == {shown(wrong.iloc[0])}, must be a time as in '2013-01-31 05:15' (ISO 8601)")
    return stamps


def _zoned(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which values carry a zone: texts by how they end, datetimes by their tzinfo."""
    texts = values.map(lambda value: value if isinstance(value, str) and ":" in value else "")
    by_text = texts.str.contains(_OFFSET, regex=True).to_numpy(dtype=bool)
    by_type = values.map(lambda value: getattr(value, "tzinfo", None) is not None).to_numpy(dtype=bool)
    zoned: NDArray[np.bool_] = by_text | by_type
    return zoned


def as_text(values: pd.Series[Any], missing: str | None = None) -> pd.Series[Any]:
    """Each value as the text that names it; `missing` for the missing.

    A whole number is written without a decimal point, also where a missing neighbour made the
    column a float one: an identifier must not change its name from period to period.
    """
    codes, uniques = pd.factorize(values)
    names = np.array([*(value_text(value) for value in uniques), missing], dtype=object)
    return pd.Series(names[codes], index=values.index, name=values.name, dtype=object)
