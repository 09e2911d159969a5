"""Reads a model's control set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources import SourceUnreadable
from retrain_platform.dataset.control import ControlSet

if TYPE_CHECKING:
    import pandas as pd


def read_control(control: ControlSet, root: Path) -> pd.DataFrame:
    """Its first rows, all columns; a relative path begins at `root`.

    Raises:
        SourceUnreadable: no such file, or not a table.
    """
    import pandas as pd

    path = root / Path(control.path).expanduser()
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, nrows=control.rows)
    except (OSError, ValueError) as error:
        said = str(error).strip().splitlines()[0]
        raise SourceUnreadable(f"monitoring.control.path == {control.path!r}, must be a table: {said}") from error
    return frame.head(control.rows)
