"""The policies of a spec, each with its path; and what the sections say alike of a field that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.problems import Contradiction

__all__ = ["Contradiction", "not_whole", "placed"]


def placed(policy: Any, path: str = "policy") -> Iterator[tuple[str, Any]]:
    """Every policy of the tree with its path, a composition before its parts; nothing where there is none."""
    if policy is not None:
        yield path, policy
    for position, part in enumerate(getattr(policy, "policies", ())):
        yield from placed(part, f"{path}.policies[{position}]")


def not_whole(path: str, span: timedelta, period: timedelta) -> Iterator[Contradiction]:
    """A span that is no whole number of periods, at least one, with the next longer one that is."""
    if span % period or not span:
        least = max(1, -(-span // period)) * period
        field = path.rpartition(".")[2]
        said = f"must be a whole number of periods of {duration_text(period)}; write {field}: {duration_text(least)}"
        yield path, duration_text(span), said
