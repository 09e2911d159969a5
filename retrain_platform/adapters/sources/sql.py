"""Reads a database through SQLAlchemy: one SELECT around the user's query asks for a period's rows, in chunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrain_platform.adapters.sources.base import ZONES, SourceUnreadable, newest, within, without_time
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.secrets import HIDDEN, secrets_in, without_secrets
from retrain_platform.dataset.source import Sql

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, Engine, Select

CHUNK = 50_000
"""Rows held as Python values at a time."""

_TEXT = "____-__-__%"
"""Texts that begin as '2013-01-31': only those are in the order of their times."""


def sql_rows(source: Sql, root: Path, period: Period, timezone: str) -> pd.DataFrame:
    """The rows of the period, asked for by bound parameters.

    Times without a zone, dates and texts are asked for a day wider, and cut here. Texts that are not in the
    order of their times are read whichever period they are of.
    """
    from sqlalchemy import column

    with _asked(source, root) as (connection, names):
        _must_have(source, names)
        time: Any = column(source.event_time)
        sample = connection.execute(_select(source, time).where(time.is_not(None)).limit(1)).scalar()
        asked = _select(source).where(_inside(source.event_time, sample, period))
        frame = _frame(connection, asked, names)
    return within(frame, source.event_time, period, timezone, source.told())


def sql_watermark(source: Sql, root: Path, timezone: str) -> datetime | None:
    """The newest event time, by the database's own maximum."""
    import pandas as pd
    from sqlalchemy import column, func

    time: Any = column(source.event_time)
    with _asked(source, root) as (connection, names):
        _must_have(source, names)
        found = [connection.execute(_select(source, func.max(time))).scalar()]
        if isinstance(found[0], str):
            # Zones apart, the greatest text may be up to a day before the last moment.
            found = list(connection.execute(_select(source, time).where(_last(time, found[0])).distinct()).scalars())
    return newest(pd.Series(found, name=source.event_time, dtype=object), timezone, source.told())


def sql_columns(source: Sql, root: Path) -> list[str]:
    """The names of the query's columns.

    Raises:
        SourceUnreadable: the database, the query or the table is not there.
    """
    with _asked(source, root) as (_, names):
        return names


def local_file(source: Sql, root: Path) -> Path | None:
    """The file of an SQLite database, a relative one from `root`; None for another database and for one in memory."""
    from sqlalchemy import make_url

    url = make_url(source.url.get_secret_value())
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return None if url.database.startswith("file:") else root / Path(url.database).expanduser()


@contextmanager
def _asked(source: Sql, root: Path) -> Iterator[tuple[Connection, list[str]]]:
    """A connection, and the names of the columns there.

    Raises:
        SourceUnreadable: whatever the database refuses.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    engine = _engine(source, root)
    try:
        with engine.connect() as connection:
            yield connection, _names(source, connection)
    except DBAPIError as error:
        raise _refused(source, str(error.orig)) from None
    except SQLAlchemyError as error:
        raise _refused(source, str(error)) from None
    finally:
        engine.dispose()


def _engine(source: Sql, root: Path) -> Engine:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(source.url.get_secret_value())
        file = local_file(source, root)
        if file is not None:
            if not file.is_file():
                raise SourceUnreadable(
                    f"source.url == {str(source.url)!r}, must be a database that is there: no {file}"
                )
            url = url.set(database=str(file))
        return create_engine(url, poolclass=NullPool)
    except (ArgumentError, ValueError) as error:
        if isinstance(error, NoSuchModuleError):
            known = "must begin with a database that SQLAlchemy knows, or whose dialect is installed"
            said = f"{known}: {_bare(source, error)}"
        else:
            said = f"must be an address as SQLAlchemy reads it: {_bare(source, error)}"
        raise SourceUnreadable(f"source.url == {str(source.url)!r}, {said}") from None
    except ImportError as error:
        said = f"must have its driver installed beside the platform (pip install {error.name}): {error}"
        raise SourceUnreadable(f"source.url == {str(source.url)!r}, {said}") from None


def _bare(source: Sql, error: object) -> str:
    """What the database said, without what is secret in its address."""
    said = without_secrets(str(error).strip().splitlines()[0])
    for secret in secrets_in(source.url.get_secret_value()):
        said = said.replace(secret, HIDDEN)
    return said


def _refused(source: Sql, said: str) -> SourceUnreadable:
    asked = f"source.table == {source.table!r}" if source.query is None else f"source.query == {source.query!r}"
    cure = "must be a table that can be read" if source.query is None else "must be a query that the database answers"
    return SourceUnreadable(f"{asked}, {cure}: {_bare(source, said)} ({source.url})")


def _select(source: Sql, *columns: Any) -> Select[Any]:
    """A SELECT from the user's query or table; of all its columns where none is named."""
    from sqlalchemy import literal_column, select, table, text

    asked = select(*(columns or (literal_column("*"),)))
    if source.query is not None:
        # A line of its own for the bracket: the query may end in a comment. A colon in it is no parameter.
        plain = source.query.replace(":", r"\:")
        return asked.select_from(text(f"({plain}\n) AS retrain_rows"))
    schema, _, name = str(source.table).rpartition(".")
    return asked.select_from(table(name, schema=schema or None))


