"""Reads the tables that the exam's suites name: golden cases, extra sets."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.steps.workshop import SuiteTable, TableUnreadable

if TYPE_CHECKING:
    import pandas as pd


def read_suite_table(root: Path, name: str) -> SuiteTable:
    """All rows of one Parquet, CSV or JSON-lines file; a relative path begins at `root`.

    Raises:
        TableUnreadable: no such file, or no table.
    """
    path = root / Path(name).expanduser()
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        if path.suffix == ".jsonl":
            frame, lacks = _lines(path)
        else:
            frame, lacks = _table(path), ()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or (str(error).strip() or type(error).__name__).splitlines()[0]
        raise TableUnreadable(f"path == {name!r}, must be a table that can be read: {said}") from error
    return SuiteTable(frame, digest, lacks)


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def _lines(path: Path) -> tuple[pd.DataFrame, tuple[frozenset[str], ...]]:
    """The rows, and which of the other rows' names each of them lacks: a name with null is there."""
    import pandas as pd

    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    wrong = next((position for position, row in enumerate(rows, 1) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise ValueError(f"row {wrong} is no object with names")
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame.from_records(rows, columns=list(names)), tuple(frozenset(names) - set(row) for row in rows)
