"""What a model is made of and what its spec declares of it, for the gate on compliance."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.telling import tells, told_by_category
from retrain_platform.steps.validation.scene import Scene
from retrain_platform.validation.suites import MadeOf


def comply(scene: Scene) -> MadeOf:
    """The candidate's features, how well each alone tells the label, and what is declared."""
    labels = scene.labels
    why = _too_few(scene, labels)
    return MadeOf(
        features=tuple(scene.candidate.report.features),
        declared=_declared(scene.shop.spec),
        tells={} if why else {name: _tells(scene, scene.rows[name], labels) for name in scene.features},
        rows=len(labels),
        why=why,
    )


def _too_few(scene: Scene, labels: np.ndarray) -> str:
    least = scene.shop.spec.monitoring.min_segment
    if _of(scene) == "number":
        return "" if len(labels) >= least else f"rows == {len(labels)}, must be >= {least} to see a leak"
    counts = sorted(np.unique(labels, return_counts=True)[1])
    second = int(counts[-2]) if len(counts) > 1 else 0  # of several classes, the rare ones have no say
    return "" if second >= least else f"rows of a second class == {second}, must be >= {least} to see a leak"


def _of(scene: Scene) -> Literal["class", "number"]:
    return "class" if scene.shop.spec.task in ("binary", "multiclass") else "number"


def _tells(scene: Scene, values: pd.Series[Any], labels: np.ndarray) -> float:
    of = _of(scene)
    if kind_of(values) == "category":
        codes = pd.factorize(values.astype(object))[0].astype(np.intp)
        by_mean = tells(told_by_category(codes, labels), labels, of)
        return max(by_mean, tells(np.where(codes < 0, np.nan, 0.0), labels, of))
    return tells(values.to_numpy(dtype="float64", na_value=np.nan), labels, of)


def _declared(spec: ModelSpec) -> dict[str, str]:
    card = spec.card.model_dump(mode="json")
    written = {name: "; ".join(value) if isinstance(value, list) else str(value) for name, value in card.items()}
    return {"owners": ", ".join(spec.owners), "description": spec.description, **written}
