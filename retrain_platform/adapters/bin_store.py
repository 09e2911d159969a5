"""The bins as one SQL table: the gateway's `evidence.db` by default, any SQLAlchemy database by URL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    insert,
    select,
)

from retrain_platform.adapters.clock import microseconds_of, moment_of
from retrain_platform.adapters.sql_engine import LazyTables, parts
from retrain_platform.release.live.bins import Bin, Tally, merged

TABLES = MetaData()
"""Every table of the evidence: bins, and what the collector must know to add to them exactly once."""

_BINS = Table(
    "bins",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("answered", Boolean, primary_key=True),
    *(Column(name, Integer, nullable=False) for name in ("calls", "rows", "errors", "entities", "labels")),
    Column("loss", Float, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("latency", "feedback", "events", "against")),
)
_COMPLETE = Table("complete", TABLES, Column("at", BigInteger, nullable=False))
_COUNTS = ("calls", "rows", "errors", "entities", "labels", "loss")


class SqlBins:
    """`BinStore` over SQLAlchemy; maps are kept as JSON, a bin's start as seconds since 1970 UTC."""

    def __init__(self, url: str) -> None:
        self._tables = LazyTables(url, TABLES)

    def bins(self, model: str, since: datetime, until: datetime, versions: Sequence[str] = ()) -> list[Bin]:
        """The bins in [since, until); see `BinStore`."""
        if not self._tables.exist():
            return []
        low, high = _seconds(since), _seconds(until)
        query = select(_BINS).where(_BINS.c.model == model, _BINS.c.start >= low, _BINS.c.start < high)
        query = query.where(_BINS.c.version.in_(versions)) if versions else query
        query = query.order_by(_BINS.c.start, _BINS.c.version, _BINS.c.answered)
        with self._tables.reading() as connection:
            return [_bin(row) for row in connection.execute(query)]

    def complete_until(self) -> datetime | None:
        """Until when all lines are in the bins; see `BinStore`."""
        if not self._tables.exist():
            return None
        with self._tables.reading() as connection:
            at = connection.execute(select(_COMPLETE.c.at)).scalar()
        return None if at is None else moment_of(at)

    def add(self, model: str, bins: Sequence[Bin]) -> None:
        """Count these too."""
        self._tables.make()
        with self._tables.writing() as connection:
            add_bins(connection, model, bins)


def add_bins(connection: Connection, model: str, bins: Sequence[Bin]) -> None:
    """Add to what stands, within the caller's transaction; no two of `bins` are of one place."""
    for part in parts(sorted({_seconds(each.start) for each in bins})):
        mine = (_BINS.c.model == model, _BINS.c.start.in_(part))
        found = [_bin(row) for row in connection.execute(select(_BINS).where(*mine).with_for_update())]
        kept = {_place(each): each for each in found}
        for each in (one for one in bins if part[0] <= _seconds(one.start) <= part[-1]):
            standing = kept.get(_place(each))
            kept[_place(each)] = each if standing is None else merged(standing, each)
        connection.execute(delete(_BINS).where(*mine))
        connection.execute(insert(_BINS), [_row(model, each) for each in kept.values()])


def say_complete(connection: Connection, until: datetime) -> None:
    """Note that all that was logged before is in the bins, within the caller's transaction."""
    connection.execute(delete(_COMPLETE))
    connection.execute(insert(_COMPLETE), {"at": microseconds_of(until)})


def forget_bins(connection: Connection, model: str, before: datetime) -> None:
    """Drop what started before, within the caller's transaction."""
    connection.execute(delete(_BINS).where(_BINS.c.model == model, _BINS.c.start < _seconds(before)))


def _place(each: Bin) -> tuple[int, str, bool]:
    return _seconds(each.start), each.version, each.answered


def _row(model: str, each: Bin) -> dict[str, Any]:
    feedback = {kind: (tally.count, tally.hits, tally.total) for kind, tally in each.feedback.items()}
    maps: Mapping[str, Any] = {"latency": each.latency, "feedback": feedback, "events": each.events}
    texts = {name: json.dumps(value) for name, value in {**maps, "against": each.against}.items()}
    counts = {name: getattr(each, name) for name in _COUNTS}
    key = {"model": model, "start": _seconds(each.start), "version": each.version, "answered": each.answered}
    return {**key, **counts, **texts}


def _bin(row: Row[Any]) -> Bin:
    """Built unchecked: evidence over days reads tens of thousands, and `_row` wrote them."""
    return Bin.model_construct(
        start=datetime.fromtimestamp(row.start, UTC),
        version=row.version,
        answered=row.answered,
        **{name: getattr(row, name) for name in _COUNTS},
        latency=_counted(_map(row.latency)),
        feedback={
            kind: Tally.model_construct(count=each[0], hits=each[1], total=each[2])
            for kind, each in _map(row.feedback).items()
        },
        events=_map(row.events),
        against={version: _counted(cells) for version, cells in _map(row.against).items()},
    )


def _map(text: str) -> Any:
    """Most bins have nothing of most kinds."""
    return {} if text == "{}" else json.loads(text)


def _counted(cells: Mapping[str, int]) -> dict[int, int]:
    """JSON's keys are texts."""
    return {int(cell): count for cell, count in cells.items()}


def _seconds(moment: datetime) -> int:
    """Whole seconds since 1970; a bound between two is the later one, for bins start on whole seconds."""
    return -int(-moment.timestamp() // 1)