def _names(source: Sql, connection: Connection) -> list[str]:
    from sqlalchemy import false

    answer = connection.execute(_select(source).where(false()))
    names = [str(name) for name in list(answer.keys())]
    # SQLite calls a second column `at` of a subquery 'at:1'.
    bare = [name.rpartition(":")[0] if re.search(r":\d+$", name) else name for name in names]
    twice = sorted({name for name in bare if bare.count(name) > 1})
    if twice:
        raise SourceUnreadable(
            f"source.query == {source.query!r}, must give each column a name of its own: {', '.join(twice)} comes twice"
        )
    return names


def _must_have(source: Sql, names: Sequence[str]) -> None:
    if source.event_time not in names:
        raise without_time(source.event_time, list(names), source.told())


def _inside(name: str, sample: object, period: Period) -> Any:
    """The predicate for the period's rows, by what the column holds: moments, dates, or texts of either."""
    from sqlalchemy import String, and_, bindparam, cast, column, false, not_, or_

    if sample is None:
        return false()
    time: Any = column(name)
    low, high = period.start.astimezone(UTC), period.end.astimezone(UTC)
    wide = (low - ZONES).replace(tzinfo=None), (high + ZONES).replace(tzinfo=None)
    if isinstance(sample, datetime):
        first, last = (low, high) if sample.tzinfo is not None else wide
    elif isinstance(sample, date):
        first, last = wide[0].date(), wide[1].date() + timedelta(days=1)
    else:
        first, last = f"{wide[0]:%Y-%m-%d}", f"{wide[1] + timedelta(days=1):%Y-%m-%d}"
    between = and_(time >= bindparam("first", first), time < bindparam("last", last))
    if isinstance(sample, date):
        return between
    return or_(between, not_(cast(time, String).like(_TEXT)))


def _last(time: Any, greatest: str) -> Any:
    """The texts that may be the last moment, and those whose order says nothing."""
    from sqlalchemy import String, cast, not_, or_

    unordered = not_(cast(time, String).like(_TEXT))
    try:
        near = date.fromisoformat(greatest[:10]) - 2 * ZONES
    except ValueError:
        return unordered
    return or_(time >= f"{near:%Y-%m-%d}", unordered)


def _frame(connection: Connection, asked: Select[Any], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    answer = connection.execution_options(stream_results=True).execute(asked)
    pieces = [
        pd.DataFrame.from_records([tuple(row) for row in rows], columns=names, coerce_float=True)
        for rows in answer.partitions(CHUNK)
    ]
    return _joined(pieces, names)


def _joined(pieces: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """One frame; a chunk that misses a whole column does not change the column's type."""
    import pandas as pd

    if len(pieces) < 2:
        return pieces[0] if pieces else pd.DataFrame(columns=names)
    ends = [sum(len(piece) for piece in pieces[:count]) for count in range(len(pieces) + 1)]
    for piece, start in zip(pieces, ends, strict=False):
        piece.index = pd.RangeIndex(start, start + len(piece))
    found = {}
    for name in names:
        filled = [piece[name] for piece in pieces if piece[name].notna().any()]
        found[name] = (pd.concat(filled) if filled else pieces[0][name]).reindex(range(ends[-1]))
    return pd.DataFrame(found)
