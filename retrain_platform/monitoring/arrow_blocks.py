"""Columns of Arrow record batches as blocks, read where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.types as of
from numpy.typing import NDArray

from retrain_platform.monitoring.blocks import Numbers, Texts, Values, Wholes
from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.counting import Groups
from retrain_platform.stats.grid import Floats, Grid

Sort = Literal["number", "text", "truth value", "time", "time without a zone", "time of day", "duration", "nothing"]
"""What a column's values are: two sides can be compared where they are the same, or one is nothing."""

MISSING_SEGMENT = "missing"
_KINDS = {
    **{f"{sign}int{bits}": np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "halffloat": np.dtype(np.float16),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
}
"""By the name of an Arrow type, that of the numbers in its buffer."""
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


@lru_cache(maxsize=256)
def sort_of(kind: Any) -> Sort | None:
    """What values of an Arrow type are; None for lists, records, bytes and others that have no distribution here."""
    if of.is_dictionary(kind):
        return sort_of(kind.value_type)
    if of.is_timestamp(kind):
        return "time without a zone" if kind.tz is None else "time"
    tests: list[tuple[Sort, Sequence[Any]]] = [
        ("number", (of.is_integer, of.is_floating, of.is_decimal)),
        ("text", (of.is_string, of.is_large_string, of.is_string_view)),
        ("truth value", (of.is_boolean,)),
        ("time without a zone", (of.is_date,)),
        ("time of day", (of.is_time,)),
        ("duration", (of.is_duration,)),
        ("nothing", (of.is_null,)),
    ]
    return next((name for name, matching in tests if any(test(kind) for test in matching)), None)


class ArrowReader:
    """Reads columns as values; a dictionary that comes again with the next batch is spelled once."""

    def __init__(self) -> None:
        self._spelled: dict[str, tuple[Any, list[str]]] = {}

    def values(self, name: str, column: Any) -> Values:
        """The values of a column (`pyarrow.Array`) that `sort_of` knows; times are in seconds since 1970 (UTC)."""
        sort = sort_of(column.type)
        if sort == "nothing":
            return Numbers(np.full(len(column), np.nan))
        if sort == "text":
            return self._texts(name, _encoded(column))
        if sort == "truth value":
            return Texts(_places(_plain(column).cast(pa.int8())), ("False", "True"))
        return _numbers(_plain(column))

    def groups(self, name: str, column: Any) -> tuple[Groups, list[str]]:
        """A block's rows by their text in `column`, in any order of the texts; 'missing' for those that have none."""
        text = column if sort_of(column.type) == "text" else column.cast(pa.string())
        found = self.values(name, text)
        assert isinstance(found, Texts)
        used, codes = np.unique(np.where(found.places < 0, len(found.texts), found.places), return_inverse=True)
        return Groups(codes.astype(np.intp), len(used)), [[*found.texts, MISSING_SEGMENT][place] for place in used]

    def _texts(self, name: str, column: Any) -> Texts:
        known = self._spelled.get(name)
        if known is None or not known[0].equals(column.dictionary):
            known = self._spelled[name] = column.dictionary, [str(text) for text in column.dictionary.to_pylist()]
        return Texts(_places(column.indices), known[1])


def _encoded(column: Any) -> Any:
    """As a dictionary array, whose dictionary is not much longer than its rows: files may hand out all they have."""
    if of.is_dictionary(column.type) and len(column.dictionary) <= 2 * len(column) and not column.dictionary.null_count:
        return column
    return _plain(column).dictionary_encode()


def _plain(column: Any) -> Any:
    return column.dictionary_decode() if of.is_dictionary(column.type) else column


def choose_grid(column: Any) -> Grid:
    """The grid for a column, from some of its rows; see `choosing.choose_numbers`."""
    if sort_of(column.type) in ("text", "truth value", "nothing"):
        return Grid("category")
    values = ArrowReader().values("", column)
    assert not isinstance(values, Texts)
    return choose_numbers(np.asarray(values.values, dtype=np.float64), whole=of.is_integer(_plain(column).type))


def _numbers(column: Any) -> Numbers | Wholes:
    kind = column.type
    if of.is_temporal(kind):
        return Numbers(_seconds(column))
    if of.is_integer(kind) and column.null_count == 0 and not of.is_uint64(kind):
        return Wholes(_array(column).astype(np.int64, copy=False))
    return Numbers(_floats(column))


def _seconds(column: Any) -> Floats:
    kind = column.type
    if of.is_date(kind):
        column, unit = column.cast(pa.timestamp("s")), "s"
    else:
        unit = kind.unit
    whole = column.cast(pa.int32() if of.is_time32(kind) else pa.int64())
    return np.asarray(_floats(whole) / _UNITS[unit])


def _floats(column: Any) -> Floats:
    """Missing as nan."""
    floats = _array(column if of.is_float64(column.type) else column.cast(pa.float64(), safe=False))
    return np.where(_known(column), floats, np.nan) if column.null_count else floats


def _places(column: Any) -> NDArray[np.integer]:
    """Missing as -1; wide enough to be counted from."""
    whole = _array(column)
    places = whole if whole.dtype.itemsize >= 4 and whole.dtype.kind == "i" else whole.astype(np.int64)
    return np.where(_known(column), places, places.dtype.type(-1)) if column.null_count else places


def _known(column: Any) -> NDArray[np.bool_]:
    """Which rows are not null."""
    bits = np.frombuffer(column.buffers()[0], dtype=np.uint8)
    start = column.offset
    return np.unpackbits(bits, count=start + len(column), bitorder="little")[start:].astype(bool)


def _array(column: Any) -> NDArray[Any]:
    """The numbers of a column where they lie, anything where missing; Arrow's own way there imports pandas."""
    kind = _KINDS[str(column.type)]
    values = column.buffers()[1]
    if values is None:
        return np.empty(0, dtype=kind)
    return np.frombuffer(values, dtype=kind, count=len(column), offset=column.offset * kind.itemsize)
