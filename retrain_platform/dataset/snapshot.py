"""What a model was trained on: named by its content, described so that it can be read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from retrain_platform.dataset.classes import ordered
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.selection import Cuts, Selection
from retrain_platform.dataset.soundness import kind_of

if TYPE_CHECKING:
    import pandas as pd


Basis = Literal["holdout", "recipes", "alone", "too few rows"]
"""What a candidate can be examined on; see `validation.exam`."""

Part = Literal["train", "valid", "holdout"]
"""What rows are used for: to learn from, to stop the fit by, to examine it."""


class ColumnReport(Record):
    """One column of one part: share missing, and its range or how many different texts it holds."""

    missing: float
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    distinct: int | None = None


class PartReport(Record):
    """One part of a dataset: its rows, its span, its label, its features.

    `first` and `last` are event times, both included. `classes` counts the values of a label of
    classes; `label` describes the label as a number, where it is one.
    """

    rows: int
    first: datetime | None
    last: datetime | None
    classes: dict[str, int]
    label: ColumnReport
    columns: dict[str, ColumnReport]


class PeriodReport(Record):
    """One period of a dataset: the part it belongs to, its rows, and the mean of their label.

    None without rows, and where the label is a class's name.
    """

    period: str
    part: Part
    rows: int
    label: float | None


class DatasetSnapshot(Record):
    """An immutable training dataset. `id` is the fingerprint of its rows; `tables` the versions read.

    Train holds the events before `valid_from`, valid those before `holdout_from`, holdout the rest,
    up to `newest` (included). `basis` is what the exam can be taken on, `basis_why` says so in
    words. `dropped` counts rows left out, by reason. `parts` has a report on each part. `sources` are the places
    that the periods were read from, a query with its text, without secrets. `selection` says which rows of the
    periods were chosen, and how they are parted where that is not by the two cuts alone.
    """

    id: str
    decision_id: str
    model: str
    as_of: datetime
    tables: dict[str, int]
    periods: tuple[str, ...]
    features: tuple[str, ...]
    label: str
    task: str
    seed: int
    valid_from: datetime
    holdout_from: datetime
    newest: datetime
    basis: Basis
    basis_why: str = ""
    rows: int
    dropped: dict[str, int] = {}
    parts: dict[str, PartReport]
    sources: tuple[str, ...] = ()
    selection: Selection = Selection()

    @property
    def cuts(self) -> Cuts:
        """Where the part that stops the fit begins, and the holdout."""
        return Cuts(self.valid_from, self.holdout_from)

    @property
    def examined_from(self) -> datetime | None:
        """When the holdout begins: at its cut, or with the first row that was drawn for it."""
        return self.holdout_from if self.selection.drawn is None else self.parts["holdout"].first

    @property
    def read_periods(self) -> tuple[str, ...]:
        """All periods that rows come from, oldest first: those before the window, too."""
        return (*self.selection.older, *self.periods)

    def part_rows(self) -> list[dict[str, Any]]:
        """A table of the parts, one row each, for people."""
        return [
            {
                "part": name,
                "rows": part.rows,
                "first": part.first and f"{part.first:%Y-%m-%d %H:%M}",
                "last": part.last and f"{part.last:%Y-%m-%d %H:%M}",
                "label mean": part.label.mean,
                **{f"label {value}": count for value, count in part.classes.items()},
            }
            for name, part in self.parts.items()
        ]

    def column_rows(self) -> list[dict[str, Any]]:
        """A table of the features, one row each: the training part, and what is missing in the others."""
        train = self.parts["train"].columns
        return [
            {
                "column": name,
                **{f"missing in {part}": report.columns[name].missing for part, report in self.parts.items()},
                "lowest": train[name].low,
                "highest": train[name].high,
                "mean": train[name].mean,
                "different": train[name].distinct,
            }
            for name in self.features
        ]

    def missing(self) -> dict[str, float]:
        """The share of the parts' rows that miss a feature, for each feature that any row misses, the worst first."""
        rows = max(sum(part.rows for part in self.parts.values()), 1)
        shares = {
            name: sum(part.rows * part.columns[name].missing for part in self.parts.values()) / rows
            for name in self.features
        }
        return {name: share for name, share in sorted(shares.items(), key=lambda item: -item[1]) if share > 0}

    def part_of(self, moment: datetime) -> Part:
        """The part that an event of this moment belongs to."""
        if moment >= self.holdout_from:
            return "holdout"
        return "valid" if moment >= self.valid_from else "train"


class NoRows(ValueError):
    """A dataset without a row."""


