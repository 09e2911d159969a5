"""Reads our own gateway's log as events: the records that were answered, and the labels that came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from retrain_platform.adapters.clock import moment_of
from retrain_platform.adapters.sources.base import SourceUnreadable, newest, within, without_time
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.places import ANSWER, ANSWERED_AT, ANSWERED_BY, LABELLED_AT, REQUEST, AtGateway
from retrain_platform.dataset.source import Gateway

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from deltalake import DeltaTable


def gateway_rows(source: Gateway, period: Period, timezone: str) -> pd.DataFrame:
    """The answered records of the period, each with its fields, its answer, and the last label that came of it.

    Numbers are floats and texts are texts, whatever they look like: a period must not differ from the next because its
    numbers were all whole. A record that no version could answer is no event; the measures count it.

    Raises:
        SourceUnreadable: the log is not this model's to read, or cannot be read.
    """
    import pandas as pd

    span = timedelta() if source.event_time == ANSWERED_AT else source.within
    served = log_rows(
        source, "served", period.start - span, period.end + span, ("id", "at", "score", "version", "fields", "error")
    )
    served = None if served is None else served.filter(_field("error").is_null())
    if served is None or not served.num_rows:
        return pd.DataFrame()
    frame = _fields(served.column("fields"))
    frame[REQUEST] = served.column("id").to_pandas()
    frame[ANSWERED_AT] = served.column("at").to_pandas()
    frame[ANSWER] = served.column("score").to_pandas()
    frame[ANSWERED_BY] = served.column("version").to_pandas()
    if source.label is not None:
        labels = _labels(source, period.start - span).reindex(frame[REQUEST])
        frame[source.label] = labels["label"].to_numpy()
        frame[LABELLED_AT] = pd.Series(pd.DatetimeIndex(labels["known_at"]), index=frame.index)
    return within(frame, source.event_time, period, timezone, source.told())


def gateway_watermark(source: Gateway, timezone: str) -> datetime | None:
    """How far the log reaches: the newest event, but no further than the newest answer, and than all of it is there.

    An event's own time may lie ahead of its answer, as a departure does: what has not been asked yet is not known.
    """
    found = _newest_answer(source)
    if found is None or source.event_time == ANSWERED_AT:
        return None if found is None else min(found)
    last = found.at
    latest = Period(key="newest", start=last - source.within, end=last + source.within)
    rows = log_rows(source, "served", latest.start, latest.end, ("fields",))
    frame = _fields(rows.column("fields")) if rows is not None and rows.num_rows else None
    if frame is None or source.event_time not in frame.columns:
        raise without_time(source.event_time, [] if frame is None else list(frame.columns), source.told())
    event = newest(frame[source.event_time], timezone, source.told())
    return None if event is None else min(event, *found)


class _Newest(NamedTuple):
    """When the newest record was answered, and until when all of them are there.

    While a collector catches up, what one worker logged is there before what another did earlier.
    """

    at: datetime
    complete: datetime


def _newest_answer(source: Gateway) -> _Newest | None:
    """Of what the table says of its files and commits: no row is read, for this is asked at every tick."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from retrain_platform.adapters.log_tables import COMPLETE

    found = log_table(source, "served")
    if found is None:
        return None
    files = pa.table(found.get_add_actions(flatten=True))
    last = pc.max(files.column("max.at")).as_py() if "max.at" in files.column_names else None
    if last is None:
        return None
    at, complete = last.astimezone(UTC), found.transaction_version(COMPLETE)
    return _Newest(at, at if complete is None else moment_of(complete))


