"""The policies of our own that every replay walks, and the windows that policies choose among."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from retrain_platform.policy.base import ChosenWindow
from retrain_platform.policy.budget import Budget
from retrain_platform.policy.reads import windows_read
from retrain_platform.policy.staleness import StalenessPolicy
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.road import Way
from retrain_platform.replay.walked import Named
from retrain_platform.replay.wording import newest

OURS = "staleness"
CHOOSING = "staleness, choosing the window"


class UnknownWindow(ValueError):
    """A policy chooses among windows that are not replayed; the message names those that are."""


def ours(setting: Setting, taken: Collection[str] = ()) -> list[Named]:
    """Ours by their names, but for those names that are `taken`; where several windows are replayed one chooses."""
    metric = setting.loss.metric
    found = [Named(OURS, StalenessPolicy(metric=metric))]
    windows = [each.window for each in setting.road.matrix.strategies]
    if len(windows) > 1:
        delay = setting.road.delay
        spans = tuple("all" if each is None else (each + delay) * setting.length for each in windows)
        found.append(Named(CHOOSING, StalenessPolicy(metric=metric, windows=spans)))
    return [each for each in found if each.name not in taken]


def within_budget(setting: Setting, retrains: int) -> Way:
    """The way of ours with at most so many retrains in the whole of the time, at no cost."""
    budget = Budget(retrains=retrains, within=len(setting.road.scored) * setting.length)
    return follow(StalenessPolicy(metric=setting.loss.metric, budget=budget), setting, 0.0).way


def check_windows(setting: Setting, policies: Sequence[Named]) -> None:
    """Every window that a policy may choose must be one of the replay's.

    Raises:
        UnknownWindow: one is not.
    """
    there = [each.window for each in setting.road.matrix.strategies]
    for named in policies:
        for window in windows_read(named.policy):
            if count_of(window, setting) not in there:
                said = ", ".join("all" if each is None else str(each) for each in there)
                raise UnknownWindow(
                    f"windows of {named.name} == {newest(count_of(window, setting))}, must be among those that are "
                    f"replayed: {said} (--window)"
                )


def count_of(window: ChosenWindow, setting: Setting) -> int | None:
    """How many labelled periods a window holds that reaches back from a decision; None for all the past."""
    return None if window == "all" else max(1, round(window / setting.length) - setting.road.delay)
