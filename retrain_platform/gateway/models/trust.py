"""Which packages a gateway loads: none whose classes, or whose pickles, it was not told to trust.

LightGBM's trees are a text, and scikit-learn's pipelines are read by skops with a list of types, so neither can name
code. A user's own model names a class, and a model of MLflow's is a pickle: both may only be of packages of Python that
the model's spec names, by `training.call` and `gateway.trusted`.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retrain_platform.adapters.package_files import read_package

_PLAIN = {
    "builtins": "set frozenset bytearray complex slice range object list dict tuple int float str bytes bool",
    "collections": "OrderedDict defaultdict deque Counter",
    "copyreg": "_reconstructor",
    "datetime": "date datetime time timedelta timezone",
    "numpy": "ndarray dtype",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "pandas.core.frame": "DataFrame",
    "mlflow.models.signature": "_TypeHints",
}
"""What any pickle may name: plain data and the types of a function's hints, nothing that runs anything."""
_PICKLE, _LOADER = "python_model.pkl", "mlflow.pyfunc.model"


class Untrusted(ValueError):
    """A package that could run code of a stranger; it was not loaded."""


def must_be_trusted(folder: Path, trusted: Sequence[str]) -> None:
    """Refuse a package of the user's own model whose class or pickle is of a Python package that is not `trusted`.

    Raises:
        BadPackage: the folder holds no fitted model.
        Untrusted: naming what is not.
    """
    if read_package(folder).kind != "python":
        return
    named = _json(folder / "class.json").get("class", "")
    if named == "mlflow.pyfunc":
        _must_be_known_mlflow(folder / "model", trusted)
    elif not _of(str(named).partition(":")[0], trusted):
        raise Untrusted(_said(f"its class is {named}", trusted))


def _must_be_known_mlflow(folder: Path, trusted: Sequence[str]) -> None:
    """MLflow loads by what `MLmodel` says: any module may be named there, and code may be put on the path."""
    import yaml

    try:
        about = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))["flavors"]["python_function"]
        loader, code, kept = about["loader_module"], about.get("code"), about.get("python_model")
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise Untrusted(f"its MLmodel cannot be read: {error}") from error
    if (loader, code, kept) != (_LOADER, None, _PICKLE):
        said = f"loader_module == {loader!r}, code == {code!r}, python_model == {kept!r}"
        raise Untrusted(f"{said}, must be {_LOADER!r}, none and {_PICKLE!r} to be loaded by a gateway")
    with (folder / _PICKLE).open("rb") as file:
        try:
            _Reading(file, trusted).load()
        except Untrusted:
            raise
        except Exception as error:  # a torn pickle fails in any way
            raise Untrusted(f"its {_PICKLE} cannot be read: {type(error).__name__}: {error}") from error


class _Reading(pickle.Unpickler):
    """Reads a pickle and refuses the first name that is not known, before anything of it is called."""

    def __init__(self, file: Any, trusted: Sequence[str]) -> None:
        super().__init__(file)
        self._trusted = trusted

    def find_class(self, module: str, name: str) -> Any:
        if name in _PLAIN.get(module, "").split():
            return super().find_class(module, name)
        if not _of(module, self._trusted):
            raise Untrusted(_said(f"its pickle names {module}.{name}", self._trusted))
        found = super().find_class(module, name)
        own = getattr(found, "__module__", None) or ""
        if not _of(own, self._trusted):  # what a trusted module imports is not its own
            raise Untrusted(_said(f"its pickle names {module}.{name}, which is of {own or 'nowhere'}", self._trusted))
        return found


def _of(module: str, trusted: Sequence[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in trusted)


def _said(what: str, trusted: Sequence[str]) -> str:
    known = ", ".join(trusted) or "none"
    return f"{what}, must be of a trusted package ({known}): name its package in gateway.trusted if it is yours"


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Untrusted(f"{path.name} cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}
