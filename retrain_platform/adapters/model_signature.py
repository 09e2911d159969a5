"""What MLflow is told of a package: which columns it asks for, and what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retrain_platform.adapters.package_files import BadPackage, read_package


def signature_of(package: Path) -> Any:
    """The package's MLflow signature, from its own report; None of a folder that is no package of a fitted model.

    Columns are named and required, but of any type: the model itself takes a column of whole numbers that today has a
    missing value, or a number column without fractions, and MLflow's types would refuse both (docs/adr/0007).
    """
    try:
        report = read_package(package).report
    except BadPackage:
        return None
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    answers = (
        [ColSpec("string", "predicted"), *(ColSpec("double", f"probability_{name}") for name in report.classes)]
        if report.classes
        else [TensorSpec(np.dtype("float64"), (-1,))]
    )
    return ModelSignature(Schema([ColSpec(AnyType(), name) for name in report.features]), Schema(answers))
