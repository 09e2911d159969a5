"""What a spec that measures or prices a retrain's gain must agree on with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from retrain_platform.policy.gain import COUNTED
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction, not_whole, placed


def gain_contradictions(spec: ModelSpec, lost: Callable[[str], bool]) -> Iterator[Contradiction]:
    """(field, value, cure): a reading takes whole periods, a policy what it reads, an error a metric that counts it."""
    stands = spec.__dict__
    challenger, cost = getattr(spec.monitoring, "challenger", None), stands.get("cost")
    if challenger is not None and "period" in stands and not lost("period.every"):
        for field in ("every", "judge_on"):
            yield from not_whole(f"monitoring.challenger.{field}", getattr(challenger, field), spec.period.length())
    if "policy" in stands and not lost("monitoring.challenger") and not lost("cost"):
        yield from _needs(stands["policy"], challenger is not None, cost is not None)
    judged = "task" in stands and not lost("task")
    if judged and cost is not None and cost.error is not None and spec.primary not in COUNTED:
        said = f"must be per_point where the model's own metric is {spec.primary}: a gain of it is no number of errors"
        yield "cost.error", str(cost.error), said


def _needs(policy: Any, challenger: bool, cost: bool) -> Iterator[Contradiction]:
    for path, each in placed(policy):
        kind = getattr(each, "kind", "")
        if kind in ("gap", "cost") and not challenger:
            yield f"{path}.kind", repr(kind), "must have readings of the gap: write monitoring: {challenger: {}}"
        if kind == "cost" and not cost:
            said = "must know what things cost: write a section cost, with currency and retrain"
            yield f"{path}.kind", repr(kind), said
