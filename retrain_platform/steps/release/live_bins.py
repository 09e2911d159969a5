"""The bins of the release under way: the newest hours read anew at every look, what is older read once and kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from retrain_platform.release.base import Release, ReleaseState
from retrain_platform.release.live.arms import reads_since
from retrain_platform.release.live.bins import Bin, BinStore, bin_start
from retrain_platform.release.live.evidence import LiveEvidence, StageClock
from retrain_platform.release.live.gather import gather_live, raw_span
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.strata import compact
from retrain_platform.release.serving import GatewaySpec

_HOUR = timedelta(hours=1)
"""Every stratum lies within one hour of UTC."""


class _Past(NamedTuple):
    """The bins of `of` that start before `edge`, made few: nothing more is added to them."""

    of: tuple[str, str, datetime]
    edge: datetime
    bins: list[Bin]


class LiveBins:
    """Reads one model's evidence. What it keeps is only quicker: another process finds the same."""

    def __init__(self, store: BinStore) -> None:
        self._store = store
        self._past: _Past | None = None

    def evidence(
        self,
        model: str,
        state: ReleaseState,
        clock: StageClock | None,
        live: LivePlan,
        gateway: GatewaySpec,
        until: datetime,
    ) -> LiveEvidence | None:
        """The version under way against its control at `until`; None where no stage is judged by live traffic."""
        opened, other = state.open, state.control
        if opened is None or other is None or clock is None:
            return None
        until = self.whole(until)
        edge = bin_start(until - raw_span(live, gateway.ripe_after), _HOUR)
        bins = self._read(model, opened, other, clock, (edge, until))
        return gather_live(bins, state, clock=clock, live=live, until=until, ripe_after=gateway.ripe_after)

    def whole(self, until: datetime) -> datetime:
        """No later than the collector has come: a bin that still grows would be judged on its first lines."""
        complete = self._store.complete_until()
        return until if complete is None else min(until, bin_start(complete))

    def _read(
        self, model: str, opened: Release, other: str, clock: StageClock, span: tuple[datetime, datetime]
    ) -> list[Bin]:
        of, (edge, until) = (opened.version, other, clock.stage), span
        past = self._past
        if past is None or past.of != of or past.edge > edge:
            past = _Past(of, reads_since(clock, opened.stage), [])
        fresh = self._store.bins(model, past.edge, until, (opened.version, other)) if past.edge < until else []
        if edge > past.edge:
            done = compact([*past.bins, *(each for each in fresh if each.start < edge)], clock.stage, edge)
            past, fresh = _Past(of, edge, done), [each for each in fresh if each.start >= edge]
        self._past = past
        return [*past.bins, *fresh]
