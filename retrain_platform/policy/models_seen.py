"""The models that a history tells of: what each had learned from, and what it lost in the periods it was scored in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.policy.history import Champion, History
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.stats.staying import Past, Seen

__all__ = ["Seen", "past", "seen_models", "usual_rows"]

_MOST = 0.6
"""The share of all earlier rows from which on a training is taken to have had no window."""
_USUAL = 8
"""How many newest sound ripe periods say how many labelled rows a period has."""


def usual_rows(history: History) -> float:
    """The mean of a period's labelled rows; 1 before there are any."""
    known = [period.labelled for period in history.ripe if period.sound][-_USUAL:]
    return max(1.0, sum(known) / len(known)) if known else 1.0


def past(history: History, champion: Champion, windows: Sequence[timedelta | None] = ()) -> Past:
    """What a training now could take: `windows` (None: all of the past), or what the champion's seems to have been.

    A window reaches back from the decision, and its newest periods have no labels yet. A champion that took most of
    what there was had no window; another's was as long as it had rows for.
    """
    first = min((_number(history, period.start) for period in history.ripe), default=0)
    if windows:
        ripe = [None if each is None else (each - history.label_delay) / history.period_length for each in windows]
        return Past(first, tuple(None if each is None else max(1.0, each) for each in ripe))
    before = sum(period.labelled for period in history.ripe if period.end <= champion.seen_until)
    if not champion.training_rows or champion.training_rows >= _MOST * before:
        return Past(first)
    return Past(first, (_Rows.of(history).span(champion.seen_until, champion.training_rows),))


class _Rows(NamedTuple):
    """The ends of the sound ripe periods, in UTC seconds, and the labelled rows up to each; shapes (periods,)."""

    ends: NDArray[np.float64]
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, history: History) -> _Rows:
        sound = [period for period in history.ripe if period.sound]
        ends = np.array([period.end.timestamp() for period in sound])
        return cls(ends, np.cumsum([period.labelled for period in sound], dtype=float))

    def span(self, until: datetime, rows: int) -> float:
        """Over how many of the newest periods up to `until` so many rows reach back, at least 1.

        Counted in the periods' own rows, for there may be more of them every month.
        """
        count = int(np.searchsorted(self.ends, until.timestamp(), side="right"))
        if not count:
            return 1.0
        sums = np.concatenate([[0.0], self.sums[:count]])
        return max(1.0, count - float(np.interp(sums[-1] - rows, sums, np.arange(count + 1))))


def seen_models(history: History, champion: Champion, metric: str) -> list[Seen] | None:
    """Every version that answered and is on record with what it learned from, in that order, the champion last.

    Periods are numbered by their starts, the newest is 0, so that gaps count. None where the champion has no reading of
    its own since it took over. Periods whose data was unsound are left out.
    """
    known = metric_named(metric)
    starts = {period.period: period.start for period in history.ripe if period.sound}
    cuts, learned = _cuts(history, champion), _Rows.of(history)
    since = _number(history, champion.released_as_of)
    losses: dict[str, dict[int, float]] = {version: {} for version in cuts}
    served: dict[str, list[int]] = {version: [] for version in cuts}
    for reading in history.performance:
        value = _value(reading, metric)
        if value is None or reading.period not in starts or reading.version not in cuts:
            continue
        place = _number(history, starts[reading.period])
        losses[reading.version][place] = known.high - value if known.greater_is_better else value
        if reading.role == "champion" and (reading.version != champion.version or place >= since):
            served[reading.version].append(place)
    if not served.get(champion.version):
        return None
    return [
        Seen(
            cut=cut, span=learned.span(until, rows), losses=losses[version], served=tuple(sorted(set(served[version])))
        )
        for version, (cut, until, rows) in cuts.items()
        if served[version]
    ]


def _value(reading: PeriodPerformance, metric: str) -> float | None:
    if not reading.ripe or reading.role == "canary" or metric not in reading.metrics:
        return None
    return reading.metrics[metric].value


def _cuts(history: History, champion: Champion) -> dict[str, tuple[int, datetime, int]]:
    """Of each version the number of the first period that it had not seen, its start, and its training rows.

    Oldest first, the champion last.
    """
    known = {
        each.version: (each.ripe_until, each.training_rows)
        for each in history.retrained
        if each.version is not None and each.ripe_until is not None
    }
    known[champion.version] = (champion.seen_until, champion.training_rows)
    found = {version: (_number(history, until), until, rows) for version, (until, rows) in known.items()}
    rest = {version: at for version, at in found.items() if version != champion.version}
    return {**dict(sorted(rest.items(), key=lambda item: item[1][0])), champion.version: found[champion.version]}


def _number(history: History, moment: datetime) -> int:
    """How many periods lie between the start of the newest and `moment`; a clock change is no part of one."""
    return round((moment.astimezone(UTC) - history.period.start.astimezone(UTC)) / history.period_length)
