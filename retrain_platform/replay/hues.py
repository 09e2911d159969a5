"""Which colour each policy of a replay has, on every plot and table."""

from __future__ import annotations

from retrain_platform.drawing import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED
from retrain_platform.replay.results import ReplayedPolicy, ReplayReport

FIXED, NEVER, BEST, DETECTOR = ORANGE, GREY, INK, "#1b9aaa"
_POLICIES = (BLUE, GREEN, PURPLE, RED, "#8c6d31", "#d4569b", "#5a6ee0", "#7a9a01")
"""Of policies, in the report's order; with more of them they come again."""


def hues(report: ReplayReport) -> dict[str, str]:
    """The colour of each policy by its name; fixed periods share one, detectors too, never and the oracle have own."""
    names = list(dict.fromkeys(each.name for each in report.policies if each.kind == "policy"))
    return {name: _POLICIES[place % len(_POLICIES)] for place, name in enumerate(names)}


def hue(each: ReplayedPolicy, known: dict[str, str]) -> str:
    """The colour of one."""
    return known.get(each.name) or {"never": NEVER, "oracle": BEST, "detector": DETECTOR}.get(each.kind, FIXED)
