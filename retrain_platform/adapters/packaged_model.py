"""Fitted models by the folder that they were saved in, whichever learner wrote it; MLflow's loader too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.atomic import write_folder_atomically
from retrain_platform.adapters.lightgbm_learner import load_lightgbm
from retrain_platform.adapters.package_files import BadPackage, read_package
from retrain_platform.adapters.python_learner import load_python
from retrain_platform.adapters.sklearn_learner import load_sklearn
from retrain_platform.training.base import Fitted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_LOADERS: dict[str, Callable[[Path], Fitted]] = {
    "lightgbm": load_lightgbm,
    "sklearn": load_sklearn,
    "python": load_python,
}


def keep_package(fitted: Fitted, folder: Path) -> None:
    """Save `fitted` as the package `folder`, whole or not at all; one that stands already stays: it is the same.

    Raises:
        StoreFull: no space is left.
        OSError: whatever else the disk refuses.
    """
    write_folder_atomically(folder, fitted.save)


def load_package(folder: Path) -> Fitted:
    """The fitted model in `folder`.

    Raises:
        BadPackage: naming the folder and what is wrong with it.
    """
    kind = read_package(folder).kind
    if kind not in _LOADERS:
        raise BadPackage(f"kind of {folder} == {kind!r}, must be one of {', '.join(_LOADERS)}")
    return _LOADERS[kind](folder)


class PackagedModel:
    """What MLflow asks of a model: `predict` on a frame with the feature columns."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row, as `Fitted.score` gives it."""
        return self._fitted.score(frame)


def _load_pyfunc(path: str) -> PackagedModel:
    """Called by MLflow, which is given this module as the model's `loader_module`."""
    return PackagedModel(load_package(Path(path)))
