"""The code location: every model under `defs/models`, and the fleet that they make."""

from pathlib import Path

import dagster as dg

from retrain_platform.defs.fleet import with_fleet


@dg.definitions
def defs() -> dg.Definitions:
    """Load each model's `defs.yaml`."""
    return with_fleet(dg.load_from_defs_folder(path_within_project=Path(__file__).parent))
