"""What the platform needs of the places where rows and values are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd

V = TypeVar("V", bound=Record)


class Lake(Protocol):
    """Versioned tables of rows, one partition a period. `table` is '<model>/<name>'."""

    def replace(self, table: str, period: str, frame: pd.DataFrame) -> int:
        """Make `frame` the whole content of the period, atomically; returns the table's version.

        The same content again changes nothing and returns the version that stands. A column that is
        new is missing in the periods before, one that is left out is missing in this one.

        Raises:
            TypeChanged: a column's type is not the one of the periods before.
            StoreFull: no space is left; the content before still stands.
            StoreBusy: other writers kept winning; nothing was written.
        """

    def read(
        self,
        table: str,
        periods: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        version: int | None = None,
        categories: bool = False,
    ) -> pd.DataFrame:
        """The rows of `periods`, in the order of periods and of writing; empty where there are none.

        With `categories` texts are categoricals (of no order), quicker to read and a fraction of the size, and
        nobody else holds the frame's memory: not to be changed in place.

        Raises:
            UnknownTable: the table was never written.
            UnknownColumn: one of `columns` is in no period of the table.
            UnknownTableVersion: the table has no version `version`.
        """

    def version(self, table: str) -> int | None:
        """The newest version; None for a table never written."""

    def periods(self, table: str) -> list[str]:
        """The periods that have rows, sorted; empty for a table never written."""


class Values(Protocol):
    """Small frozen values by model, asset, period and id; the newest of a period is what it shows."""

    def put(self, model: str, asset: str, period: str, id: str, value: Record) -> None:
        """Keep `value`; the same id again replaces it in place, a new id becomes the newest."""

    def get(self, model: str, asset: str, period: str, id: str, as_type: type[V]) -> V | None:
        """The value with this id."""

    def newest(self, model: str, asset: str, period: str, as_type: type[V]) -> V | None:
        """The value put last for the period."""

    def all(self, model: str, asset: str, as_type: type[V]) -> dict[str, V]:
        """The newest of every period, by period, sorted."""

    def put_bytes(self, model: str, asset: str, period: str, id: str, data: bytes) -> None:
        """As `put`, for a value with a compact form of its own (a profile)."""

    def newest_bytes(self, model: str, asset: str, period: str) -> bytes | None:
        """The bytes put last for the period."""

    def folder(self, model: str, asset: str, id: str) -> Path:
        """A local folder for files that belong to `id` (a fitted model); made if need be."""


class UnknownTable(LookupError):
    """The lake has no such table."""


class UnknownColumn(LookupError):
    """The table has no such column."""


class UnknownTableVersion(LookupError):
    """The table has no such version."""


class TypeChanged(ValueError):
    """A column's values are of another type than the table's earlier periods."""


class StoreFull(OSError):
    """No space is left; what stood before the write still stands."""


class StoreBusy(RuntimeError):
    """Other writers kept winning: nothing was written, run again."""


class BrokenValue(ValueError):
    """A stored value cannot be read back."""
