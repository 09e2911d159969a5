"""Models that others registered in the same MLflow, read by formats that run no code when they are loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from retrain_platform.adapters.foreign_lightgbm import native_lightgbm, read_lightgbm
from retrain_platform.adapters.lightgbm_learner import FittedLightGBM
from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform.adapters.package_files import BadPackage, read_package
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.adapters.pipeline_package import FittedPipeline, native_pipeline, pipeline_of
from retrain_platform.dataset.label import Task
from retrain_platform.training.base import Fitted
from retrain_platform.training.foreign import CannotAdopt, Foreign

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")
_OURS = "retrain_platform.adapters.packaged_model"
_CURE = (
    "register it again as LightGBM's text (mlflow.lightgbm.log_model of a Booster), or as "
    "mlflow.sklearn.log_model(..., serialization_format='skops')"
)


class MlflowForeignModels:
    """`ForeignModels` over MLflow. Nothing is written to it, and no alias of others is touched."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    def read(self, uri: str, task: Task) -> Foreign:
        """The model at `uri`; see `ForeignModels`."""
        address = _URI.fullmatch(uri)
        if address is None:
            raise CannotAdopt(f"MODEL_URI == {uri!r}, must be models:/NAME@ALIAS or models:/NAME/VERSION")
        made = self._version(uri, address)
        with TemporaryDirectory() as place:
            folder = self._files(made, Path(place))
            described = _described(folder)
            signature = _columns(described)
            flavour, fitted = _fitted(folder, described, task, signature)
            return Foreign(
                name=str(made.name),
                version=str(made.version),
                alias=address["alias"] or "",
                flavour=flavour,
                fitted=fitted,
                signature=signature,
                facts=tuple(_facts(made, described)),
                missing=tuple(_missing(made, signature)),
            )

    def native(self, foreign: Foreign, frame: pd.DataFrame) -> NDArray[np.float64]:
        """What the library itself answers to the rows; a package of ours answers for itself."""
        fitted = foreign.fitted
        if isinstance(fitted, FittedLightGBM) and foreign.flavour == "lightgbm":
            return native_lightgbm(fitted, frame)
        if isinstance(fitted, FittedPipeline):
            return native_pipeline(fitted.pipeline, fitted.task, frame[list(fitted.report.features)])
        return fitted.score(frame)

    def _version(self, uri: str, address: re.Match[str]) -> Any:
        client = mlflow_client(self._uri)
        from mlflow.exceptions import MlflowException

        try:
            if address["alias"]:
                return client.get_model_version_by_alias(address["name"], address["alias"])
            return client.get_model_version(address["name"], address["version"])
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise
            raise CannotAdopt(f"MODEL_URI == {uri!r}, must be registered: {error.message}") from error

    def _files(self, made: Any, place: Path) -> Path:
        """The version's files: where they are, if that is on this machine, else fetched to `place`."""
        source = str(mlflow_client(self._uri).get_model_version_download_uri(made.name, made.version))
        address = urlparse(source)
        if address.scheme in ("", "file"):
            return Path(unquote(address.path))
        from mlflow.artifacts import download_artifacts

        return Path(download_artifacts(source, dst_path=str(place), tracking_uri=self._uri))


def _described(folder: Path) -> Any:
    """The model's own description, `MLmodel`; reading it runs nothing."""
    from mlflow.models.model import Model

    if not (folder / "MLmodel").is_file():
        raise CannotAdopt(f"files == {folder}, must hold an MLmodel")
    return Model.load(str(folder))


def _columns(described: Any) -> tuple[tuple[str, str], ...] | None:
    """The columns that the signature asks for, with their types in MLflow's words; None without named ones."""
    inputs = None if described.signature is None else described.signature.inputs
    if inputs is None or not inputs.has_input_names():
        return None
    return tuple((str(column.name), str(getattr(column.type, "name", column.type))) for column in inputs.inputs)


def _fitted(
    folder: Path, described: Any, task: Task, signature: Sequence[tuple[str, str]] | None
) -> tuple[str, Fitted]:
    """The model by its own flavour, where its files are texts and plain data."""
    flavours = described.flavors
    named = None if signature is None else [name for name, _ in signature]
    try:
        if flavours.get("python_function", {}).get("loader_module") == _OURS:
            return "retrain_platform", _ours(folder / flavours["python_function"]["data"], task)
        if "lightgbm" in flavours and str(flavours["lightgbm"].get("model_class")).endswith(".Booster"):
            return "lightgbm", read_lightgbm(folder / flavours["lightgbm"]["data"], task, named)
        if flavours.get("sklearn", {}).get("serialization_format") == "skops":
            return "sklearn", _pipeline(folder / flavours["sklearn"]["pickled_model"], task, named)
    except (BadPackage, OSError) as error:
        raise CannotAdopt(f"flavour {', '.join(flavours)}: {error}; {_CURE}") from error
    kinds = ", ".join(name for name in flavours if name != "python_function") or "python_function"
    form = flavours.get("sklearn", {}).get("serialization_format")
    raise CannotAdopt(
        f"flavour == {kinds}{f' ({form})' if form else ''}, must be one that runs no code when it is loaded: {_CURE}"
    )


def _ours(data: Path, task: Task) -> Fitted:
    package = next((path for path in (data, data / "package") if (path / "learner.json").is_file()), None)
    if package is None:
        raise BadPackage(f"{data} holds no package of ours")
    described = read_package(package)
    if described.kind == "python":
        raise CannotAdopt("its package is of a class of somebody's own, must be of LightGBM or scikit-learn")
    if described.task != task:
        raise CannotAdopt(f"task == {described.task!r} of its package, must be {task!r}")
    return load_package(package)


def _pipeline(path: Path, task: Task, named: Sequence[str] | None) -> Fitted:
    if named is None:
        raise CannotAdopt("signature == none, must name the columns that the pipeline reads: log it with one")
    try:
        return pipeline_of(path, task, named)
    except BadPackage:
        raise
    except ValueError as error:
        raise CannotAdopt(f"its estimator: {error}") from error


def _facts(made: Any, described: Any) -> list[str]:
    """What its makers left on record."""
    told = [f"registered {made.name} version {made.version}", f"MLflow {described.mlflow_version} wrote it"]
    told += [f"run {made.run_id}"] if made.run_id else []
    told += [f"{name}: {text}" for name, text in sorted(dict(made.tags).items())][:10]
    return told + ([f"description: {made.description}"] if made.description else [])


def _missing(made: Any, signature: object) -> list[str]:
    """What nobody said of it, and what follows from that."""
    told = [] if signature is not None else ["a signature: its columns are taken from the model itself"]
    told += [] if made.run_id else ["a run: nothing tells of its data, code and metrics"]
    return told
