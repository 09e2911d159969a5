"""Fitted models by the folder that they were saved in, whichever learner wrote it; MLflow's loader too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.atomic import write_folder_atomically
from retrain_platform.adapters.ensemble_learner import load_ensemble
from retrain_platform.adapters.lightgbm_learner import load_lightgbm
from retrain_platform.adapters.package_files import BadPackage, read_package
from retrain_platform.adapters.pipeline_package import load_pipeline
from retrain_platform.adapters.python_learner import load_python
from retrain_platform.adapters.sklearn_learner import load_sklearn
from retrain_platform.dataset.classes import top_class
from retrain_platform.training.adjusted import read_adjusted
from retrain_platform.training.base import Fitted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_LOADERS: dict[str, Callable[..., Fitted]] = {
    "lightgbm": load_lightgbm,
    "sklearn": load_sklearn,
    "python": load_python,
    "ensemble": load_ensemble,
    "pipeline": load_pipeline,
}


def keep_package(fitted: Fitted, folder: Path) -> None:
    """Save `fitted` as the package `folder`, whole or not at all; one that stands already stays: it is the same.

    Raises:
        StoreFull: no space is left.
        OSError: whatever else the disk refuses.
    """
    write_folder_atomically(folder, fitted.save)


_ON_THREADS = ("lightgbm", "ensemble")
"""The kinds that score on a number of threads."""


def load_package(folder: Path, *, threads: int = 0) -> Fitted:
    """The fitted model in `folder`, which scores on so many `threads` where it takes a number of them; 0: its own.

    Raises:
        BadPackage: naming the folder and what is wrong with it.
    """
    kind = read_package(folder).kind
    if kind not in _LOADERS:
        raise BadPackage(f"kind of {folder} == {kind!r}, must be one of {', '.join(_LOADERS)}")
    counted = {"threads": threads} if kind in _ON_THREADS else {}
    return read_adjusted(folder, _LOADERS[kind](folder, **counted))


class PackagedModel:
    """What MLflow asks of a model: `predict` on a frame with the feature columns."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64] | pd.DataFrame:
        """One number a row, as `Fitted.score` gives it.

        Of several classes a frame: `predicted`, the name of the likeliest, and `probability_NAME` for each class.
        """
        scores, classes = self._fitted.score(frame), self._fitted.report.classes
        if not classes:
            return scores
        import pandas as pd

        chances = {f"probability_{name}": scores[:, place] for place, name in enumerate(classes)}
        return pd.DataFrame({"predicted": top_class(scores, classes), **chances}, index=frame.index)


def _load_pyfunc(path: str) -> PackagedModel:
    """Called by MLflow, which is given this module as the model's `loader_module`."""
    return PackagedModel(load_package(Path(path)))
