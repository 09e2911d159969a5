"""All models' recorded decisions side by side: which retrain would gain most, and which may begin.

A decision hangs on its own model's history alone; the fleet only orders what was decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action
from retrain_platform.policy.gain import ExpectedGain


class Standing(Record):
    """Where one model stands: its newest decision, what a retrain would gain, and what waits.

    `worth` is the expected gain in money a week, in `currency`. `ripe` is the newest ripe period,
    `ripening` how many closed ones wait for labels. `release` is the version under way, `approval`
    whether it waits for a person, `approve` since when and how to answer. `waiting` is the decided
    retrain that is still to begin or to end (its decision's id), `again` the moment of the wall clock from which it is
    asked for once more where it failed, `asked` whether a person or an event asked for it. `deadline`, in words, is
    the time that a decision left for a retrain which has not begun.
    """

    model: str
    mode: str
    period: str | None = None
    action: Action = Action.NONE
    reason: str = ""
    gain: ExpectedGain | None = None
    worth: float | None = None
    currency: str = ""
    ripe: str | None = None
    ripening: int = 0
    release: str = ""
    approval: bool = False
    approve: str = ""
    waiting: str | None = None
    again: datetime | None = None
    asked: bool = False
    paused: str = ""
    deadline: str = ""

    @property
    def free(self) -> bool:
        """Whether its waiting retrain is held by no budget: a person asked, or it must be now."""
        return self.asked or self.action is Action.RETRAIN_NOW

    def shown(self, why: str = "") -> dict[str, Any]:
        """The line as people read it; `why` its retrain must let others go first."""
        gain = self.gain
        span = (
            "" if gain is None or gain.low is None or gain.high is None else f" ({gain.low:+.4f} to {gain.high:+.4f})"
        )
        begins = f"it failed, and begins again from {self.again:%Y-%m-%d %H:%M} UTC on" if self.again else ""
        waits = f"held back by {why}" if why else begins or "retrain begins at the next tick"
        waits = "" if self.waiting is None else waits
        return {
            "model": self.model,
            "period": self.period,
            "decision": self.action.value.replace("_", " "),
            "a retrain gains": "" if gain is None else f"{gain.value:+.4f} {gain.metric}{span}",
            "worth a week": "" if self.worth is None else f"{self.worth:,.0f} {self.currency}",
            "labels": f"ripe to {self.ripe}, {self.ripening} waiting" if self.ripe else f"{self.ripening} waiting",
            "release": f"{self.release}: a person must approve" if self.approval else self.release,
            "retrain": f"paused: {self.paused}" if self.paused else waits,
            "deadline": self.deadline,
            "why": self.reason,
        }


def ranked(standings: Iterable[Standing]) -> list[Standing]:
    """By expected gain, the largest first.

    By money where it is known, in one currency; then by the gain in shares of the metric's own level,
    for points of two metrics cannot be compared; then by what the decision asks for. Equal ones by name.
    """
    found = list(standings)
    currencies = {one.currency for one in found if one.worth is not None}
    return sorted(found, key=lambda one: (*_place(one, comparable=len(currencies) == 1), one.model))


def _place(one: Standing, *, comparable: bool) -> tuple[int, float, int]:
    if comparable and one.worth is not None:
        return 0, -one.worth, -one.action.rank
    if one.gain is not None:
        return 1, -one.gain.share, -one.action.rank
    return 2, 0.0, -one.action.rank


def held(standings: Sequence[Standing], at_once: int | None, running: Collection[str] = ()) -> dict[str, str]:
    """Which waiting automatic retrains must let others go first, by model, and why.

    The first `at_once` go: those of the models `running` already, then by rank. What a person asked
    for and what must be now goes always and takes no place. None holds nothing.
    """
    if at_once is None:
        return {}
    waiting = [one for one in ranked(standings) if one.waiting is not None and not one.free]
    order = sorted(waiting, key=lambda one: one.model not in running)
    first, rest = order[:at_once], order[at_once:]
    names = ", ".join(one.model for one in first)
    many = "1 retrain" if at_once == 1 else f"{at_once} retrains"
    return {one.model: f"the fleet's budget of {many} at once: {names} first" for one in rest}