def log_table(place: AtGateway, name: str) -> DeltaTable | None:
    """A table of the log; None where nothing was logged yet.

    Raises:
        SourceUnreadable: nobody said whose log, or the table cannot be read.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    if place.of is None or place.lake is None:
        raise SourceUnreadable(f"source.of == {place.of!r}, must be a model's whose log is read in its own lake")
    path = Path(place.lake).expanduser() / place.of / name
    if not (path / "_delta_log").is_dir():
        return None
    try:
        return DeltaTable(path)
    except (DeltaError, OSError) as error:
        raise SourceUnreadable(f"source.of == {place.of!r}, must have a log that can be read: {error}") from None


def log_rows(
    place: AtGateway, name: str, start: datetime, end: datetime | None, columns: tuple[str, ...]
) -> pa.Table | None:
    """The rows of a table of the log from `start` on, before `end` where there is one; None before the first."""
    import pyarrow as pa

    found = log_table(place, name)
    if found is None:
        return None
    kind = pa.timestamp("us", "UTC")
    low = start.astimezone(UTC)
    asked = (_field("day") >= f"{low:%Y-%m-%d}") & (_field("at") >= pa.scalar(low, kind))
    if end is not None:
        high = end.astimezone(UTC)
        asked &= (_field("day") <= f"{high:%Y-%m-%d}") & (_field("at") < pa.scalar(high, kind))
    return found.to_pyarrow_dataset().to_table(columns=list(columns), filter=asked)


def _field(name: str) -> Any:
    import pyarrow.dataset as ds

    return ds.field(name)


def _fields(texts: pa.ChunkedArray) -> pd.DataFrame:
    """The records, by column."""
    import pyarrow as pa

    lines = "\n".join(texts.to_pylist()).encode()
    try:
        rows = _parsed(lines, ())
        dates = [field.name for field in rows.schema if pa.types.is_temporal(field.type)]
        rows = _parsed(lines, dates) if dates else rows
    except pa.ArrowInvalid:  # one column holds numbers in some records and texts in others
        return _mixed(texts)
    if rows.num_rows != len(texts):
        return _mixed(texts)
    columns = {field.name: _floats(rows.column(field.name)) for field in rows.schema}
    frame: pd.DataFrame = pa.table(columns).to_pandas() if columns else _mixed(texts)
    return frame


def _parsed(lines: bytes, texts: list[str] | tuple[str, ...]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import json

    schema = pa.schema([(name, pa.string()) for name in texts])
    options = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer")
    block = json.ReadOptions(block_size=max(1 << 20, len(lines)))  # types are found in a block, so in all of it
    return json.read_json(BytesIO(lines), read_options=block, parse_options=options)


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as floats, where no digit is lost."""
    import pyarrow as pa

    if not pa.types.is_integer(column.type):
        return column
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        return column


def _mixed(texts: pa.ChunkedArray) -> pd.DataFrame:
    """The records, one by one; a column of several kinds is one of texts."""
    import json

    import pandas as pd

    frame = pd.DataFrame([json.loads(text) for text in texts.to_pylist()], index=range(len(texts)))
    for name in frame.columns:
        kinds = {type(value) for value in frame[name].dropna()}
        if len(kinds) > 1 and not kinds <= {int, float}:
            frame[name] = frame[name].map(
                lambda value: value if isinstance(value, str) else json.dumps(value), "ignore"
            )
        elif kinds <= {int, float} and kinds:
            frame[name] = frame[name].astype("float64")
    return frame


def _labels(source: Gateway, since: datetime) -> pd.DataFrame:
    """By request, the label that was known last and when it was: `label`, `known_at`."""
    import pandas as pd

    columns = ("id", "at", "kind", "entity", "known_at", "value", "said", "known")
    found = log_rows(source, "feedback", since, None, columns)
    if found is None:
        return pd.DataFrame({"label": [], "known_at": pd.to_datetime([], utc=True)}, index=pd.Index([], dtype=object))
    found = found.filter((_field("kind") == "label") & _field("known"))
    frame = found.to_pandas()
    frame = frame[frame["value"].notna() | frame["said"].notna()]
    frame = _with_requests(source, frame, since)
    frame["label"] = frame["value"] if frame["said"].isna().all() else _named(frame)
    last = frame.sort_values(["known_at", "at"], kind="stable").drop_duplicates("id", keep="last")
    return last.set_index("id")[["label", "known_at"]]


def _named(frame: pd.DataFrame) -> pd.Series[Any]:
    from retrain_platform.dataset.times import as_text

    return frame["said"].where(frame["said"].notna(), as_text(frame["value"]))


def _with_requests(source: Gateway, labels: pd.DataFrame, since: datetime) -> pd.DataFrame:
    """Labels of entities with the request of that entity's newest answer before they were known."""
    import pandas as pd

    of_entity = labels["id"].isna()
    if not of_entity.any():
        return labels
    served = log_rows(source, "served", since, None, ("id", "at", "entity", "error"))
    answers = served.filter(_field("error").is_null() & _field("entity").is_valid()) if served is not None else None
    if answers is None or not answers.num_rows:
        return labels[~of_entity]
    told = labels[of_entity].drop(columns="id").sort_values("known_at")
    newest_of = answers.select(["id", "at", "entity"]).to_pandas().rename(columns={"at": "answered"})
    found = pd.merge_asof(told, newest_of.sort_values("answered"), left_on="known_at", right_on="answered", by="entity")
    return pd.concat([labels[~of_entity], found.drop(columns="answered")], ignore_index=True).dropna(subset=["id"])
