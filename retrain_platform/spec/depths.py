"""What policies ask of a retrain's depth, held against what the recipe can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction, placed
from retrain_platform.validation import Forgetting

_LEARNERS = ("lightgbm", "sklearn")


def depth_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure) wherever a depth has nothing behind it, or what goes on learning is not guarded."""
    stands = spec.__dict__
    if "training" not in stands or lost("training.search") or lost("training.incremental"):
        return
    if "policy" in stands:
        yield from _asked(spec)
    if spec.training.incremental is not None:
        yield from _unguarded(spec, lost)


def missing_for(spec: ModelSpec, depth: str) -> str:
    """What the recipe lacks for a retrain of this depth, as a cure; empty where it lacks nothing."""
    if depth == "light" and spec.training.search is None:
        return "must have a search whose last best it takes: give training.search"
    if depth == "incremental" and spec.training.incremental is None:
        return "must be said how it goes on: give training.incremental"
    return ""


def _asked(spec: ModelSpec) -> Iterator[Contradiction]:
    for path, policy in placed(spec.policy):
        depth = getattr(policy, "depth", None)
        if depth is not None and (cure := missing_for(spec, depth)):
            yield f"{path}.depth", repr(depth), cure


def _unguarded(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    stands = spec.__dict__
    if spec.training.kind not in _LEARNERS:
        said = f"must be left out where kind is {spec.training.kind}: only {' and '.join(_LEARNERS)} go on learning"
        yield "training.incremental", "given", said
    if spec.training.balance != "none" and not lost("training.balance"):
        said = "must be none beside training.incremental: the classes' shares of the new rows are not those of the old"
        yield "training.balance", repr(spec.training.balance), said
    gates = spec.validation.gates if "validation" in stands else ()
    if "validation" in stands and not lost("validation.gates") and not any(isinstance(g, Forgetting) for g in gates):
        said = "must be guarded: add to validation.gates {kind: forgetting, metric: ..., not_worse_by: ...}"
        yield "training.incremental", "given", said
