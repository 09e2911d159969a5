"""One MLflow database for all tests of this folder: making one takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mlflow_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="session")
def tracking_uri(mlflow_place: Path) -> str:
    return f"sqlite:///{mlflow_place / 'mlflow.db'}"
