"""The release of one candidate beside one champion, period by period, moved on as a batch release is live."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from retrain_platform.replay.rules import Course, Rules, Ruling
from retrain_platform.replay.wording import many

Look = Callable[[int, int], Ruling]
"""What is held against the candidate at the end of a period (the second), by the periods after the first."""


def released(rules: Rules, decided: int, last: int, delay: int, look: Look) -> Course:
    """The course of a candidate that no gate refused; `last` is the history's last period.

    As in `release.advance`: a step that has served its periods is left upwards where the candidate is not worse, and
    the champion stays where it is, or where nothing can be told when the patience is over; in the bake it is asked
    every time.
    """
    at = opened = decided + rules.takes
    late = delay if rules.ripens else 0
    shares = [0.0] * rules.takes
    for share, step in groupby(rules.shares):
        began, needed, moved = at, len(tuple(step)), False
        while not moved:
            if at >= last:
                return Course("on its way", last + 1, tuple(shares), None)
            at += 1
            shares.append(share)
            if (served := at - late - began) < needed:
                continue  # nobody is asked before: a look may be dear
            moved, why = _moved(rules, served, look(opened, at))
            if why:
                return Course("aborted", at, tuple(shares), None, why)
    return _baked(rules, at, last, late, tuple(shares), look)


def _moved(rules: Rules, served: int, ruling: Ruling) -> tuple[bool, str]:
    """Whether a step of so many served periods is left upwards, and why the candidate is withdrawn."""
    if ruling.standing == "worse":
        return False, ruling.why
    if ruling.standing == "not worse" or rules.patience is None:
        return True, ""
    over = served >= rules.patience
    return False, f"undecided after {many(served, 'ripe period')}: {ruling.why}" if over else ""


def _baked(rules: Rules, promoted: int, last: int, late: int, shares: tuple[float, ...], look: Look) -> Course:
    """What becomes of one that took over at the end of the period `promoted`."""
    bake = rules.bake and rules.bake + late
    for at in range(promoted + 1, min(promoted + bake, last) + 1):
        ruling = look(promoted, at)
        if ruling.standing == "worse":
            return Course("rolled back", at, (*shares, *(1.0,) * (at - promoted)), promoted, ruling.why)
    return Course("serves", promoted + bake, (*shares, *(1.0,) * bake), promoted)
