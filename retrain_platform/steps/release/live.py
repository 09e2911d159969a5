"""A release that live traffic moves: at every tick the ledger is read, the evidence judged, what follows made true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from retrain_platform.release.base import Entry, ReleaseState, Transition
from retrain_platform.release.live.advance import advance_live
from retrain_platform.release.live.bins import BinStore
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import LiveEvidence, StageClock
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.strata import closed_until
from retrain_platform.release.table import Event
from retrain_platform.steps.lines import paused
from retrain_platform.steps.release.aftercare import look_after
from retrain_platform.steps.release.live_bins import LiveBins
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.release.staging import staged
from retrain_platform.steps.workshop import Workshop


class _Look(NamedTuple):
    """What a look depends on: the ledger's last line, the end of the last closed bin, and of the last whole one."""

    seq: int
    until: datetime
    whole: datetime


class LiveRelease:
    """Moves one model's live release. It remembers only what it looked at last, so that nothing is judged twice."""

    def __init__(self, bins: BinStore) -> None:
        self._bins, self._read = bins, LiveBins(bins)
        self._looked: _Look | None = None

    def tick(self, shop: Workshop, now: datetime) -> tuple[Transition, ...]:
        """Make the moves that the evidence and the clock allow at `now`, and what they say come true.

        The ledger is written first, with the line that is expected to be its last: killed between any two writes, the
        next tick finishes. What is away raises, and nothing has moved: the next tick tries again.

        Raises:
            LedgerMoved: somebody else wrote first.
        """
        live = shop.spec.release.live
        if live is None:
            project(shop, shop.state())
            return ()
        entries = shop.entries()
        until = closed_until(now, live.settle)
        look = _Look(entries[-1].seq if entries else 0, until, self._read.whole(until))
        if look == self._looked:
            return ()
        moves = self._moved(shop, live, entries, now)
        project(shop, shop.state())
        look_after(shop, self._bins, now)
        self._looked = look
        return moves

    def _moved(self, shop: Workshop, live: LivePlan, entries: Sequence[Entry], now: datetime) -> tuple[Transition, ...]:
        """What follows from the ledger's lines, the evidence and the clock, put on record."""
        state = shop.folded(entries)
        clock, as_of = stage_clock(entries, state), moved_at(shop.spec, entries, now)
        moves = advance_live(
            state,
            live_evidence(shop, self._read, state, clock, now),
            shop.spec.plan,
            now,
            clock=clock,
            as_of=as_of,
            timezone=shop.spec.period.timezone,
            staged=staged(entries, state),
        )
        if paused(entries) and not _goes_back(moves):
            return ()
        last, opened = entries[-1].seq if entries else 0, state.open
        decision_id = "" if opened is None else opened.decision_id
        record(shop, moves, key=f"live:{last}", as_of=as_of, decision_id=decision_id, expect=last)
        return moves


def live_evidence(
    shop: Workshop, bins: LiveBins, state: ReleaseState, clock: StageClock | None, now: datetime
) -> LiveEvidence | None:
    """The version under way against its control since its stage or step began; None where nothing is judged."""
    live, gateway = shop.spec.release.live, shop.spec.gateway
    if live is None or gateway is None:
        return None
    return bins.evidence(shop.model, state, clock, live, gateway, closed_until(now, live.settle))


def _goes_back(moves: Sequence[Transition]) -> bool:
    """Whether the evidence itself sends the version back: that waits for nobody, a pause least of all."""
    return any(move.event == Event.WORSE and move.live is not None for move in moves)
