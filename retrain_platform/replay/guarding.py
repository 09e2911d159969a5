"""What notices that a model must be retrained after all, where the advice is to never retrain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.replay.money import Money, amount
from retrain_platform.replay.parts import Halves
from retrain_platform.replay.rivals import Rival
from retrain_platform.replay.wording import many


class Guard(Record):
    """A limit that asked for nothing while the advice was found, and what it came to after that. `policy` are its lines
    of a spec, which must hold some policy.
    """

    name: str
    loss: float
    retrains: int
    total: float
    policy: dict[str, Any]
    window: str | None = None
    sentence: str
    money: dict[str, float] = {}

    @property
    def lines(self) -> dict[str, Any]:
        """What to write into a spec."""
        return lines_of(self.policy, self.window)


def lines_of(policy: Mapping[str, Any], window: str | None) -> dict[str, Any]:
    """A policy, and the window that it trains by where several were tried, as a spec writes them."""
    return {"policy": dict(policy)} | ({} if window is None else {"training": {"window": window}})


_KIND = PerformancePolicy.model_fields["kind"].default


def guard_of(
    tried: Sequence[Rival], parts: Halves, until: str, money: Money | None, window: str | None
) -> Guard | None:
    """Of the limits on a champion's fall below its own first periods that never fired on the first half, the last.

    That is the one hardest to pass: it cost nothing there, and was chosen by nothing else. None where all fired. It
    stands beside the first model that is advised to be kept: where several windows were tried, one of that `window`.
    """
    falls = [each for each in tried if each.spec is not None and each.spec["kind"] == _KIND and each.window == window]
    found = next((each for each in reversed(falls) if not parts.tuned.retrains(each.way)), None)
    if found is None or found.spec is None:
        return None
    count, total = parts.rest.retrains(found.way), parts.rest.total(found.way)
    said = f"so that a fall is noticed: {found.name} asked for nothing until {until}; after it, it came with "
    said += f"{many(count, 'retrain')} to {amount(total, money)}"
    return Guard(
        name=found.name,
        loss=parts.rest.loss(found.way),
        retrains=count,
        total=total,
        policy=dict(found.spec),
        window=found.window,
        sentence=said,
    )
