"""Detectors on the losses of the model that answers, walked as policies are: what a replay holds these against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import History
from retrain_platform.replay.prefix import Asked, Followed, Setting, follow_by
from retrain_platform.replay.road import Retrain, Way
from retrain_platform.stats.loss_alarms import Cusum, Detector, Watch

LIMITS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Of which the sum's limit is chosen, in standard deviations of a period."""
TUNED = "CUSUM tuned on the first half"


def alarmed(detector: Detector, setting: Setting) -> Followed:
    """Walk the road by a retrain at every alarm; like a policy it sees what was known by then, and no cost."""
    return follow_by(_Watching(detector.watch(), setting).asked, setting, 0.0)


def tuned(setting: Setting, costs: Sequence[float]) -> list[Followed]:
    """For each cost the sum whose limit was cheapest on the first half of the served periods, followed on all.

    Of limits that were equally cheap the first is taken.
    """
    made = [alarmed(Detector(f"{limit:g}", partial(Cusum, limit)), setting) for limit in LIMITS]
    middle = setting.road.middle
    return [min(made, key=lambda each: _early(each.way, middle, cost)) for cost in costs]


def _early(way: Way, middle: int, cost: float) -> float:
    return float(np.nansum(way.losses[:middle])) + cost * sum(each.at < middle for each in way.retrains)


class _Watching:
    """Hands the champion's periods to the detector as they ripen; it begins anew with every champion.

    An alarm waits while a release is open, as what a policy asks for does, and is gone with its champion.
    """

    def __init__(self, watch: Watch, setting: Setting) -> None:
        self._watch, self._loss = watch, setting.loss
        self._version, self._alarm = "", ""

    def asked(self, known: History, _made: Mapping[str, Retrain]) -> Asked:
        """What the detector asks for at the end of a period."""
        champion = known.champion.version if known.champion else ""
        if champion != self._version:
            self._version, self._alarm = champion, ""
            self._watch.begin()
        why = [self._taken(each.metrics[self._loss.metric].value, each.rows) for each in self._newest(known)]
        self._alarm = next((each for each in why if each), self._alarm)
        said = "" if known.release_open is not None else self._alarm
        self._alarm = "" if said else self._alarm
        action = Action.RETRAIN if said else Action.NONE
        return Asked(action, said, f"alarm:{known.period.key}", ("alarm",) if said else ())

    def _newest(self, known: History) -> list[PeriodPerformance]:
        """The champion's readings that came in last."""
        return [each for each in known.performance if each.as_of == known.as_of and each.version == self._version]

    def _taken(self, value: float | None, rows: int) -> str:
        return "" if value is None else self._watch.alarms(self._loss.of(value), rows)
