"""A control set: labelled rows, frozen, that every champion is asked about every period."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from retrain_platform.dataset.record import Record


class ControlSet(Record):
    """One Parquet or CSV file with the feature columns and the label; `path` is absolute or from the project's root.

    The first `rows` rows are scored.
    """

    kind: Literal["files"] = "files"
    path: str = Field(min_length=1)
    rows: int = Field(default=2000, ge=1, le=100_000)

    @field_validator("path")
    @classmethod
    def _one_table(cls, value: str) -> str:
        if not value.endswith((".parquet", ".csv", ".csv.gz")) or any(sign in value for sign in "*?["):
            raise ValueError(f"path == {value!r}, must be one file that ends in .parquet, .csv or .csv.gz")
        return value
