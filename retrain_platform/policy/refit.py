"""Limits held against what the retrains that they asked for brought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Finding
from retrain_platform.policy.compose import Policy, placed
from retrain_platform.policy.wording import number
from retrain_platform.stats.intervals import lower_bound


class Outcome(NamedTuple):
    """A retrain of the past: what its decision found, and what it brought beyond its cost."""

    finding: Finding
    net: float


class Refit(Record):
    """What past retrains say of one limit. `limit` is the one that stands, `better` what it should be (None: it stays).

    `left_out` of the `retrains` that this trigger alone asked for would not have come about; together they brought
    `brought` (beyond their cost), and on average less than 0 at one-sided `confidence`. `field` is where the spec says
    the limit, '' where no field of the policy holds this number.
    """

    trigger: str
    field: str = ""
    limit: float
    better: float | None = None
    retrains: int
    left_out: int = 0
    brought: float | None = None
    confidence: float
    sentence: str


FEWEST = 3
"""So many retrains, at least, must speak against a limit."""


def refit(policy: Policy, outcomes: Sequence[Outcome], confidence: float = 0.95) -> tuple[Refit, ...]:
    """Every limit that asked for a retrain, held against what those retrains brought.

    Retrains tell nothing of what a lower limit would have brought, so a limit is only ever made harder to pass: as far
    as the retrains that it would have left out brought less than nothing, on average, by Student's t.
    """
    alone: dict[str, list[tuple[Finding, float]]] = {}
    for outcome in outcomes:
        fired = [each for each in _fired(outcome.finding) if each.value is not None and each.limit is not None]
        if len(list(_fired(outcome.finding))) == 1 and fired:
            alone.setdefault(fired[0].trigger, []).append((fired[0], outcome.net))
    return tuple(_one(policy, trigger, found, confidence) for trigger, found in sorted(alone.items()))


def _fired(finding: Finding) -> Iterator[Finding]:
    """The triggers without parts that asked for the retrain."""
    if finding.parts:
        for part in finding.parts:
            yield from _fired(part)
    elif finding.fired and finding.action.retrains:
        yield finding


def _one(policy: Policy, trigger: str, found: Sequence[tuple[Finding, float]], confidence: float) -> Refit:
    limit = float(found[-1][0].limit or 0.0)
    over = all((each.value or 0.0) >= (each.limit or 0.0) for each, _ in found)
    # How far each was beyond the limit: of one that fires below it, its negative.
    beyond = np.array([(each.value or 0.0) * (1 if over else -1) for each, _ in found])
    nets = np.array([net for _, net in found])
    made = Refit(
        trigger=trigger,
        field=_field(policy, trigger, limit),
        limit=limit,
        retrains=len(found),
        confidence=confidence,
        sentence="",
    )
    edge = _edge(beyond, nets, confidence)
    if edge is not None:
        left = beyond < edge
        better = float((edge + beyond[left].max()) / 2) * (1 if over else -1)
        return _told(made, better, int(left.sum()), float(nets[left].sum()))
    enough = len(found) >= FEWEST
    why = "none of them speaks against it" if enough else f"{FEWEST} are needed to tell"
    return made.model_copy(update={"sentence": f"{trigger}: {number(limit)} stays, of {_retrains(len(found))} {why}"})


def _edge(beyond: NDArray[np.float64], nets: NDArray[np.float64], confidence: float) -> float | None:
    """The value from which on retrains stay, the others left out; None where too few speak against any.

    Ever more are left out, the nearest to the limit first, until those no longer speak against it: a fixed sequence of
    tests, so that the level of all of them is that of one.
    """
    found = None
    for edge in sorted(set(beyond.tolist())):
        left = nets[beyond < edge]
        if len(left) < FEWEST:
            continue
        if not _below_nothing(left, confidence):
            break
        found = edge
    return found


def _told(made: Refit, better: float, left_out: int, brought: float) -> Refit:
    said = (
        f"{made.trigger}: {number(better)} instead of {number(made.limit)} would have left out {left_out} of "
        f"{_retrains(made.retrains)}, which brought {brought:+.3g} in all"
    )
    return made.model_copy(update={"better": better, "left_out": left_out, "brought": brought, "sentence": said})


def _retrains(count: int) -> str:
    return "1 retrain" if count == 1 else f"{count} retrains"


def _below_nothing(nets: NDArray[np.float64], confidence: float) -> bool:
    """Whether their mean is below 0, one-sided."""
    error = float(nets.std(ddof=1)) / len(nets) ** 0.5
    return lower_bound(-float(nets.mean()), error, len(nets), confidence) > 0


def _field(policy: Policy, trigger: str, limit: float) -> str:
    """The one field of the one policy of this kind that holds the limit."""
    found = [
        f"{path}.{name}"
        for path, leaf in placed(policy, "policy")
        if trigger.split(maxsplit=1)[0] == leaf.kind
        for name, value in _numbers(leaf).items()
        if value == limit
    ]
    return found[0] if len(found) == 1 else ""


def _numbers(leaf: Policy) -> Mapping[str, float]:
    held = {name: getattr(leaf, name) for name in type(leaf).model_fields}
    return {name: float(value) for name, value in held.items() if type(value) in (int, float)}
