"""A project of one tiny model, and its road played through real Dagster in this process, once for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from retrain_platform_tests.cli.commands import LAST, at_home, retrain, write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project's folder with one model and seven days of rows; nothing has been played."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder, columns=120, RETRAIN_ACTOR="ana")
        yield folder


@pytest.fixture(scope="module")
def played(project: Path) -> Result:
    """The road until the first model answers, played once for all tests of a module."""
    return retrain("run", "tiny", "--until", LAST, "--json")