def describe(  # noqa: PLR0913 - a snapshot is no less than all of this
    rows: pd.DataFrame,
    *,
    model: str,
    decision_id: str,
    as_of: datetime,
    periods: Sequence[str],
    tables: Mapping[str, int],
    features: Sequence[str],
    label: str,
    task: str,
    seed: int,
    valid_from: datetime,
    holdout_from: datetime,
    basis: Basis,
    basis_why: str = "",
    dropped: Mapping[str, int] | None = None,
    sources: Sequence[str] = (),
    selection: Selection | None = None,
    query: str | None = None,
) -> DatasetSnapshot:
    """The snapshot of `rows`, which have the feature columns, `_event_time`, `_entity`, `_label`, for ranking `query`.

    Raises:
        NoRows: there is nothing to learn from.
    """
    from retrain_platform.dataset.split import with_columns

    if not len(rows):
        raise NoRows(f"rows == 0 for decision {decision_id}, must be at least 1: no period is ripe by {as_of}")
    how, named = selection or Selection(), () if query is None else (query,)
    parts = how.parts(rows, Cuts(valid_from, holdout_from))
    return DatasetSnapshot(
        id=content_fingerprint(with_columns(rows, ["_event_time", "_entity", "_label", *features, *named])),
        decision_id=decision_id,
        model=model,
        as_of=as_of,
        tables=dict(tables),
        periods=tuple(periods),
        features=tuple(features),
        label=label,
        task=task,
        seed=seed,
        valid_from=valid_from,
        holdout_from=holdout_from,
        newest=rows["_event_time"].max().to_pydatetime(warn=False),
        basis=basis,
        basis_why=basis_why,
        rows=len(rows),
        dropped=dict(dropped or {}) | ({"embargo": parts.embargoed} if how.embargo else {}),
        parts={
            name: report_part(getattr(parts, name), features, classes=task in ("binary", "multiclass"))
            for name in ("train", "valid", "holdout")
        },
        sources=tuple(sources),
        selection=how,
    )


def content_fingerprint(frame: pd.DataFrame) -> str:
    """Sixteen hex digits: equal for equal column names, kinds, values and row order; the index does not count.

    A missing value is one thing, however it is written; so is a moment, in whatever zone and unit.
    """
    import pandas as pd

    digest = hashlib.sha256()
    for name in frame.columns:
        values = frame[name]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            values = values.dt.tz_convert("UTC").dt.as_unit("ns")
        elif pd.api.types.is_datetime64_dtype(values.dtype):
            values = values.dt.as_unit("ns")
        digest.update(f"{len(str(name))}:{name}:{kind_of(values)};".encode())
        digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def report_part(frame: pd.DataFrame, features: Sequence[str], *, classes: bool) -> PartReport:
    """Describe one part: a frame with `_event_time`, `_label` and the features; an empty one is fine."""
    import pandas as pd

    from retrain_platform.dataset.texts import value_text

    found = frame["_label"].value_counts() if classes else pd.Series(dtype="int64")
    counts = {value_text(value): int(count) for value, count in found.items() if count}
    times = frame["_event_time"]
    return PartReport(
        rows=len(frame),
        first=times.min().to_pydatetime(warn=False) if len(frame) else None,
        last=times.max().to_pydatetime(warn=False) if len(frame) else None,
        classes={name: counts[name] for name in ordered(counts)},
        label=_column(frame["_label"]),
        columns={name: _column(frame[name]) for name in features},
    )


def report_periods(
    rows: pd.DataFrame, made: DatasetSnapshot, starts: Mapping[str, datetime]
) -> tuple[PeriodReport, ...]:
    """Describe the snapshot's rows period by period; `starts` has the start of each period, in order."""
    import numpy as np
    import pandas as pd

    edges = pd.DatetimeIndex(list(starts.values())).tz_convert("UTC")
    places = edges.searchsorted(rows["_event_time"], side="right") - 1
    number = pd.api.types.is_numeric_dtype(rows["_label"].dtype)
    labels = rows["_label"].to_numpy(np.float64) if number else np.full(len(rows), np.nan)
    counts = np.bincount(places, minlength=len(starts))
    sums = np.bincount(places, weights=labels, minlength=len(starts))
    return tuple(
        PeriodReport(
            period=key,
            part=made.part_of(start),
            rows=int(count),
            label=float(total / count) if count and number else None,
        )
        for (key, start), count, total in zip(starts.items(), counts, sums, strict=True)
    )


def _column(values: pd.Series[Any]) -> ColumnReport:
    missing = float(values.isna().mean()) if len(values) else 0.0
    kind = kind_of(values)
    if kind == "category":
        return ColumnReport(missing=missing, distinct=int(values.nunique()))
    present = values.dropna()
    if kind == "time" or not len(present):
        return ColumnReport(missing=missing)
    numbers = present.astype("float64")
    return ColumnReport(
        missing=missing, low=float(numbers.min()), high=float(numbers.max()), mean=float(numbers.mean())
    )
