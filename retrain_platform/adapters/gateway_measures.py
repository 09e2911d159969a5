"""Operations and business measures of a period, of our own gateway's log: latency, errors, throughput, feedback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.adapters.sources.gateway import log_rows
from retrain_platform.dataset.measures import MeasureGateway
from retrain_platform.dataset.period import Period

if TYPE_CHECKING:
    import pandas as pd

_QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_FEW = 30
"""An hour with fewer requests is no worst hour: one slow request would make it."""


class _Row(NamedTuple):
    measure: str
    segment: str | None
    value: float


def gateway_measures(table: MeasureGateway, period: Period) -> pd.DataFrame:
    """A row for each measure of the period, of all and of each version, under the table's own column names.

    Quantiles are of the requests' latencies, linear between two (Hyndman and Fan's type 7); an error is a record that a
    version could not answer, also where another then did.

    Raises:
        SourceUnreadable: the log cannot be read.
    """
    import pandas as pd

    columns = ("id", "at", "version", "ms", "call", "error")
    served = log_rows(table, "served", period.start, period.end, columns)
    found: list[_Row] = []
    if served is not None and served.num_rows:
        rows = served.to_pandas()
        feedback = _feedback(table, period)
        found = list(_measures(rows, feedback, None, period))
        for version, part in rows.groupby("version", sort=True) if table.segment is not None else ():
            found += _measures(part, feedback[feedback["version"] == version], str(version), period)
    return pd.DataFrame(
        {
            table.time: pd.Series([period.start] * len(found), dtype="object"),
            table.measure: [row.measure for row in found],
            table.segment or "segment": pd.Series([row.segment for row in found], dtype="object"),
            table.value: pd.Series([row.value for row in found], dtype="float64"),
        }
    )


def _measures(rows: pd.DataFrame, feedback: pd.DataFrame, segment: str | None, period: Period) -> Iterator[_Row]:
    calls = rows[rows["call"]]
    told: dict[str, float] = {
        "requests": len(calls),
        "requests_a_second": len(calls) / (period.end - period.start).total_seconds(),
        "records": len(rows),
        "error_rate": float(rows["error"].notna().mean()),
    }
    if len(calls):
        told |= {f"latency_{name}_ms": float(calls["ms"].quantile(share)) for name, share in _QUANTILES}
        told |= _worst_hour(rows, calls)
    told |= _of_feedback(feedback, int(rows["error"].isna().sum()))
    yield from (_Row(name, segment, value) for name, value in told.items())


def _worst_hour(rows: pd.DataFrame, calls: pd.DataFrame) -> dict[str, float]:
    """The hour with the most errors and that with the slowest requests: a week's mean hides an outage of an hour."""
    hours = calls.groupby(calls["at"].dt.floor("h"))["ms"]
    enough = hours.size() >= _FEW
    if not enough.any():
        return {}
    errors = rows["error"].notna().groupby(rows["at"].dt.floor("h")).mean()
    return {
        "worst_hour_error_rate": float(errors.reindex(enough.index)[enough].max()),
        "worst_hour_p95_ms": float(hours.quantile(0.95)[enough].max()),
    }


def _feedback(table: MeasureGateway, period: Period) -> pd.DataFrame:
    """Feedback of answers of the period, whenever it came: by answer, kind and value; labels are judged elsewhere."""
    import pandas as pd

    columns = ("id", "kind", "value", "said", "version", "answered_at", "known")
    found = log_rows(table, "feedback", period.start, None, columns)
    if found is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    frame = found.to_pandas()
    inside = (frame["answered_at"] >= period.start) & (frame["answered_at"] < period.end)
    return frame[inside & frame["known"].astype(bool) & (frame["kind"] != "label")]


def _of_feedback(feedback: pd.DataFrame, answered: int) -> dict[str, float]:
    """Of each kind the share of answers with a yes, once each, and the mean of its numbers."""
    told: dict[str, float] = {}
    for kind, part in feedback.groupby("kind", sort=True):
        yes = (part["value"] > 0) | (part["value"].isna() & part["said"].isna())
        if answered:
            told[f"{kind}_rate"] = part["id"][yes].nunique() / answered
        numbers: Any = part["value"].dropna()
        if len(numbers):
            told[f"{kind}_mean"] = float(numbers.mean())
    return told
