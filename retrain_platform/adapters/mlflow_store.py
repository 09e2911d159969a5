"""Reaching an MLflow server or database: one client for each address, quiet, without telemetry."""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

DECISION = "decision_id"
"""The tag that says which decision a run, a model and a version came from."""


@lru_cache(maxsize=8)
def mlflow_client(tracking_uri: str) -> Any:
    """An `MlflowClient`, kept while the process lives. Creates the database of a new SQLite address (3 s, once)."""
    quiet_mlflow()
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri, tracking_uri)
    quiet_mlflow()  # the database's first use sets Alembic's log level anew
    return client


def quiet_mlflow() -> None:
    """No telemetry, and warnings only: call before the first `import mlflow` of a process."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def experiment_id(tracking_uri: str, name: str, artifact_root: Path) -> str:
    """The experiment `name`, made if need be with its artefacts under the absolute `artifact_root`."""
    client = mlflow_client(tracking_uri)
    from mlflow.exceptions import MlflowException

    for _ in range(2):
        standing = client.get_experiment_by_name(name)
        if standing is not None:
            return str(standing.experiment_id)
        try:
            location = (artifact_root.absolute() / name).as_uri()
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
    raise RuntimeError(f"experiment == {name!r}, must be readable: another writer made it and it cannot be found")
