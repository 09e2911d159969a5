"""A release that live traffic moves: at every tick the ledger is read, the evidence judged, what follows made true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from retrain_platform.release.base import Entry, ReleaseState, Transition
from retrain_platform.release.fold import fold
from retrain_platform.release.live.advance import advance_live
from retrain_platform.release.live.bins import BinStore
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import LiveEvidence
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.strata import closed_until
from retrain_platform.release.live.verdict import sent_back
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
        moves = self._moves(shop, live, entries, now)
        self._record(shop, entries, moves, now)
        project(shop, shop.state())
        look_after(shop, self._bins, now)
        self._looked = look
        return moves

    def _moves(self, shop: Workshop, live: LivePlan, entries: Sequence[Entry], now: datetime) -> tuple[Transition, ...]:
        state, clock = fold(entries), stage_clock(entries)
        evidence = live_evidence(shop, self._read, entries, now)
        moves = advance_live(
            state,
            evidence,
            shop.spec.plan,
            now,
            clock=clock,
            as_of=moved_at(shop.spec, entries, now),
            timezone=shop.spec.period.timezone,
            staged=staged(entries),
        )
        return moves if not paused(entries) or _goes_back(state, live, evidence) else ()

    def _record(self, shop: Workshop, entries: Sequence[Entry], moves: Sequence[Transition], now: datetime) -> None:
        last, opened = entries[-1].seq if entries else 0, fold(entries).open
        record(
            shop,
            moves,
            key=f"live:{last}",
            as_of=moved_at(shop.spec, entries, now),
            decision_id="" if opened is None else opened.decision_id,
            expect=last,
        )


def live_evidence(shop: Workshop, bins: LiveBins, entries: Sequence[Entry], now: datetime) -> LiveEvidence | None:
    """The version under way against its control since its stage or step began; None where nothing is judged."""
    live, gateway = shop.spec.release.live, shop.spec.gateway
    if live is None or gateway is None:
        return None
    until = closed_until(now, live.settle)
    return bins.evidence(shop.model, fold(entries), stage_clock(entries), live, gateway, until)


def _goes_back(state: ReleaseState, live: LivePlan, evidence: LiveEvidence | None) -> bool:
    """Whether the evidence itself sends the version back: that waits for nobody, a pause least of all."""
    opened = state.open
    return (
        evidence is not None and opened is not None and bool(sent_back(evidence, live, live.road(urgent=opened.urgent)))
    )
