"""The code location: every model under `defs/models`."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Load each model's `defs.yaml`."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
