"""What a spec asks for that its task cannot give: several classes have no one score a row, a ranking has no error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction, placed

_NEW = ("multiclass", "ranking")
_OF_ERRORS = ("calibration", "concept_drift", "error_stream", "estimate")
"""The policies that read what errors add up to: label minus score, one number a row."""
_CLASSES = "its answer is a chance for each class: which of them must not move, nothing says"
_ORDER = "a score only orders the rows of its list: alone, it may be any number"
_MEANINGLESS = {
    "behaviour": {"multiclass": _CLASSES, "ranking": _ORDER},
}
"""The gates that ask of a task what it has not, and why; of `calibration` and `fairness` `exams` says so."""
_OF_TWO_CLASSES = ("is_unbalance", "scale_pos_weight", "pos_bagging_fraction", "neg_bagging_fraction")
"""LightGBM's parameters of a label of 0 and 1."""


def task_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure) wherever a section says what has no meaning for the spec's task."""
    stands = spec.__dict__
    if "task" not in stands or lost("task"):
        return
    if "label" in stands and not lost("label.query"):
        yield from _query(spec)
    if spec.task not in _NEW:
        return
    if "policy" in stands:
        yield from _policies(stands["policy"], spec.task)
    if "validation" in stands:
        yield from _gates(spec)
    if "training" in stands:
        yield from _training(spec)


def _query(spec: ModelSpec) -> Iterator[Contradiction]:
    if spec.task == "ranking" and spec.label.query is None:
        said = (
            "must name the column of the lists that rows are ranked in, as in label: {column: relevance, query: search}"
        )
        yield "label.query", "None", said
    if spec.task != "ranking" and spec.label.query is not None:
        said = f"must be left out where task is {spec.task}: only ranking orders the rows of a query"
        yield "label.query", repr(spec.label.query), said


def _policies(policy: Any, task: str) -> Iterator[Contradiction]:
    for path, each in placed(policy):
        kind = getattr(each, "kind", "")
        if kind in _OF_ERRORS:
            said = (
                f"must be left out where task is {task}: it reads label - score, one number a row, which is known of "
                "binary and regression only; performance judges the metric, prediction_drift the answers"
            )
            yield f"{path}.kind", repr(kind), said


def _gates(spec: ModelSpec) -> Iterator[Contradiction]:
    for position, gate in enumerate(spec.validation.gates):
        if why := _MEANINGLESS.get(gate.kind, {}).get(spec.task):
            said = f"must be left out where task is {spec.task}: {why}"
            yield f"validation.gates[{position}].kind", repr(gate.kind), said


def _training(spec: ModelSpec) -> Iterator[Contradiction]:
    recipe = spec.training
    search = getattr(recipe, "search", None)
    if search is not None and search.by == "kfold" and spec.task == "ranking":
        yield "training.search.by", "'kfold'", "must be time where task is ranking: rows of one query stay together"
    params = getattr(recipe, "params", {}) if recipe.kind == "lightgbm" else {}
    for name in _OF_TWO_CLASSES:
        if name in params:
            said = f"must be left out where task is {spec.task}: it weighs the rows of label 1 against those of label 0"
            yield f"training.params.{name}", repr(params[name]), said
