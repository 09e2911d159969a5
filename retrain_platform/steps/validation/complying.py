"""What a model is made of and what its spec declares of it, for the gate on compliance."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.telling import tells, told_by_category
from retrain_platform.steps.answers import queries_of
from retrain_platform.steps.validation.scene import Scene
from retrain_platform.validation.suites import MadeOf


def comply(scene: Scene) -> MadeOf:
    """The candidate's features, how well each alone tells the label, and what is declared."""
    queries = queries_of(scene.shop.spec, scene.rows)
    why = _too_few(scene, queries)
    targets = [] if why else _targets(scene)
    return MadeOf(
        features=tuple(scene.candidate.report.features),
        declared=_declared(scene.shop.spec),
        tells={} if why else {name: _tells(scene, scene.rows[name], targets, queries) for name in scene.features},
        rows=len(scene.rows),
        why=why,
    )


def _too_few(scene: Scene, queries: np.ndarray | None) -> str:
    labels, least = scene.labels, scene.shop.spec.monitoring.min_segment
    if queries is not None:
        lists = int((pd.Series(labels).groupby(queries).nunique() > 1).sum())
        said = f"lists with rows of different relevance == {lists}"
        return "" if lists >= least else f"{said}, must be >= {least} to see a leak"
    if _of(scene) == "number":
        return "" if len(labels) >= least else f"rows == {len(labels)}, must be >= {least} to see a leak"
    counts = sorted(np.unique(labels, return_counts=True)[1])
    second = int(counts[-2]) if len(counts) > 1 else 0  # of several classes, the rare ones have no say
    return "" if second >= least else f"rows of a second class == {second}, must be >= {least} to see a leak"


def _of(scene: Scene) -> Literal["class", "number", "order"]:
    known: dict[str, Literal["class", "order"]] = {"binary": "class", "multiclass": "class", "ranking": "order"}
    return known.get(scene.shop.spec.task, "number")


def _targets(scene: Scene) -> list[np.ndarray]:
    """What each feature is held against: the label, of several classes each against the rest.

    The places of classes are no numbers: a category that only one of them has would have a mean place in between. And
    a class of a few rows is told by any number, by chance.
    """
    if scene.shop.spec.task != "multiclass":
        return [scene.labels]
    classes, counts = np.unique(scene.labels, return_counts=True)
    large = classes[counts >= scene.shop.spec.monitoring.min_segment]
    return [(scene.labels == one).astype(np.float64) for one in large]


def _tells(scene: Scene, values: pd.Series[Any], targets: list[np.ndarray], queries: np.ndarray | None) -> float:
    of = _of(scene)
    if kind_of(values) == "category":
        codes = pd.factorize(values.astype(object))[0].astype(np.intp)
        missing = np.where(codes < 0, np.nan, 0.0)
        by_mean = max(tells(told_by_category(codes, one), one, of, queries) for one in targets)
        return max(by_mean, *(tells(missing, one, of, queries) for one in targets))
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    return max(tells(numbers, one, of, queries) for one in targets)


def _declared(spec: ModelSpec) -> dict[str, str]:
    card = spec.card.model_dump(mode="json")
    written = {name: "; ".join(value) if isinstance(value, list) else str(value) for name, value in card.items()}
    return {"owners": ", ".join(spec.owners), "description": spec.description, **written}
