"""Column profiles as an Arrow IPC stream: a row each, cells as lists, texts by dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.column import ColumnProfile, Moments
from retrain_platform.stats.comoments import CoMoments
from retrain_platform.stats.grid import Grid

VERSION = b"2"
"""Of the layout below; a reader refuses any other."""


class Line(NamedTuple):
    """One column's profile and where it belongs; `segment` and `value` are empty for all rows."""

    segment: str
    value: str
    column: str
    profile: ColumnProfile


def write_lines(lines: Sequence[Line], rows: int, together: CoMoments | None = None) -> bytes:
    """The lines in their order, and `together` with the lines of all rows, compressed; equal ones give equal bytes."""
    import pyarrow as pa

    about = {b"version": VERSION, b"rows": str(rows).encode(), b"together": b"0" if together is None else b"1"}
    table = pa.table(_arrays(lines) | _together_arrays(lines, together)).replace_schema_metadata(about)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def read_lines(data: bytes) -> tuple[list[Line], int, CoMoments | None]:
    """The lines, the number of rows and the co-moments that `write_lines` was given.

    Raises:
        ValueError: `data` is no profile, or one of another version.
    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(data).read_all().combine_chunks()
    except pa.ArrowInvalid as error:
        raise ValueError(f"data == {data[:16]!r}..., must be a profile's bytes: {error}") from error
    about = table.schema.metadata or {}
    if about.get(b"version") != VERSION:
        raise ValueError(f"version == {about.get(b'version')!r}, must be {VERSION!r}")
    lines = list(_lines(table))
    together = _together(table, lines) if about[b"together"] == b"1" else None
    return lines, int(about[b"rows"]), together


_TEXTS = ("segment", "value", "column")
_COUNTS = ("rows", "missing", "infinite_low", "infinite_high")
_MOMENTS = ("mean", "m2", "least", "greatest")
_GRID = ("kind", "centre", "scale", "repeats", "buckets")


def _arrays(lines: Sequence[Line]) -> dict[str, Any]:
    import pyarrow as pa

    profiles = [line.profile for line in lines]
    arrays = {name: _texts([getattr(line, name) for line in lines]) for name in _TEXTS}
    arrays["kind"] = _texts([each.grid.kind for each in profiles])
    for name, kind in (
        ("centre", pa.float64()),
        ("scale", pa.float64()),
        ("repeats", pa.bool_()),
        ("buckets", pa.int64()),
    ):
        arrays[name] = pa.array([getattr(each.grid, name) for each in profiles], kind)
    cuts = [np.array(each.grid.fine, dtype=np.int64).ravel() for each in profiles]
    arrays["fine"] = _lists(cuts, pa.array(np.concatenate([_NO_KEYS, *cuts])))
    for name in _COUNTS:
        arrays[name] = pa.array([getattr(each, name) for each in profiles], pa.int64())
    arrays["n"] = pa.array([each.moments.n for each in profiles], pa.int64())
    for name in _MOMENTS:
        arrays[name] = pa.array([getattr(each.moments, name) for each in profiles], pa.float64())
    texts = [each.keys if each.grid.kind == "category" else _NO_TEXTS for each in profiles]
    keys = [_NO_KEYS if each.grid.kind == "category" else each.keys for each in profiles]
    arrays["texts"] = _lists(texts, _texts([text for part in texts for text in part]))
    arrays["keys"] = _lists(keys, pa.array(np.concatenate([_NO_KEYS, *keys])))
    counts = [each.counts for each in profiles]
    arrays["counts"] = _lists(counts, pa.array(np.concatenate([_NO_KEYS, *counts])))
    usual = [_NO_VALUES if each.usual is None else each.usual for each in profiles]
    arrays["usual"] = _lists(usual, pa.array(np.concatenate([_NO_VALUES, *usual])))
    strays = [_NO_KEYS if each.strays is None else each.strays for each in profiles]
    arrays["strays"] = _lists(strays, pa.array(np.concatenate([_NO_KEYS, *strays])))
    return arrays


_NO_KEYS = np.empty(0, dtype=np.int64)
_NO_TEXTS = np.empty(0, dtype=object)
_NO_VALUES = np.empty(0)


def _together_arrays(lines: Sequence[Line], together: CoMoments | None) -> dict[str, Any]:
    """With each numeric column's line of all rows, its row of each of the four arrays."""
    import pyarrow as pa

    rows = {} if together is None else dict(zip(together.names, np.hstack(together.arrays), strict=True))
    parts = [_NO_VALUES if line.segment else rows.get(line.column, _NO_VALUES) for line in lines]
    return {"together": _lists(parts, pa.array(np.concatenate([_NO_VALUES, *parts])))}


def _together(table: Any, lines: Sequence[Line]) -> CoMoments:
    """What `_together_arrays` wrote."""
    grids = {line.column: line.profile.grid for line in lines if not line.segment}
    none = CoMoments.none(grids)
    parts = dict(zip([line.column for line in lines if not line.segment], _parts(table["together"]), strict=False))
    stacked = np.array([parts[name] for name in none.names]).reshape(len(none.names), 4, len(none.names))
    return CoMoments(none.names, none.grids, *(stacked[:, i].copy() for i in range(4)))


def _texts(values: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string()).dictionary_encode()


def _lists(parts: Sequence[NDArray[Any]], values: Any) -> Any:
    """`values` cut into a list for each of `parts`, as long as it is."""
    import pyarrow as pa

    offsets = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _lines(table: Any) -> Iterator[Line]:
    """The lines of a table of one chunk a column (or none, without rows)."""
    scalars = {name: table[name].to_pylist() for name in (*_TEXTS, *_GRID, *_COUNTS, "n", *_MOMENTS)}
    lists = {name: _parts(table[name]) for name in ("texts", "keys", "counts", "fine", "usual", "strays")}
    for i in range(table.num_rows):
        fine = tuple((int(top), int(cut)) for top, cut in lists["fine"][i].reshape(-1, 2))
        grid = Grid(**{name: scalars[name][i] for name in _GRID}, fine=fine)
        keys = lists["texts" if grid.kind == "category" else "keys"][i]
        moments = Moments(**{name: scalars[name][i] for name in ("n", *_MOMENTS)})
        numbers = {name: scalars[name][i] for name in _COUNTS}
        usual, strays = (lists[name][i] if grid.repeats else None for name in ("usual", "strays"))
        profile = ColumnProfile(grid, keys, lists["counts"][i], **numbers, moments=moments, usual=usual, strays=strays)
        yield Line(**{name: scalars[name][i] for name in _TEXTS}, profile=profile)


def _parts(column: Any) -> list[NDArray[Any]]:
    """The lists of a column as arrays that share their memory; texts are decoded once each."""
    import pyarrow as pa

    if column.num_chunks == 0:
        return []
    lists = column.chunk(0)
    flat = lists.values
    if isinstance(flat, pa.DictionaryArray):
        names = np.array([*flat.dictionary.to_pylist(), ""], dtype=object)
        values = names[flat.indices.to_numpy()]
    else:
        values = flat.to_numpy()
    offsets = lists.offsets.to_pylist()
    return [values[start:stop] for start, stop in pairwise(offsets)]
