"""One reading of a table: its profile, and samples of its columns of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.arrow_blocks import ArrowReader
from retrain_platform.monitoring.blocks import Texts, Values
from retrain_platform.monitoring.profiler import Profiler
from retrain_platform.stats.choosing import SAMPLE
from retrain_platform.stats.grid import Floats, Grid

MOST_SEGMENTS = 1000
CORRELATED_ROWS = 1 << 17
"""Of tables with more rows, so many, evenly drawn, say how the numbers move together."""

Progress = Callable[[int], None]
"""Told of every block how many rows it had."""


class TooManySegments(ValueError):
    """The column to split by has more values than can be compared one by one."""


class Block(Protocol):
    """Some rows of a table: a `pyarrow.RecordBatch`, or what reads its columns when they are asked for."""

    @property
    def num_rows(self) -> int:
        """How many."""

    @property
    def schema(self) -> Any:
        """What has the columns' `names`."""

    def column(self, name: str) -> Any:
        """The column as a `pyarrow.Array`."""


class Table(Protocol):
    """Rows that can be read again and again, block after block."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def types(self) -> Mapping[str, Any]:
        """Each column's Arrow type, in the table's order."""

    @property
    def unlike(self) -> Mapping[str, str]:
        """Columns that are of several sorts within the table, with where; they cannot be compared."""

    @property
    def rows(self) -> int:
        """How many it has."""

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Block]:
        """These columns' blocks; a block may lack some of them. `first`: only the first few are wanted."""


def correlated_every(rows: int) -> int:
    """Of how many rows of a table one goes into the correlations.

    >>> correlated_every(100_000), correlated_every(1_000_000)
    (1, 8)
    """
    return max(1, -(-rows // CORRELATED_ROWS))


class OnePass:
    """A table's profile on `grids`, and a sample of each column of floats."""

    def __init__(self, table: Table, grids: Mapping[str, Grid], segment: str | None, progress: Progress) -> None:
        columns = [*grids] if segment is None or segment in grids else [*grids, segment]
        self._grids = grids
        self._samples = {name: _Sample(table.rows) for name, grid in grids.items() if grid.kind == "numeric"}
        self._counted, self._reader = Profiler(grids, correlated_every(table.rows)), ArrowReader()
        self._segment, self._found = segment, set[str]()
        for rows in map(self._block, table.batches(columns)):  # so that no block is held while the next is read
            progress(rows)
        self.profile = self._counted.profile()
        del self._counted

    def sample(self, name: str) -> Floats:
        """Values from all over the column, nan where missing."""
        return self._samples[name].values()

    def _block(self, block: Block) -> int:
        held, segment = block.schema.names, self._segment
        parts = {}
        if segment is not None and segment in held and block.num_rows:
            parts[segment] = self._reader.groups(segment, block.column(segment))
            self._found.update(parts[segment][1])
            if len(self._found) > MOST_SEGMENTS:
                raise TooManySegments(f"segment == {segment!r}, must have at most {MOST_SEGMENTS:,} values")
        self._counted.add(_Read(block, self._values), block.num_rows, parts)
        return int(block.num_rows)

    def _values(self, name: str, column: Any) -> Values:
        found = self._reader.values(name, column)
        if name in self._samples and not isinstance(found, Texts):
            self._samples[name].add(found.values)
        return found


class _Read(Mapping[str, Values]):
    """A block's columns, each read where it is looked up, and not kept."""

    def __init__(self, block: Block, values: Callable[[str, Any], Values]) -> None:
        self._block, self._values = block, values
        self._names = set(block.schema.names)

    def __getitem__(self, name: str) -> Values:
        if name not in self._names:
            raise KeyError(name)
        return self._values(name, self._block.column(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Sample:
    """Every so many rows of a column, so that of `rows` there are `SAMPLE` to twice that, evenly from all of them."""

    def __init__(self, rows: int) -> None:
        self._parts: list[Floats] = []
        self._step, self._next = max(1, rows // SAMPLE), 0

    def add(self, block: NDArray[np.number]) -> None:
        """The next rows."""
        taken = np.array(block[self._next :: self._step], dtype=np.float64)  # a copy: a view would keep the block
        self._next += len(taken) * self._step - len(block)
        self._parts.append(taken)

    def values(self) -> Floats:
        """Those kept, in their order."""
        return np.concatenate([np.empty(0), *self._parts])
