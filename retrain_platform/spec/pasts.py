"""What a spec says of rolling features and of models by segment, held against its label, task and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from retrain_platform.dataset.rolling import Rolling
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction
from retrain_platform.training.ensemble import Ensemble


def past_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure) wherever a rule for rolling features, or an ensemble, cannot be meant as it stands."""
    stands = spec.__dict__
    if "label" in stands and not lost("label.column"):
        for place, rule in enumerate(spec.features.rolling):
            at = f"features.rolling[{place}]"
            if not lost(f"{at}.of") and not lost(f"{at}.known_after"):
                yield from _values(spec, at, rule)
            if not lost(f"{at}.by"):
                yield from _groups(spec, at, rule)
    if "training" in stands and "task" in stands and not lost("task") and isinstance(spec.training, Ensemble):
        yield from _ensemble(spec, spec.training)


def _values(spec: ModelSpec, at: str, rule: Rolling) -> Iterator[Contradiction]:
    label, others = spec.label.column, [name for name in rule.of if name != spec.label.column]
    if others and rule.known_after is None:
        said = (
            f"must be given for {', '.join(others)}: how long after an event its value is known, 0h if it is at the "
            "event itself. What is known only later must not enter a row"
        )
        yield f"{at}.known_after", "", said
    for place, name in enumerate(rule.of):
        if name in spec.features.made:
            yield f"{at}.of[{place}]", repr(name), "must be a column of the source, not a rolling feature"
        if name == label and spec.__dict__.get("task") == "multiclass":
            yield (
                f"{at}.of[{place}]",
                repr(name),
                "must not be the label where task is multiclass: its values are names",
            )


def _groups(spec: ModelSpec, at: str, rule: Rolling) -> Iterator[Contradiction]:
    """A row is put into its group when it is scored: by what is known then."""
    later = [name for name in (spec.label.column, spec.label.arrival) if name is not None]
    for place, name in enumerate(rule.by if rule.by != "entity" else ()):
        if name in later:
            yield f"{at}.by[{place}]", repr(name), "must be known at the event: nobody can be grouped by the label"


def _ensemble(spec: ModelSpec, recipe: Ensemble) -> Iterator[Contradiction]:
    if spec.task == "ranking":
        said = "must be another where task is ranking: scores of different models do not order one list"
        yield "training.kind", "'ensemble'", said
    if recipe.anomaly is not None and spec.task == "multiclass":
        yield "training.anomaly", "", "must be left out where task is multiclass: classes have no residual"
    if recipe.anomaly is not None and recipe.balance != "none":
        said = f"must be left out where balance is {recipe.balance}: scores of balanced classes are no shares"
        yield "training.anomaly", "", said
